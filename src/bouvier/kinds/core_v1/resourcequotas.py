"""ResourceQuota: how much a namespace may use."""

from __future__ import annotations

from bouvier.kinds import fields, names
from bouvier.kinds.columns import AGE, NAME, cell, value_at
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.kinds.podspec.defaults import canonical_quantities
from bouvier.kinds.podspec.resources import quantity
from bouvier.kinds.subresources import with_status
from bouvier.meta.errors import FieldError, required
from bouvier.meta.objects import Obj
from bouvier.meta.resources import RESOURCEQUOTAS

_STANDARD = frozenset(
    [
        "cpu",
        "memory",
        "ephemeral-storage",
        "requests.cpu",
        "requests.memory",
        "requests.storage",
        "requests.ephemeral-storage",
        "limits.cpu",
        "limits.memory",
        "limits.ephemeral-storage",
        "pods",
        "resourcequotas",
        "services",
        "replicationcontrollers",
        "secrets",
        "persistentvolumeclaims",
        "configmaps",
        "services.nodeports",
        "services.loadbalancers",
    ]
)
_SCOPES = (
    "BestEffort",
    "CrossNamespacePodAffinity",
    "NotBestEffort",
    "NotTerminating",
    "PriorityClass",
    "Terminating",
    "VolumeAttributesClass",
)


_OF_PODS = frozenset(["pods", "cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"])
_FITTING = {
    "BestEffort": frozenset(["pods"]),
    "NotBestEffort": _OF_PODS,
    "Terminating": _OF_PODS,
    "NotTerminating": _OF_PODS,
    "PriorityClass": _OF_PODS,
    "CrossNamespacePodAffinity": _OF_PODS,
    "VolumeAttributesClass": frozenset(["persistentvolumeclaims", "requests.storage"]),
}
"""Standard resources that a quota of each scope may limit."""
_CONFLICTING = (("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating"))
_EXISTS = (
    "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating,"
    " ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"
)
_ONLY_EXISTS = ("Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "CrossNamespacePodAffinity")


def default(obj: Obj) -> None:
    """Write quantities in canonical form."""
    for place in (("spec", "hard"), ("status", "hard"), ("status", "used")):
        canonical_quantities(value_at(obj, place))


def validate(obj: Obj) -> list[FieldError]:
    """Check names, amounts and scopes."""
    return list(_errors(obj))


def _errors(obj: Obj) -> Errors:
    spec = obj.get("spec") or {}
    for name, value in (spec.get("hard") or {}).items():
        path = f"spec.hard[{name}]"
        messages = names.qualified_name(name)
        for message in messages:
            yield fields.invalid(path, name, message)
        is_known = name in _STANDARD or "/" in name or name.startswith(("requests.hugepages-", "hugepages-"))
        if not messages and not is_known:
            yield fields.invalid(path, name, "must be a standard resource for quota")
        yield from quantity(path, name, value)
    yield from _scope_errors(spec)
    yield from _selector_errors(spec)


def _scope_errors(spec: Obj) -> Errors:
    scopes = spec.get("scopes") or []
    for scope in scopes:
        if scope not in _SCOPES:
            yield fields.invalid("spec.scopes", scopes, "unsupported scope")
    yield from _together("spec.scopes", scopes, spec)


def _together(path: str, scopes: list[str], spec: Obj) -> Errors:
    """Check that scopes fit what is limited, and each other."""
    for scope in scopes:
        fitting = _FITTING.get(scope, _STANDARD)
        if any(name in _STANDARD and name not in fitting for name in spec.get("hard") or ()):
            yield fields.invalid(path, scopes, "unsupported scope applied to resource")
    for one, other in _CONFLICTING:
        if one in scopes and other in scopes:
            yield fields.invalid(path, scopes, "conflicting scopes")


def _selector_errors(spec: Obj) -> Errors:
    path = "spec.scopeSelector.matchExpressions"
    demands = (spec.get("scopeSelector") or {}).get("matchExpressions") or ()
    for index, demand in enumerate(demands):
        where, scope = f"{path}[{index}]", demand.get("scopeName") or ""
        operator, values = demand.get("operator") or "", demand.get("values") or ()
        if not scope:
            yield required(f"{where}.scopeName", "must be specified")
        elif scope not in _SCOPES:
            yield fields.invalid(f"{where}.scopeName", scope, "unsupported scope")
        if scope in _ONLY_EXISTS and operator != "Exists":
            yield fields.invalid(f"{where}.operator", operator, _EXISTS)
        if operator in ("In", "NotIn"):
            if not values:
                detail = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"
                yield required(f"{where}.values", detail)
        elif operator not in ("Exists", "DoesNotExist"):
            yield fields.invalid(f"{where}.operator", operator, "not a valid selector operator")
        elif values:
            detail = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"
            yield fields.invalid(f"{where}.values", list(values), detail)
    yield from _together(path, [demand.get("scopeName") or "" for demand in demands], spec)


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse to change the scopes."""
    before, after = value_at(old, ("spec", "scopes")), value_at(new, ("spec", "scopes"))
    errors = list(fields.immutable("spec.scopes", sorted(after or ()), sorted(before or ())))
    before, after = value_at(old, ("spec", "scopeSelector")), value_at(new, ("spec", "scopeSelector"))
    return errors + list(fields.immutable("spec.scopeSelector", after, before))


def _cell(obj: Obj, *, is_limit: bool) -> str:
    status = obj.get("status") or {}
    hard, used = status.get("hard") or {}, status.get("used") or {}
    chosen = [name for name in sorted(hard) if ("limits." in name) == is_limit]
    return ", ".join(f"{name}: {used.get(name, '0')}/{hard[name]}" for name in chosen)


KIND = Kind(
    resource=RESOURCEQUOTAS,
    singular="resourcequota",
    definition="io.k8s.api.core.v1.ResourceQuota",
    short_names=("quota",),
    subresources=with_status(RESOURCEQUOTAS),
    columns=(
        NAME,
        cell("Request", lambda obj: _cell(obj, is_limit=False)),
        cell("Limit", lambda obj: _cell(obj, is_limit=True)),
        AGE,
    ),
    default=default,
    validate=validate,
    validate_update=validate_update,
    has_open_status=True,
)
