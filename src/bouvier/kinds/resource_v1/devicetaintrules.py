"""DeviceTaintRule: a taint for all devices that match. Data for schedulers."""

from __future__ import annotations

from bouvier.kinds.columns import AGE, NAME
from bouvier.kinds.conditions import check_conditions
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.kinds.older import older
from bouvier.kinds.resource_v1.naming import Part, driver_name, label_name, pool_name, too_many
from bouvier.kinds.resource_v1.taints import taint
from bouvier.kinds.subresources import with_status
from bouvier.meta.errors import FieldError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj
from bouvier.util.clock import now_text

RESOURCE = Resource("resource.k8s.io", "v1", "devicetaintrules", "DeviceTaintRule", namespaced=False)
MAX_CONDITIONS = 8


def default(obj: Obj) -> None:
    """Note when the taint was added."""
    added = obj.setdefault("spec", {}).get("taint")
    if added is not None and not added.get("timeAdded"):
        added["timeAdded"] = now_text()


def validate(obj: Obj) -> list[FieldError]:
    """Check which devices get what taint."""
    return list(_errors("spec", obj.get("spec") or {}))


def _errors(path: str, spec: Part) -> Errors:
    chosen = spec.get("deviceSelector") or {}
    for field, check in (("driver", driver_name), ("pool", pool_name), ("device", label_name)):
        if chosen.get(field) is not None:
            yield from check(f"{path}.deviceSelector.{field}", chosen[field])
    yield from taint(f"{path}.taint", spec.get("taint") or {})


def validate_status(new: Obj, _old: Obj) -> list[FieldError]:
    """Check the conditions."""
    conditions = (new.get("status") or {}).get("conditions") or []
    found = list(check_conditions("status.conditions", conditions))
    if len(conditions) > MAX_CONDITIONS:
        found.append(too_many("status.conditions", len(conditions), MAX_CONDITIONS))
    return found


KIND = Kind(
    resource=RESOURCE,
    singular="devicetaintrule",
    definition="io.k8s.api.resource.v1.DeviceTaintRule",
    subresources=with_status(RESOURCE),
    columns=(NAME, AGE),
    default=default,
    validate=validate,
    validate_status=validate_status,
    has_generation=True,
)
VIEWS = (older(KIND, "v1beta2"),)
