"""What may change in the spec of a pod that exists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from bouvier.kinds import fields
from bouvier.kinds.fields import Errors
from bouvier.kinds.findings import show
from bouvier.meta.errors import forbidden_field, required

_REFUSAL = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)
_MUTABLE = ("activeDeadlineSeconds", "tolerations", "schedulingGates")

Spec = Mapping[str, Any]


def validate_spec_update(path: str, new: Spec, old: Spec) -> Errors:
    """Check the change of a pod's spec: images, deadline, more tolerations, fewer gates; nothing else."""
    for field in ("containers", "initContainers"):
        if len(new.get(field) or ()) != len(old.get(field) or ()):
            yield forbidden_field(f"{path}.{field}", "pod updates may not add or remove containers")
            return
        yield from _images(f"{path}.{field}", new.get(field) or [])
    yield from _deadline(f"{path}.activeDeadlineSeconds", new, old)
    yield from _tolerations(f"{path}.tolerations", new.get("tolerations") or [], old.get("tolerations") or [])
    yield from _gates(f"{path}.schedulingGates", new.get("schedulingGates") or [], old.get("schedulingGates") or [])
    mutable = _mutable(new, old)
    changed = differences(path, _fixed_part(old, new, mutable), _fixed_part(new, new, mutable))
    if changed:
        yield forbidden_field(path, "\n".join([_REFUSAL, *changed]))


def _images(path: str, containers: Sequence[Spec]) -> Errors:
    for index, container in enumerate(containers):
        image = container.get("image") or ""
        if not image:
            yield required(f"{path}[{index}].image")
        elif image != image.strip():
            yield fields.invalid(f"{path}[{index}].image", image, "must not have leading or trailing whitespace")


def _deadline(path: str, new: Spec, old: Spec) -> Errors:
    wanted, present = new.get("activeDeadlineSeconds"), old.get("activeDeadlineSeconds")
    if present is None:
        return
    if wanted is None:
        yield fields.invalid(path, wanted, "must not update from a positive integer to nil value")
    elif wanted > present:
        yield fields.invalid(path, wanted, "must be less than or equal to previous value")


def _tolerations(path: str, new: Sequence[Spec], old: Sequence[Spec]) -> Errors:
    kept = [_without_seconds(one) for one in new]
    if any(_without_seconds(one) not in kept for one in old):
        yield forbidden_field(path, "existing toleration can not be modified except its tolerationSeconds")


def _without_seconds(toleration: Spec) -> dict[str, Any]:
    return {key: value for key, value in toleration.items() if key != "tolerationSeconds"}


def _gates(path: str, new: Sequence[Spec], old: Sequence[Spec]) -> Errors:
    present = [gate.get("name") for gate in old]
    added = [str(gate.get("name")) for gate in new if gate.get("name") not in present]
    if added:
        yield forbidden_field(path, f"only deletion is allowed, but found new scheduling gates '{', '.join(added)}'")


def _fixed_part(spec: Spec, new: Spec, mutable: Sequence[str]) -> dict[str, Any]:
    """Return a copy of the spec without what may change, its images made equal to `new`'s."""
    part: dict[str, Any] = orjson.loads(orjson.dumps(spec))
    for field in mutable:
        part.pop(field, None)
    for field in ("containers", "initContainers"):
        for container, wanted in zip(part.get(field) or (), new.get(field) or (), strict=True):
            container["image"] = wanted.get("image")
    return part


def _mutable(new: Spec, old: Spec) -> tuple[str, ...]:
    """Return the fields that may change; the grace period only from below zero (forced at once) to one second."""
    is_forced = (old.get("terminationGracePeriodSeconds") or 0) < 0 and new.get("terminationGracePeriodSeconds") == 1
    return (*_MUTABLE, "terminationGracePeriodSeconds") if is_forced else _MUTABLE


def differences(path: str, old: Any, new: Any) -> list[str]:
    """Return one line for each value that was removed (`-`) or added (`+`)."""
    if old == new or (_is_absent(old) and _is_absent(new)):
        return []
    if isinstance(old, dict) and isinstance(new, dict):
        lines: list[str] = []
        for key in sorted(old.keys() | new.keys()):
            lines += differences(f"{path}.{key}", old.get(key), new.get(key))
        return lines
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = enumerate(zip(old, new, strict=True))
        return [line for index, (was, now) in pairs for line in differences(f"{path}[{index}]", was, now)]
    removed = [] if old is None else [f"-  {path}: {show(old)}"]
    return removed + ([] if new is None else [f"+  {path}: {show(new)}"])


def _is_absent(value: Any) -> bool:
    """Tell whether a value means the same as no value; a zero may not."""
    return value is None or value is False or (isinstance(value, str | list | dict) and not value)
