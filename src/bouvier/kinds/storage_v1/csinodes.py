"""CSINode: which storage drivers of the Container Storage Interface a host runs. Data for such drivers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bouvier.kinds import fields, names
from bouvier.kinds.columns import AGE, NAME, cell, value_at
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.kinds.storage_v1.drivers import driver_name
from bouvier.kinds.subresources import with_status
from bouvier.meta.errors import FieldError, duplicate, required
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj

RESOURCE = Resource("storage.k8s.io", "v1", "csinodes", "CSINode", namespaced=False)
MAX_NODE_ID = 256


def _drivers(obj: Obj) -> list[dict[str, Any]]:
    return value_at(obj, ("spec", "drivers")) or []


def validate(obj: Obj) -> list[FieldError]:
    """Check the drivers."""
    return list(_errors("spec.drivers", obj))


def _errors(path: str, obj: Obj) -> Errors:
    seen: set[str] = set()
    for index, driver in enumerate(_drivers(obj)):
        place, name = f"{path}[{index}]", driver.get("name") or ""
        yield from driver_name(f"{place}.name", name)
        node_id = driver.get("nodeID") or ""
        if not node_id:
            yield required(f"{place}.nodeID")
        if len(node_id) > MAX_NODE_ID:
            yield fields.invalid(f"{place}.nodeID", node_id, f"must be {MAX_NODE_ID} characters or less")
        count = value_at(driver, ("allocatable", "count"))
        yield from fields.non_negative(f"{place}.allocatable.count", count)
        if name in seen:
            yield duplicate(f"{place}.name", name)
        seen.add(name)
        yield from _topology(place, driver)


def _topology(path: str, driver: Mapping[str, Any]) -> Errors:
    seen: set[str] = set()
    for key in driver.get("topologyKeys") or ():
        if not key:
            yield required(path)
        if key in seen:
            yield duplicate(path, key)
        seen.add(key)
        yield from fields.each(path, key, names.qualified_name)


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse to change a driver that is there, but for the number of volumes it may have."""
    before = {driver.get("name"): _fixed(driver) for driver in _drivers(old)}
    return [
        fields.invalid("spec.drivers", _fixed(driver), fields.IMMUTABLE)
        for driver in _drivers(new)
        if driver.get("name") in before and before[driver.get("name")] != _fixed(driver)
    ]


def _fixed(driver: Mapping[str, Any]) -> dict[str, Any]:
    return {field: value for field, value in driver.items() if field != "allocatable" and value}


KIND = Kind(
    resource=RESOURCE,
    singular="csinode",
    subresources=with_status(RESOURCE),
    definition="io.k8s.api.storage.v1.CSINode",
    columns=(NAME, cell("Drivers", lambda obj: len(_drivers(obj)), kind="integer"), AGE),
    validate=validate,
    validate_update=validate_update,
    needs_revision=True,
)
