"""What Kubernetes warns of in a Service: fields that its type ignores, and older ways to say something.

Source: Kubernetes' `pkg/api/service/warnings.go`.
"""

from __future__ import annotations

from bouvier.meta.objects import Obj

_HINTS = "service.kubernetes.io/topology-aware-hints"


def warn_of_service(service: Obj, _old: Obj | None) -> list[str]:
    """Return the warnings for a new or changed Service."""
    spec, found = service.get("spec") or {}, []
    kind, is_headless = spec.get("type"), spec.get("type") == "ClusterIP" and spec.get("clusterIP") == "None"
    if _HINTS in (service["metadata"].get("annotations") or {}):
        found.append(f"annotation {_HINTS} is deprecated, please use service.kubernetes.io/topology-mode instead")
    if is_headless:
        if spec.get("loadBalancerIP"):
            found.append("spec.loadBalancerIP is ignored for headless services")
        if spec.get("externalIPs"):
            found.append("spec.externalIPs is ignored for headless services")
        if spec.get("sessionAffinity", "None") != "None":
            found.append("spec.SessionAffinity is ignored for headless services")
    if spec.get("externalIPs") and kind == "ExternalName":
        found.append('spec.externalIPs is ignored when spec.type is "ExternalName"')
    elif spec.get("externalIPs") and not is_headless:
        found.append("spec.externalIPs is deprecated and may no longer be implemented in some clusters")
    if spec.get("externalName") and kind != "ExternalName":
        found.append('spec.externalName is ignored when spec.type is not "ExternalName"')
    if spec.get("trafficDistribution") == "PreferClose":
        found.append('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"')
    return found
