"""Rancher's names of what stacks are made of: `service.stack.rancher.internal` and its relatives.

A name answers with the addresses of the pods that are ready, on whatever port they listen, and never with an address of
the service: that is what programs written for Cattle expect. What belongs to a stack carries its labels:

- a service, a link's alias and a service elsewhere: `NAME.STACK`;
- a sidekick: also `NAME.PRIMARY.STACK`.

Names of stacks hold in the whole cluster. Two stacks of one name in two namespaces: the one whose namespace bears the
name too has it, else the one that comes first; what the other one has is found by Kubernetes' names only.
"""

from __future__ import annotations

from collections import defaultdict

from bouvier.meta.objects import Obj, labels_of, name_of, namespace_of
from bouvier.network.dns.records import Names, Records
from bouvier.network.endpoints import endpoints_of, usable

ZONE = "rancher.internal"
METADATA = "rancher-metadata"
METADATA_ADDRESS = "169.254.169.250"
"""Where Cattle's hosts answer for metadata and names."""
STACK_LABEL = "stacks.bouvier.io/stack"
PRIMARY_LABEL = "stacks.bouvier.io/primary"
_OF_HOSTS = ("NodePort", "LoadBalancer")
"""Services that only publish ports of another one."""


class StackNames:
    """Which namespace has the name of a stack."""

    def __init__(self) -> None:
        self._services: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self._stacks: dict[str, str] = {}

    def take(self, key: str, service: Obj | None) -> set[str]:
        """Note a service that is there or gone; return the keys of those whose names change with it, itself aside."""
        namespace = key.partition("/")[0]
        before, after = self._stacks.pop(key, ""), stack_of(service) if service else ""
        winners = {stack: self._winner(stack) for stack in {before, after} - {""}}
        if before:
            self._services[before][namespace].discard(key)
            if not self._services[before][namespace]:
                del self._services[before][namespace]
        if after:
            self._services[after][namespace].add(key)
            self._stacks[key] = after
        changed: set[str] = set()
        for stack, winner in winners.items():
            if self._winner(stack) != winner:
                changed |= {other for keys in self._services[stack].values() for other in keys}
        return changed - {key}

    def has(self, service: Obj) -> bool:
        """Tell whether a service's namespace has the name of its stack."""
        return self._winner(stack_of(service)) == namespace_of(service)

    def _winner(self, stack: str) -> str:
        namespaces = self._services.get(stack) or {}
        return stack if stack in namespaces else min(namespaces, default="")


def stack_of(service: Obj) -> str:
    """Return the stack that a service is part of; empty for one of no stack, or one that only publishes ports."""
    if (service.get("spec") or {}).get("type") in _OF_HOSTS:
        return ""
    return str(labels_of(service).get(STACK_LABEL, ""))


def names_of_stack_service(service: Obj, slices: list[Obj]) -> Names:
    """Return Rancher's names of a service."""
    stack, name = stack_of(service), name_of(service)
    if not stack:
        return {}
    names = [f"{name}.{stack}.{ZONE}"]
    primary = labels_of(service).get(PRIMARY_LABEL)
    if primary:
        names.append(f"{name}.{primary}.{stack}.{ZONE}")
    return {one.lower(): _records(service, slices) for one in names}


def _records(service: Obj, slices: list[Obj]) -> Records:
    spec = service.get("spec") or {}
    if spec.get("type") == "ExternalName":
        return Records(alias=str(spec.get("externalName", "")).rstrip(".").lower())
    anywhere = [piece | {"ports": [{"port": 1}]} for piece in slices]
    found = usable(endpoints_of(anywhere, "", "TCP"))
    return Records(addresses=sorted({endpoint.address for endpoint in found}))


def own_names() -> Names:
    """Return the names that are there without any stack."""
    address = Records(addresses=[METADATA_ADDRESS])
    return {METADATA: address, f"{METADATA}.{ZONE}": address, ZONE: Records()}
