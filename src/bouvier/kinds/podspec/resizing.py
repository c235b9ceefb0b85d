"""In-place resize: changing CPU and memory of a pod that runs, through `pods/NAME/resize`.

Source: https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bouvier.kinds.fields import Errors, invalid
from bouvier.kinds.podspec.mirror import is_mirror
from bouvier.kinds.podspec.quality import quality_of_service
from bouvier.kinds.podspec.resources import parsed
from bouvier.kinds.podspec.updates import differences
from bouvier.meta.errors import FieldError, forbidden_field
from bouvier.meta.objects import Obj

RESIZABLE = ("cpu", "memory")
_LISTS = ("containers", "initContainers")
_WRITTEN = ("resources", "resizePolicy")
_BLOCKS = ("limits", "requests")

Container = Mapping[str, Any]


def take(new: Obj, old: Obj) -> Obj:
    """Return the old pod with the new one's resources; a change of the containers themselves is left to be refused."""
    wanted, spec = new.get("spec") or {}, dict(old.get("spec") or {})
    if any(len(wanted.get(field) or ()) != len(spec.get(field) or ()) for field in _LISTS):
        return old | {"spec": wanted}
    for field in _LISTS:
        if spec.get(field):
            spec[field] = _merged(wanted[field], spec[field])
    return old | {"spec": spec}


def _merged(new: Sequence[Container], old: Sequence[Container]) -> list[Container]:
    if [one.get("name") for one in new] != [one.get("name") for one in old]:
        return list(new)
    merged: list[Container] = []
    for wanted, present in zip(new, old, strict=True):
        kept = {name: value for name, value in present.items() if name not in _WRITTEN}
        merged.append(kept | {name: wanted[name] for name in _WRITTEN if name in wanted})
    return merged


def validate_resize(new: Obj, old: Obj) -> list[FieldError]:
    """Check that only CPU and memory change, and nothing that cannot be changed in place."""
    if old["spec"].get("resources"):
        return [forbidden_field("", "pods with pod-level resources cannot be resized")]
    if is_mirror(old):
        return [forbidden_field("", "static pods cannot be resized")]
    return list(_errors(new, old))


def _errors(new: Obj, old: Obj) -> Errors:
    spec, before = new["spec"], old["spec"]
    quality = quality_of_service(spec)
    if quality != quality_of_service(before):
        yield invalid("spec", quality, "Pod QOS Class may not change as a result of resizing")
    if not _is_supported(old):
        yield forbidden_field("spec", "Pod running on node without support for resize")
    order = list(_order(spec, before))
    yield from order
    if order:
        return
    for field in _LISTS:
        yield from _removed(field, spec, before)
    changed = differences("spec", before, _without_resizable_changes(spec, before))
    if changed:
        yield forbidden_field("spec", "\n".join(["only cpu and memory resources are mutable", *changed]))


def _is_supported(pod: Obj) -> bool:
    """Tell whether the host reports what its running containers have: then it can also change it."""
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    running = [one for one in statuses if "running" in (one.get("state") or {})]
    return all(one.get("resources") is not None for one in running)


def _order(spec: Obj, before: Obj) -> Errors:
    for field in _LISTS:
        new, old = spec.get(field) or [], before.get(field) or []
        if len(new) != len(old):
            yield forbidden_field(f"spec.{field}", f"{field} may not be added or removed on resize")
            continue
        for index, (one, other) in enumerate(zip(new, old, strict=True)):
            if one.get("name") != other.get("name"):
                detail = f"{field} may not be renamed or reordered on resize"
                yield forbidden_field(f"spec.{field}[{index}].name", detail)


def _pairs(field: str, spec: Obj, before: Obj) -> Iterator[tuple[int, Any, Any]]:
    for index, (one, other) in enumerate(zip(spec.get(field) or (), before.get(field) or (), strict=True)):
        yield index, one, other


def _removed(field: str, spec: Obj, before: Obj) -> Errors:
    for index, new, old in _pairs(field, spec, before):
        path = f"spec.{field}[{index}].resources"
        now, was = new.get("resources") or {}, old.get("resources") or {}
        if field == "initContainers" and old.get("restartPolicy") != "Always":
            if _amounts(now) != _amounts(was):
                yield forbidden_field(path, "resources for non-sidecar init containers are immutable")
            continue
        for block, word in (("requests", "requests"), ("limits", "limits")):
            if (was.get(block) or {}).keys() - (now.get(block) or {}).keys():
                yield forbidden_field(f"{path}.{block}", f"resource {word} cannot be removed")


def _amounts(resources: Container) -> dict[tuple[str, str], Any]:
    return {(block, name): parsed(value) for block in _BLOCKS for name, value in (resources.get(block) or {}).items()}


def _without_resizable_changes(spec: Obj, before: Obj) -> Obj:
    """Return the new spec with CPU and memory as they were."""
    result = dict(spec)
    for field in _LISTS:
        if spec.get(field):
            pairs = _pairs(field, spec, before)
            result[field] = [one | {"resources": _restored(one, other)} for _, one, other in pairs]
    return result


def _restored(new: Container, old: Container) -> dict[str, Any]:
    resources = {name: value for name, value in (new.get("resources") or {}).items() if name not in _BLOCKS}
    for block in _BLOCKS:
        now, was = (new.get("resources") or {}).get(block) or {}, (old.get("resources") or {}).get(block) or {}
        rest = {name: value for name, value in now.items() if name not in RESIZABLE}
        resources[block] = rest | {name: was[name] for name in RESIZABLE if name in was}
    return resources
