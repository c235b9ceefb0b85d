"""What a Service loses when its type changes: fields that only the former type has, unless they were changed, too.

Clients that read, change the type and write back carry such fields along without meaning them.
Source: https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/#ServiceSpec
"""

from __future__ import annotations

from typing import Any

from bouvier.meta.objects import Obj

Spec = dict[str, Any]


def drop_former(new: Obj, old: Obj) -> None:
    """Drop from `new`, in place, what belongs to the type that `old` had and was left as it was."""
    after, before = new.get("spec") or {}, old.get("spec") or {}
    if _has_address(before) and not _has_address(after):
        _drop_same(after, before, "clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy")
    if _has_node_ports(before) and not _has_node_ports(after) and _node_ports(after) == _node_ports(before):
        for port in after.get("ports") or ():
            port.pop("nodePort", None)
    if _has_health_port(before) and not _has_health_port(after):
        _drop_same(after, before, "healthCheckNodePort")
    if _is_balanced(before) and not _is_balanced(after):
        _drop_same(after, before, "allocateLoadBalancerNodePorts", "loadBalancerClass")
    if _is_external(before) and not _is_external(after):
        _drop_same(after, before, "externalTrafficPolicy")


def _drop_same(after: Spec, before: Spec, *fields: str) -> None:
    for field in fields:
        if field in after and after[field] == before.get(field):
            del after[field]


def _has_address(spec: Spec) -> bool:
    return bool(spec.get("type") != "ExternalName")


def _is_balanced(spec: Spec) -> bool:
    return bool(spec.get("type") == "LoadBalancer")


def _has_node_ports(spec: Spec) -> bool:
    return spec.get("type") in ("NodePort", "LoadBalancer")


def _has_health_port(spec: Spec) -> bool:
    return _is_balanced(spec) and spec.get("externalTrafficPolicy") == "Local"


def _is_external(spec: Spec) -> bool:
    return _has_node_ports(spec) or bool(spec.get("externalIPs"))


def _node_ports(spec: Spec) -> list[Any]:
    return [port.get("nodePort") for port in spec.get("ports") or ()]
