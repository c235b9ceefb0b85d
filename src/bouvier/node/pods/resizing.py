"""In-place resize on the host: what is granted of what a pod's object asks for, and what must change for it (pure).

What a container has is in its status; that is also where the next agent finds it. A wish is granted as soon as the host
has room for it beside what its other pods were granted; everything else the agent does by what is granted.
Source: https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from bouvier.kinds.usage.amounts import Amounts, add, amounts_of, pod_amounts
from bouvier.meta.objects import Obj
from bouvier.meta.quantities import parse
from bouvier.node.pods.spec import container_status_of

RESIZABLE = ("cpu", "memory")
DEFERRED, INFEASIBLE = "Deferred", "Infeasible"
_BLOCKS = ("limits", "requests")
_LISTS = ("initContainers", "containers")
_MILLI = 1000

Resources = Mapping[str, Any]
Granted = dict[str, Resources]
"""The `resources` of each container by name, init containers among them."""


class Pending(NamedTuple):
    """Why a wish is not granted."""

    reason: str
    """`Deferred`: there may be room later. `Infeasible`: never on this host."""
    message: str


class Decision(NamedTuple):
    """What a pod may have."""

    granted: Granted
    pending: Pending | None = None


def wished(pod: Obj) -> Granted:
    """Return what the object asks for."""
    spec = pod["spec"]
    return {one["name"]: one.get("resources") or {} for field in _LISTS for one in spec.get(field) or ()}


def had(pod: Obj) -> Granted:
    """Return what the containers have as the API tells it; what the object asks for where it tells nothing."""
    found = wished(pod)
    for name, resources in found.items():
        reported = container_status_of(pod, name) or {}
        if reported.get("containerID") and "resources" in reported:
            found[name] = merged(resources, reported["resources"])
    return found


def merged(resources: Resources, over: Resources) -> Resources:
    """Return resources with the processor and memory amounts of others."""
    result = dict(resources)
    for block in _BLOCKS:
        kept = {name: value for name, value in (resources.get(block) or {}).items() if name not in RESIZABLE}
        taken = {name: value for name, value in (over.get(block) or {}).items() if name in RESIZABLE}
        if kept or taken:
            result[block] = kept | taken
        else:
            result.pop(block, None)
    return result


def decide(pod: Obj, granted: Granted, others: Iterable[Amounts], allocatable: Mapping[str, str]) -> Decision:
    """Return what the pod may have now, beside what other pods of the host were granted."""
    wish = wished(pod)
    if all(not changes(granted.get(name, {}), resources) for name, resources in wish.items()):
        return Decision(wish)
    requests, room = pod_amounts(pod["spec"], "requests"), amounts_of(allocatable)
    for name in RESIZABLE:
        if requests.get(name, Decimal(0)) > room.get(name, Decimal(0)):
            figures = f"requested: {shown(name, requests[name])}, capacity: {shown(name, room.get(name, Decimal(0)))}"
            return Decision(granted, Pending(INFEASIBLE, f"Node didn't have enough capacity: {name}, {figures}"))
    used: Amounts = {}
    for other in others:
        add(used, other)
    before = pod_amounts(with_granted(pod, granted)["spec"], "requests")
    for name in RESIZABLE:
        asked, taken = requests.get(name, Decimal(0)), used.get(name, Decimal(0))
        if asked > before.get(name, Decimal(0)) and asked + taken > room.get(name, Decimal(0)):
            figures = (
                f"requested: {shown(name, asked)}, used: {shown(name, taken)}, capacity: {shown(name, room[name])}"
            )
            return Decision(granted, Pending(DEFERRED, f"Node didn't have enough resource: {name}, {figures}"))
    return Decision(wish)


def shown(name: str, amount: Decimal) -> int:
    """Return an amount as messages give it: millicores, bytes."""
    return int(amount * _MILLI) if name == "cpu" else int(amount)


def with_granted(pod: Obj, granted: Granted) -> Obj:
    """Return the pod as if its object asked for what is granted; the pod itself where it does."""
    spec, changed = pod["spec"], {}
    for field in _LISTS:
        containers = spec.get(field) or []
        if any(changes(granted.get(one["name"], {}), one.get("resources") or {}) for one in containers):
            changed[field] = [one | {"resources": dict(granted.get(one["name"], {}))} for one in containers]
    return pod | {"spec": spec | changed} if changed else pod


def changes(old: Resources, new: Resources) -> frozenset[str]:
    """Return which of processor and memory differ."""
    if old == new:
        return frozenset()
    return frozenset(
        name for name in RESIZABLE if any(_amount(old, block, name) != _amount(new, block, name) for block in _BLOCKS)
    )


def _amount(resources: Resources, block: str, name: str) -> Decimal | None:
    value = (resources.get(block) or {}).get(name)
    return None if value is None else parse(value)


def needs_restart(container: Obj, changed: Iterable[str]) -> bool:
    """Tell whether the container asked to be restarted when one of these changes."""
    policies = {one.get("resourceName"): one.get("restartPolicy") for one in container.get("resizePolicy") or ()}
    return any(policies.get(name) == "RestartContainer" for name in changed)
