"""What a LimitRange gives to and demands of pods and claims, in Kubernetes' words.

Source: https://kubernetes.io/docs/concepts/policy/limit-range/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from bouvier.kinds.usage.amounts import Amounts, amounts_of, containers_of, pod_amounts, text
from bouvier.meta.objects import Obj

ANNOTATION = "kubernetes.io/limit-ranger"


def fill(limit_range: Obj, pod: Obj) -> list[str]:
    """Give the pod's containers the defaults that they lack, in place; return what was set."""
    said: list[str] = []
    for item in _items(limit_range, "Container"):
        for is_init, container in _containers(pod["spec"]):
            word = "init container" if is_init else "container"
            for part, defaults in (("requests", item.get("defaultRequest")), ("limits", item.get("default"))):
                names = _fill_part(container, part, defaults or {})
                if names:
                    said.append(f"{', '.join(names)} {part.removesuffix('s')} for {word} {container['name']}")
    return said


def _containers(spec: Mapping[str, Any]) -> Iterator[tuple[bool, dict[str, Any]]]:
    yield from ((False, container) for container in spec.get("containers") or ())
    yield from ((True, container) for container in spec.get("initContainers") or ())


def _fill_part(container: dict[str, Any], part: str, defaults: Mapping[str, Any]) -> list[str]:
    present = (container.get("resources") or {}).get(part) or {}
    missing = sorted(name for name in defaults if name not in present)
    if missing:
        resources = container.setdefault("resources", {})
        resources[part] = {**present, **{name: defaults[name] for name in missing}}
    return missing


def violations(limit_range: Obj, pod: Obj) -> list[str]:
    """Return what the range forbids about a pod."""
    found: list[str] = []
    for container in containers_of(pod["spec"]):
        resources = container.get("resources") or {}
        requests, limits = amounts_of(resources.get("requests")), amounts_of(resources.get("limits"))
        for item in _items(limit_range, "Container"):
            found += _bounds("Container", item, requests, limits)
    for item in _items(limit_range, "Pod"):
        found += _bounds("Pod", item, pod_amounts(pod["spec"], "requests"), pod_amounts(pod["spec"], "limits"))
    return found


def claim_violations(limit_range: Obj, claim: Obj) -> list[str]:
    """Return what the range forbids about the size of a claim."""
    requests = amounts_of(((claim.get("spec") or {}).get("resources") or {}).get("requests"))
    found: list[str] = []
    for item in _items(limit_range, "PersistentVolumeClaim"):
        for name, least in (item.get("min") or {}).items():
            found += _least("PersistentVolumeClaim", name, least, requests, {})
        for name, most in (item.get("max") or {}).items():
            start = f"maximum {name} usage per PersistentVolumeClaim is {most}"
            if name not in requests:
                found.append(f"{start}.  No request is specified")
            elif requests[name] > amounts_of(item["max"])[name]:
                found.append(f"{start}, but request is {claim['spec']['resources']['requests'][name]}")
    return found


def _items(limit_range: Obj, kind: str) -> list[dict[str, Any]]:
    return [item for item in (limit_range.get("spec") or {}).get("limits") or () if item.get("type") == kind]


def _bounds(kind: str, item: Mapping[str, Any], requests: Amounts, limits: Amounts) -> Iterator[str]:
    for name, least in (item.get("min") or {}).items():
        yield from _least(kind, name, least, requests, limits)
    for name, most in (item.get("max") or {}).items():
        yield from _most(kind, name, most, requests, limits)
    for name, ratio in (item.get("maxLimitRequestRatio") or {}).items():
        yield from _ratio(kind, name, ratio, requests, limits)


def _least(kind: str, name: str, least: Any, requests: Amounts, limits: Amounts) -> Iterator[str]:
    start, bound = f"minimum {name} usage per {kind} is {least}", amounts_of({name: least})[name]
    if name not in requests:
        yield f"{start}.  No request is specified"
    elif requests[name] < bound:
        yield f"{start}, but request is {text(name, requests[name])}"
    if name in limits and limits[name] < bound:
        yield f"{start}, but limit is {text(name, limits[name])}"


def _most(kind: str, name: str, most: Any, requests: Amounts, limits: Amounts) -> Iterator[str]:
    start, bound = f"maximum {name} usage per {kind} is {most}", amounts_of({name: most})[name]
    if name not in limits:
        yield f"{start}.  No limit is specified"
    elif limits[name] > bound:
        yield f"{start}, but limit is {text(name, limits[name])}"
    if name in requests and requests[name] > bound:
        yield f"{start}, but request is {text(name, requests[name])}"


def _ratio(kind: str, name: str, ratio: Any, requests: Amounts, limits: Amounts) -> Iterator[str]:
    start = f"{name} max limit to request ratio per {kind} is {ratio}"
    request, limit = requests.get(name, Decimal(0)), limits.get(name, Decimal(0))
    if not request:
        yield f"{start}, but no request is specified or request is 0"
    elif not limit:
        yield f"{start}, but no limit is specified or limit is 0"
    elif limit / request > amounts_of({name: ratio})[name]:
        yield f"{start}, but provided ratio is {limit / request:f}"
