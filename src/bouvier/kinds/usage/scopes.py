"""Which objects a quota is about: scopes choose pods by their kind, or claims by their class.

Source: https://kubernetes.io/docs/concepts/policy/resource-quotas/#quota-scopes
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bouvier.kinds.podspec.quality import quality_of_service
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj

AFFINITIES = ("podAffinity", "podAntiAffinity")


def matches(quota: Obj, resource: Resource, obj: Obj) -> bool:
    """Tell whether the quota's scopes include the object; without scopes a quota is about everything."""
    spec = quota.get("spec") or {}
    demands = [{"scopeName": scope, "operator": "Exists"} for scope in spec.get("scopes") or ()]
    demands += (spec.get("scopeSelector") or {}).get("matchExpressions") or ()
    return all(_matches(demand, resource, obj) for demand in demands)


def _matches(demand: Mapping[str, Any], resource: Resource, obj: Obj) -> bool:
    scope, spec = demand["scopeName"], obj.get("spec") or {}
    if scope == "VolumeAttributesClass":
        return resource.plural == "persistentvolumeclaims" and _chosen(demand, spec.get("volumeAttributesClassName"))
    if resource.group or resource.plural != "pods":
        return False
    if scope == "PriorityClass":
        return _chosen(demand, spec.get("priorityClassName"))
    if scope in ("Terminating", "NotTerminating"):
        return bool((spec.get("activeDeadlineSeconds") is not None) == (scope == "Terminating"))
    if scope in ("BestEffort", "NotBestEffort"):
        return bool((quality_of_service(spec) == "BestEffort") == (scope == "BestEffort"))
    return scope == "CrossNamespacePodAffinity" and any(_foreign_terms(spec))


def _chosen(demand: Mapping[str, Any], value: str | None) -> bool:
    operator, values = demand.get("operator"), demand.get("values") or ()
    if operator == "In":
        return value in values
    if operator == "NotIn":
        return value not in values
    return bool(value) == (operator == "Exists")


def _foreign_terms(spec: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the affinity terms that look at other namespaces."""
    for name in AFFINITIES:
        part = (spec.get("affinity") or {}).get(name) or {}
        terms = list(part.get("requiredDuringSchedulingIgnoredDuringExecution") or ())
        preferred = part.get("preferredDuringSchedulingIgnoredDuringExecution") or ()
        terms += [weighted.get("podAffinityTerm") or {} for weighted in preferred]
        yield from (term for term in terms if term.get("namespaces") or term.get("namespaceSelector") is not None)
