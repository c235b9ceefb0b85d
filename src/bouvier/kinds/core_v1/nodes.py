"""Node: a host that runs pods."""

from __future__ import annotations

from typing import Any

from bouvier.kinds import fields, names
from bouvier.kinds.columns import AGE, NAME, WIDE, cell, value_at
from bouvier.kinds.fields import Errors
from bouvier.kinds.findings import show
from bouvier.kinds.kind import Kind, Subresource
from bouvier.kinds.podspec.defaults import canonical_quantities
from bouvier.kinds.podspec.placement import TAINT_EFFECTS
from bouvier.kinds.subresources import PROXY_VERBS, with_status
from bouvier.meta.errors import FieldError, forbidden_field, required
from bouvier.meta.objects import Obj, condition_of, labels_of
from bouvier.meta.resources import NODES

_ROLE_PREFIX = "node-role.kubernetes.io/"
_ROLE_LABEL = "kubernetes.io/role"


def default(obj: Obj) -> None:
    """Write the quantities of the status in canonical form."""
    status = obj.get("status") or {}
    canonical_quantities(status.get("capacity"))
    if status.get("capacity") and not status.get("allocatable"):
        status["allocatable"] = dict(status["capacity"])
    canonical_quantities(status.get("allocatable"))


def validate(obj: Obj) -> list[FieldError]:
    """Check taints and address ranges."""
    return list(_errors(obj.get("spec") or {}))


def _errors(spec: dict[str, Any]) -> Errors:
    seen: set[tuple[Any, Any]] = set()
    for index, taint in enumerate(spec.get("taints") or ()):
        path = f"spec.taints[{index}]"
        yield from _taint(path, taint)
        pair = (taint.get("key"), taint.get("effect"))
        if pair in seen:
            yield FieldError("FieldValueDuplicate", path, f"Duplicate value: {show(taint)}")
        seen.add(pair)
    ranges = spec.get("podCIDRs") or []
    if ranges and spec.get("podCIDR") != ranges[0]:
        detail = "must contain the same value as podCIDRs[0]"
        yield fields.invalid("spec.podCIDR", spec.get("podCIDR") or "", detail)


def _taint(path: str, taint: dict[str, Any]) -> Errors:
    yield from fields.named(f"{path}.key", taint.get("key"), names.qualified_name)
    yield from fields.each(f"{path}.value", taint.get("value") or "", names.label_value)
    effect = taint.get("effect")
    if not effect:
        yield required(f"{path}.effect")
    elif effect not in TAINT_EFFECTS:
        yield fields.unsupported(f"{path}.effect", effect, TAINT_EFFECTS)


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse to change address ranges and provider once they are set."""
    return list(_update_errors(new.get("spec") or {}, old.get("spec") or {}))


def _update_errors(new: dict[str, Any], old: dict[str, Any]) -> Errors:
    if old.get("podCIDRs") and new.get("podCIDRs") != old["podCIDRs"]:
        detail = 'node updates may not change podCIDR except from "" to valid'
        yield forbidden_field("spec.podCIDRs", detail)
    if old.get("providerID") and new.get("providerID") != old["providerID"]:
        detail = 'node updates may not change providerID except from "" to valid'
        yield forbidden_field("spec.providerID", detail)


def _status_cell(obj: Obj) -> str:
    ready = condition_of(obj, "Ready")
    words = ["Unknown"]
    if ready is not None:
        words = ["Ready" if ready.get("status") == "True" else "NotReady"]
    if (obj.get("spec") or {}).get("unschedulable"):
        words.append("SchedulingDisabled")
    return ",".join(words)


def _roles_cell(obj: Obj) -> str:
    roles = set()
    for key, value in labels_of(obj).items():
        if key.startswith(_ROLE_PREFIX) and len(key) > len(_ROLE_PREFIX):
            roles.add(key[len(_ROLE_PREFIX) :])
        elif key == _ROLE_LABEL and value:
            roles.add(value)
    return ",".join(sorted(roles)) or "<none>"


def _address_cell(obj: Obj, kind: str) -> str:
    for address in (obj.get("status") or {}).get("addresses") or ():
        if address.get("type") == kind:
            return str(address.get("address"))
    return "<none>"


def _info_cell(obj: Obj, field: str, absent: str) -> str:
    return str(value_at(obj, ("status", "nodeInfo", field)) or absent)


def _unschedulable(obj: Obj) -> str:
    return "true" if (obj.get("spec") or {}).get("unschedulable") else "false"


KIND = Kind(
    resource=NODES,
    singular="node",
    definition="io.k8s.api.core.v1.Node",
    short_names=("no",),
    subresources=with_status(NODES) | {"proxy": Subresource("proxy", "NodeProxyOptions", "", "v1", PROXY_VERBS)},
    columns=(
        NAME,
        cell("Status", _status_cell),
        cell("Roles", _roles_cell),
        AGE,
        cell("Version", lambda obj: _info_cell(obj, "kubeletVersion", "")),
        cell("Internal-IP", lambda obj: _address_cell(obj, "InternalIP"), WIDE),
        cell("External-IP", lambda obj: _address_cell(obj, "ExternalIP"), WIDE),
        cell("OS-Image", lambda obj: _info_cell(obj, "osImage", "<unknown>"), WIDE),
        cell("Kernel-Version", lambda obj: _info_cell(obj, "kernelVersion", "<unknown>"), WIDE),
        cell("Container-Runtime", lambda obj: _info_cell(obj, "containerRuntimeVersion", "<unknown>"), WIDE),
    ),
    selectable={"spec.unschedulable": _unschedulable},
    default=default,
    validate=validate,
    validate_update=validate_update,
    has_open_status=True,
    keeps_first_status=True,
)
