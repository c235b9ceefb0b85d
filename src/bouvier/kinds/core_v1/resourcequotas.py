"""ResourceQuota: how much a namespace may use."""

from __future__ import annotations

from bouvier.kinds import fields, names
from bouvier.kinds.columns import AGE, NAME, cell, value_at
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.kinds.podspec.defaults import canonical_quantities
from bouvier.kinds.podspec.resources import quantity
from bouvier.kinds.subresources import with_status
from bouvier.meta.errors import FieldError
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
    for index, scope in enumerate(spec.get("scopes") or ()):
        if scope not in _SCOPES:
            yield fields.invalid(f"spec.scopes[{index}]", scope, "unsupported scope")


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse to change the scopes."""
    before, after = value_at(old, ("spec", "scopes")), value_at(new, ("spec", "scopes"))
    return list(fields.immutable("spec.scopes", sorted(after or ()), sorted(before or ())))


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
