"""Whether a quota has room for an object, in Kubernetes' words.

Source: https://kubernetes.io/docs/concepts/policy/resource-quotas/
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from bouvier.kinds.usage.amounts import Amounts, amounts_of, containers_of, text
from bouvier.kinds.usage.scopes import matches
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, name_of

MUST_BE_SET = (
    "cpu",
    "memory",
    "requests.cpu",
    "requests.memory",
    "limits.cpu",
    "limits.memory",
)
"""Shares that every container must ask for where a quota limits them: who asks for nothing cannot be counted."""


def is_about(quota: Obj, resource: Resource, obj: Obj, amounts: Amounts) -> bool:
    """Tell whether the quota limits something that the object uses."""
    hard = (quota.get("spec") or {}).get("hard") or {}
    return any(name in hard for name in amounts) and matches(quota, resource, obj)


def unset(quota: Obj, resource: Resource, obj: Obj) -> str:
    """Return which containers of a pod lack what the quota limits, empty if none does."""
    hard = (quota.get("spec") or {}).get("hard") or {}
    if resource.group or resource.plural != "pods" or not matches(quota, resource, obj):
        return ""
    missing: dict[str, list[str]] = {}
    for name in sorted(name for name in MUST_BE_SET if name in hard):
        lacking = [c["name"] for c in containers_of(obj["spec"]) if not _asks(c, obj["spec"], name)]
        if lacking:
            missing[name] = lacking
    listed = "; ".join(f"{name} for: {','.join(containers)}" for name, containers in missing.items())
    return f"failed quota: {name_of(quota)}: must specify {listed}" if listed else ""


def _asks(container: Mapping[str, Any], spec: Mapping[str, Any], name: str) -> bool:
    prefix, _, share = name.rpartition(".")
    part = prefix or "requests"
    return any(share in ((each.get("resources") or {}).get(part) or {}) for each in (container, spec))


def refusal(quota: Obj, wanted: Amounts, used: Amounts) -> str:
    """Return why the quota has no room for `wanted` beside `used`, empty if it has."""
    status = quota.get("status") or {}
    limits = amounts_of(status.get("hard"))
    concerned = {name: amount for name, amount in wanted.items() if name in quota["spec"]["hard"] and amount > 0}
    unknown = sorted(name for name in concerned if name not in limits or name not in used)
    if unknown:
        return f"status unknown for quota: {name_of(quota)}, resources: {','.join(unknown)}"
    over = sorted(name for name, amount in concerned.items() if used[name] + amount > limits[name])
    if not over:
        return ""
    parts = (("requested", wanted), ("used", used), ("limited", limits))
    return f"exceeded quota: {name_of(quota)}, " + ", ".join(f"{word}: {_listed(over, a)}" for word, a in parts)


def _listed(names: list[str], amounts: Mapping[str, Decimal]) -> str:
    return ",".join(f"{name}={text(name, amounts[name])}" for name in names)


def growth(new: Amounts, old: Amounts) -> Amounts:
    """Return what an object uses more than before."""
    differences = {name: amount - old.get(name, Decimal(0)) for name, amount in new.items()}
    return {name: amount for name, amount in differences.items() if amount > 0}
