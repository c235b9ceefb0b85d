"""What is wrong with the claims of numbers: missing, left over, or of another Service. Pure."""

from __future__ import annotations

from bouvier.kinds.networking_v1.ipaddresses import FAMILY_LABEL, MANAGED_BY_LABEL, MANAGER
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, name_of, namespace_of
from bouvier.meta.resources import IPADDRESSES, NODEPORTCLAIMS, SERVICES

REST_SECONDS = 60.0
"""How long a claim without a Service must have been left alone: claims are made before their Service, which is stored
within milliseconds or never. As the original."""


def numbers_of(service: Obj) -> list[tuple[Resource, str]]:
    """Return the claims that a Service needs, by kind and name."""
    spec = service.get("spec") or {}
    address = spec.get("clusterIP")
    found = []
    if address and address != "None" and spec.get("type") != "ExternalName":
        found.append((IPADDRESSES, str(address)))
    ports = dict.fromkeys(port["nodePort"] for port in spec.get("ports") or () if port.get("nodePort"))
    return found + [(NODEPORTCLAIMS, str(port)) for port in ports]


def parent_of(claim: Obj) -> str:
    """Return the key of the Service that a claim names; empty when it names something else."""
    parent = (claim.get("spec") or {}).get("parentRef") or {}
    if parent.get("group") or parent.get("resource") != SERVICES.plural:
        return ""
    return f"{parent.get('namespace', '')}/{parent.get('name', '')}"


def is_managed(resource: Resource, claim: Obj) -> bool:
    """Tell whether a claim is the platform's to remove: IPAddresses of others are left alone."""
    if resource == NODEPORTCLAIMS:
        return True
    return bool((claim["metadata"].get("labels") or {}).get(MANAGED_BY_LABEL) == MANAGER)


def is_needed(resource: Resource, claim: Obj, service: Obj | None) -> bool:
    """Tell whether the Service that a claim names carries its number."""
    return service is not None and (resource, name_of(claim)) in numbers_of(service)


def new_claim(resource: Resource, name: str, service: Obj) -> Obj:
    """Return the claim of a number for a Service."""
    metadata: Obj = {"name": name}
    if resource == IPADDRESSES:
        metadata["labels"] = {FAMILY_LABEL: "IPv6" if ":" in name else "IPv4", MANAGED_BY_LABEL: MANAGER}
    parent = {
        "group": "",
        "resource": SERVICES.plural,
        "namespace": namespace_of(service),
        "name": name_of(service),
    }
    return {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "metadata": metadata,
        "spec": {"parentRef": parent},
    }


def sharing(resource: Resource, name: str, claim: Obj) -> tuple[str, str]:
    """Return reason and message for a Service whose number is claimed by another one."""
    other = parent_of(claim) or "something else"
    if resource == IPADDRESSES:
        reason, what = "ClusterIPAlreadyAllocated", f"Cluster IP {name}"
    else:
        reason, what = "PortAlreadyAllocated", f"Port {name}"
    return reason, f"{what} was assigned to multiple services; it is claimed by {other}: please recreate this service"
