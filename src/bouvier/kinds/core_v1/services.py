"""Service: a stable name and address for the pods that a selector finds."""

from __future__ import annotations

from typing import Any

from bouvier.kinds import balanced
from bouvier.kinds.columns import AGE, NAME, WIDE, at, cell, labels_text
from bouvier.kinds.core_v1.service_changes import drop_former
from bouvier.kinds.core_v1.service_validation import validate, validate_update
from bouvier.kinds.core_v1.service_warnings import warn_of_service
from bouvier.kinds.kind import Kind, Subresource
from bouvier.kinds.subresources import PROXY_VERBS, status
from bouvier.meta.errors import FieldError, forbidden_field
from bouvier.meta.objects import Obj
from bouvier.meta.resources import SERVICES

_AFFINITY_SECONDS = 3 * 60 * 60
"""How long a client stays with its pod: Kubernetes' default for `ClientIP`."""


def default(obj: Obj) -> None:
    """Fill the defaults of the spec that need no allocation."""
    spec = obj.setdefault("spec", {})
    if not spec.get("sessionAffinity"):
        spec["sessionAffinity"] = "None"
    _default_affinity(spec)
    if not spec.get("type"):
        spec["type"] = "ClusterIP"
    for port in spec.get("ports") or ():
        if not port.get("protocol"):
            port["protocol"] = "TCP"
        if port.get("targetPort") in (None, "", 0):
            port["targetPort"] = port.get("port", 0)
    if spec["type"] in ("NodePort", "LoadBalancer"):
        spec.setdefault("externalTrafficPolicy", "Cluster")
    if spec["type"] == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)
        for place in balanced.ingress_of(obj):
            if place.get("ip") and place.get("ipMode") is None:
                place["ipMode"] = "VIP"
    if spec["type"] != "ExternalName":
        spec.setdefault("internalTrafficPolicy", "Cluster")
        _default_families(spec)


def _default_affinity(spec: dict[str, Any]) -> None:
    if spec["sessionAffinity"] == "None":
        spec.pop("sessionAffinityConfig", None)
    else:
        client = spec.setdefault("sessionAffinityConfig", {}).setdefault("clientIP", {})
        client.setdefault("timeoutSeconds", _AFFINITY_SECONDS)


def _default_families(spec: dict[str, Any]) -> None:
    """Fill the address families: single-stack, of the family of the address if one is given."""
    spec.setdefault("ipFamilyPolicy", "SingleStack")
    given = [one for one in (spec.get("clusterIPs") or [spec.get("clusterIP")]) if one]
    addresses = [one for one in given if one != "None"]
    families = ["IPv6" if ":" in one else "IPv4" for one in addresses]
    if not spec.get("ipFamilies"):
        spec["ipFamilies"] = families or ["IPv4"]
    if given and not spec.get("clusterIPs"):
        spec["clusterIPs"] = given


def validate_status(new: Obj, old: Obj) -> list[FieldError]:
    """Check where a balancer says that it serves the Service."""
    ingress = balanced.ingress_of(new)
    if (new.get("spec") or {}).get("type") == "LoadBalancer":
        return [*balanced.places(ingress), *balanced.modes(ingress)]
    if not ingress or ingress == balanced.ingress_of(old):
        return []
    return [forbidden_field(balanced.PATH, "may only be used when `spec.type` is 'LoadBalancer'")]


def _external_cell(obj: Obj) -> str:
    spec = obj.get("spec") or {}
    extra = list(spec.get("externalIPs") or ())
    kind = spec.get("type")
    if kind == "ExternalName":
        return str(spec.get("externalName") or "")
    if kind == "LoadBalancer":
        ingress = balanced.ingress_of(obj)
        found = {str(one.get("ip") or one.get("hostname") or "") for one in ingress}
        return ",".join(sorted(found - {""}) + extra) or "<pending>"
    return ",".join(extra) or "<none>"


def _address_cell(obj: Obj) -> str:
    spec = obj.get("spec") or {}
    addresses = spec.get("clusterIPs") or [spec.get("clusterIP")]
    return str(addresses[0] or "<none>")


def _ports_cell(obj: Obj) -> str:
    ports = (obj.get("spec") or {}).get("ports") or ()
    return ",".join(_port_text(port) for port in ports) or "<none>"


def _port_text(port: dict[str, Any]) -> str:
    number = f"{port.get('port')}:{port['nodePort']}" if port.get("nodePort") else str(port.get("port"))
    return f"{number}/{port.get('protocol')}"


def _selector_cell(obj: Obj) -> str:
    return labels_text((obj.get("spec") or {}).get("selector"))


KIND = Kind(
    resource=SERVICES,
    singular="service",
    definition="io.k8s.api.core.v1.Service",
    short_names=("svc",),
    categories=("all",),
    subresources={
        "status": status(SERVICES),
        "proxy": Subresource("proxy", "ServiceProxyOptions", "", "v1", PROXY_VERBS),
    },
    columns=(
        NAME,
        cell("Type", at("spec", "type")),
        cell("Cluster-IP", _address_cell),
        cell("External-IP", _external_cell),
        cell("Port(s)", _ports_cell),
        AGE,
        cell("Selector", _selector_cell, WIDE),
    ),
    selectable={"spec.clusterIP": at("spec", "clusterIP"), "spec.type": at("spec", "type")},
    default=default,
    prepare_update=drop_former,
    validate=validate,
    validate_update=validate_update,
    validate_status=validate_status,
    name_rule="dns1035",
    has_open_status=True,
    warn=warn_of_service,
)
