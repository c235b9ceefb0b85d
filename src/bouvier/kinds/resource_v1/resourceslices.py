"""ResourceSlice: devices that a driver offers, of one host or of many. Data for schedulers."""

from __future__ import annotations

from bouvier.kinds import fields, names
from bouvier.kinds.columns import AGE, NAME, at, text
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.kinds.podspec.placement import node_selector
from bouvier.kinds.resource_v1.devices import counter_set, device
from bouvier.kinds.resource_v1.naming import Part, driver_name, each_once, listed, named, pool_name
from bouvier.kinds.resource_v1.older import device_down, device_up, list_at, views
from bouvier.meta.errors import FieldError, required
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj
from bouvier.util.clock import now_text

RESOURCE = Resource("resource.k8s.io", "v1", "resourceslices", "ResourceSlice", namespaced=False)
MAX_DEVICES = 128
MAX_SPECIAL_DEVICES = 64
"""Where any device has taints or consumes counters."""
MAX_COUNTER_SETS = 8
_ONE_PLACE = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required"
_FIXED = (("pool", "name"), ("driver",), ("nodeName",))


def default(obj: Obj) -> None:
    """Note when taints were added."""
    for one in obj.setdefault("spec", {}).get("devices") or ():
        for taint in one.get("taints") or ():
            if not taint.get("timeAdded"):
                taint["timeAdded"] = now_text()


def validate(obj: Obj) -> list[FieldError]:
    """Check the spec."""
    return list(_errors("spec", obj.get("spec") or {}))


def _errors(path: str, spec: Part) -> Errors:
    yield from driver_name(f"{path}.driver", spec.get("driver"))
    yield from _pool(f"{path}.pool", spec.get("pool") or {})
    yield from _hosts(path, spec)
    devices = spec.get("devices")
    if spec.get("sharedCounters") is not None and devices is not None:
        yield fields.invalid(path, "", "only one of `sharedCounters` or `devices` is allowed")
    is_special = any(one.get("taints") or one.get("consumesCounters") for one in devices or ())
    limit = MAX_SPECIAL_DEVICES if is_special else MAX_DEVICES
    by_device = bool(spec.get("perDeviceNodeSelection"))
    yield from each_once(
        f"{path}.devices", devices, limit, lambda where, one: device(where, one, chooses_hosts=by_device), named
    )
    counters = spec.get("sharedCounters")
    yield from each_once(f"{path}.sharedCounters", counters, MAX_COUNTER_SETS, counter_set, named)


def _pool(path: str, pool: Part) -> Errors:
    yield from pool_name(f"{path}.name", pool.get("name"))
    count, generation = pool.get("resourceSliceCount") or 0, pool.get("generation") or 0
    if count <= 0:
        yield fields.invalid(f"{path}.resourceSliceCount", count, "must be greater than zero")
    if generation < 0:
        yield fields.invalid(f"{path}.generation", generation, "must be greater than or equal to zero")


def _hosts(path: str, spec: Part) -> Errors:
    chosen = []
    name, selector = spec.get("nodeName"), spec.get("nodeSelector")
    if name:
        chosen.append("`nodeName`")
        yield from fields.each(f"{path}.nodeName", name, names.subdomain)
    elif name is not None:
        yield fields.invalid(f"{path}.nodeName", name, "must be either unset or set to a non-empty string")
    if selector is not None:
        chosen.append("`nodeSelector`")
        yield from node_selector(f"{path}.nodeSelector", selector)
        terms = selector.get("nodeSelectorTerms") or []
        if len(terms) != 1:
            place = f"{path}.nodeSelector.nodeSelectorTerms"
            yield fields.invalid(place, terms, "must have exactly one node selector term")
    for field in ("allNodes", "perDeviceNodeSelection"):
        if spec.get(field):
            chosen.append(f"`{field}`")
        elif spec.get(field) is not None:
            yield fields.invalid(f"{path}.{field}", spec[field], "must be either unset or set to true")
    if not chosen:
        yield required(path, _ONE_PLACE)
    elif len(chosen) > 1:
        yield fields.invalid(path, listed(chosen), f"{_ONE_PLACE}, but multiple fields are set")


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse to give a slice to another pool, driver or host."""
    errors: list[FieldError] = []
    for steps in _FIXED:
        read = at("spec", *steps)
        errors += fields.immutable(".".join(("spec", *steps)), read(new), read(old))
    return errors


KIND = Kind(
    resource=RESOURCE,
    singular="resourceslice",
    definition="io.k8s.api.resource.v1.ResourceSlice",
    columns=(
        NAME,
        text("Node", "spec", "nodeName"),
        text("Driver", "spec", "driver"),
        text("Pool", "spec", "pool", "name"),
        AGE,
    ),
    selectable={"spec.nodeName": at("spec", "nodeName"), "spec.driver": at("spec", "driver")},
    default=default,
    validate=validate,
    validate_update=validate_update,
    has_generation=True,
)
VIEWS = views(KIND, lambda obj: list_at(obj, "spec", "devices"), device_up, device_down)
