"""Validation of a Service: what its type allows, its ports, and the addresses that stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bouvier.kinds import fields, names
from bouvier.kinds.addresses import cidr, reachable
from bouvier.kinds.fields import Errors
from bouvier.kinds.findings import show
from bouvier.kinds.podspec.placement import ADDRESS_MESSAGE, is_address
from bouvier.meta.errors import FieldError, forbidden_field, required
from bouvier.meta.objects import Obj

TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_PROTOCOLS = ("SCTP", "TCP", "UDP")
_AFFINITIES = ("ClientIP", "None")
_POLICIES = ("Cluster", "Local")
_FAMILIES = ("IPv4", "IPv6")
_FAMILY_POLICIES = ("PreferDualStack", "RequireDualStack", "SingleStack")
_DISTRIBUTIONS = ("PreferClose", "PreferSameNode", "PreferSameZone")
_DAY_SECONDS = 86400
AGENT_PORT = 10250
"""Where hosts of Kubernetes listen for their API server."""

Spec = Mapping[str, Any]


def validate(obj: Obj) -> list[FieldError]:
    """Check the spec."""
    return list(_errors("spec", obj.get("spec") or {}))


def _errors(path: str, spec: Spec) -> Errors:
    is_headless = spec.get("clusterIP") == "None"
    ports = spec.get("ports") or []
    if not ports and not is_headless and spec.get("type") != "ExternalName":
        yield required(f"{path}.ports")
    yield from _type_rules(path, spec)
    yield from _ports(f"{path}.ports", ports, is_headless=is_headless)
    for key, value in (spec.get("selector") or {}).items():
        yield from fields.each(f"{path}.selector", key, names.qualified_name)
        yield from fields.each(f"{path}.selector", value, names.label_value)
    yield from fields.one_of(f"{path}.sessionAffinity", spec.get("sessionAffinity"), _AFFINITIES)
    yield from _affinity(path, spec)
    yield from _addresses(path, spec)
    yield from fields.one_of(f"{path}.type", spec.get("type"), TYPES)
    yield from _policies(path, spec)


def _type_rules(path: str, spec: Spec) -> Errors:
    kind, address = spec.get("type"), spec.get("clusterIP")
    if kind == "LoadBalancer" and address == "None":
        yield fields.invalid(f"{path}.clusterIPs[0]", address, "may not be set to 'None' for LoadBalancer services")
    elif kind == "NodePort" and address == "None":
        yield fields.invalid(f"{path}.clusterIPs[0]", address, "may not be set to 'None' for NodePort services")
    elif kind == "ExternalName":
        if spec.get("clusterIPs") or address:
            yield forbidden_field(f"{path}.clusterIPs", "may not be set for ExternalName services")
        name = (spec.get("externalName") or "").removesuffix(".")
        if not name:
            yield required(f"{path}.externalName")
        else:
            yield from fields.each(f"{path}.externalName", name, names.subdomain)


def _ports(path: str, ports: Sequence[Spec], *, is_headless: bool) -> Errors:
    names_seen: set[str] = set()
    numbers: set[tuple[Any, Any]] = set()
    node_ports: set[tuple[Any, Any]] = set()
    for index, port in enumerate(ports):
        place = f"{path}[{index}]"
        yield from _port(place, port, names_seen, needs_name=len(ports) > 1, is_headless=is_headless)
        for field, seen in (("port", numbers), ("nodePort", node_ports)):
            claim = (port.get("protocol"), port.get(field))
            if port.get(field) and claim in seen:
                yield _duplicate(place if field == "port" else f"{place}.nodePort", port, field)
            seen.add(claim)


def _duplicate(path: str, port: Spec, field: str) -> FieldError:
    shown = {"protocol": port.get("protocol"), "port": port.get(field)} if field == "port" else port.get(field)
    return FieldError("FieldValueDuplicate", path, f"Duplicate value: {show(shown)}")


def _port(path: str, port: Spec, seen: set[str], *, needs_name: bool, is_headless: bool) -> Errors:
    name = port.get("name") or ""
    if name:
        yield from fields.each(f"{path}.name", name, names.label)
        if name in seen:
            yield FieldError("FieldValueDuplicate", f"{path}.name", f"Duplicate value: {show(name)}")
        seen.add(name)
    elif needs_name:
        yield required(f"{path}.name")
    yield from fields.port(f"{path}.port", port.get("port", 0))
    yield from fields.one_of(f"{path}.protocol", port.get("protocol"), _PROTOCOLS)
    target = port.get("targetPort", port.get("port", 0))
    yield from fields.port_or_name(f"{path}.targetPort", target)
    if is_headless and target != port.get("port") and isinstance(target, int) and port.get("nodePort"):
        yield fields.invalid(f"{path}.nodePort", port["nodePort"], "may not be set for headless services")
    if port.get("appProtocol"):
        yield from fields.each(f"{path}.appProtocol", port["appProtocol"], names.qualified_name)
    if port.get("nodePort"):
        yield from fields.port(f"{path}.nodePort", port["nodePort"])


def _affinity(path: str, spec: Spec) -> Errors:
    seconds = ((spec.get("sessionAffinityConfig") or {}).get("clientIP") or {}).get("timeoutSeconds")
    if spec.get("sessionAffinity") == "ClientIP" and seconds is not None and not 0 < seconds <= _DAY_SECONDS:
        place = f"{path}.sessionAffinityConfig.clientIP.timeoutSeconds"
        yield fields.invalid(place, seconds, f"must be greater than 0 and less than {_DAY_SECONDS}")


def _addresses(path: str, spec: Spec) -> Errors:
    first, all_of_them = spec.get("clusterIP"), spec.get("clusterIPs") or []
    if all_of_them and first != all_of_them[0]:
        detail = "first value must match `clusterIP`"
        yield fields.invalid(f"{path}.clusterIPs", all_of_them, detail)
    for index, address in enumerate(all_of_them or ([first] if first else [])):
        if address != "None" and not is_address(address):
            yield fields.invalid(f"{path}.clusterIPs[{index}]", address, ADDRESS_MESSAGE)
    for index, family in enumerate(spec.get("ipFamilies") or ()):
        if family not in _FAMILIES:
            yield fields.unsupported(f"{path}.ipFamilies[{index}]", family, _FAMILIES)
    yield from fields.optional_one_of(f"{path}.ipFamilyPolicy", spec.get("ipFamilyPolicy"), _FAMILY_POLICIES)
    for index, address in enumerate(spec.get("externalIPs") or ()):
        yield from reachable(f"{path}.externalIPs[{index}]", address)


def _policies(path: str, spec: Spec) -> Errors:
    kind = spec.get("type")
    external = spec.get("externalTrafficPolicy")
    is_external = kind in ("NodePort", "LoadBalancer") or bool(spec.get("externalIPs"))
    if external and not is_external:
        detail = "may only be set for externally-accessible services"
        yield fields.invalid(f"{path}.externalTrafficPolicy", external, detail)
    else:
        yield from fields.optional_one_of(f"{path}.externalTrafficPolicy", external, _POLICIES)
    health = spec.get("healthCheckNodePort")
    if health and not (kind == "LoadBalancer" and external == "Local"):
        detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
        yield fields.invalid(f"{path}.healthCheckNodePort", health, detail)
    yield from fields.optional_one_of(f"{path}.internalTrafficPolicy", spec.get("internalTrafficPolicy"), _POLICIES)
    distribution = spec.get("trafficDistribution")
    yield from fields.optional_one_of(f"{path}.trafficDistribution", distribution, _DISTRIBUTIONS)
    yield from _balancer_only(path, spec)


def _balancer_only(path: str, spec: Spec) -> Errors:
    if spec.get("type") == "LoadBalancer":
        yield from _balancer(path, spec)
        return
    for field in ("allocateLoadBalancerNodePorts", "loadBalancerClass"):
        if spec.get(field) is not None:
            yield forbidden_field(f"{path}.{field}", "may only be used when `type` is 'LoadBalancer'")
    if spec.get("loadBalancerSourceRanges"):
        detail = "may only be used when `type` is 'LoadBalancer'"
        yield forbidden_field(f"{path}.loadBalancerSourceRanges", detail)
    if spec.get("type") == "ClusterIP":
        for index, port in enumerate(spec.get("ports") or ()):
            if port.get("nodePort"):
                yield forbidden_field(f"{path}.ports[{index}].nodePort", "may not be used when `type` is 'ClusterIP'")


def _balancer(path: str, spec: Spec) -> Errors:
    for index, port in enumerate(spec.get("ports") or ()):
        if port.get("port") == AGENT_PORT:
            detail = f"may not expose port {AGENT_PORT} externally since it is used by kubelet"
            yield fields.invalid(f"{path}.ports[{index}].port", port["port"], detail)
    for index, source in enumerate(spec.get("loadBalancerSourceRanges") or ()):
        yield from cidr(f"{path}.loadBalancerSourceRanges[{index}]", source.strip())
    if spec.get("loadBalancerClass") is not None:
        yield from fields.each(f"{path}.loadBalancerClass", spec["loadBalancerClass"], names.qualified_name)


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse to change the first address while both types have one."""
    return list(_update_errors(new.get("spec") or {}, old.get("spec") or {}))


def _update_errors(new: Spec, old: Spec) -> Errors:
    if new.get("type") == old.get("type") == "LoadBalancer":
        if old.get("loadBalancerClass") is not None or new.get("loadBalancerClass") is not None:
            after, before = new.get("loadBalancerClass"), old.get("loadBalancerClass")
            if after != before:
                yield fields.invalid("spec.loadBalancerClass", after, "may not change once set")
        if new.get("externalTrafficPolicy") == old.get("externalTrafficPolicy") == "Local":
            after, before = new.get("healthCheckNodePort"), old.get("healthCheckNodePort")
            yield from fields.immutable("spec.healthCheckNodePort", after, before)
    if "ExternalName" in (new.get("type"), old.get("type")):
        return
    address = old.get("clusterIP")
    if not address:
        return
    if not new.get("clusterIP"):
        yield fields.invalid("spec.clusterIPs[0]", new.get("clusterIPs"), "primary clusterIP can not be unset")
    elif new["clusterIP"] != address:
        detail = "may not change once set"
        yield fields.invalid("spec.clusterIPs[0]", new.get("clusterIPs") or [new["clusterIP"]], detail)
    families = old.get("ipFamilies") or []
    if families and (new.get("ipFamilies") or families)[0] != families[0]:
        yield fields.invalid("spec.ipFamilies[0]", new["ipFamilies"][0], "primary ipFamily can not be changed")
