"""LeaseCandidate: a process that could lead, and the version it speaks. Data for components that elect a leader so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bouvier.kinds import fields
from bouvier.kinds.columns import AGE, NAME, text
from bouvier.kinds.coordination_v1.strategies import OLDEST, strategy
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.meta.errors import FieldError, required
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj

RESOURCE = Resource("coordination.k8s.io", "v1beta1", "leasecandidates", "LeaseCandidate")
_NUMBER = r"(0|[1-9]\d*)"
_SEMANTIC = re.compile(
    rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]+)?"
)


def validate(obj: Obj) -> list[FieldError]:
    """Check lease, versions and strategy."""
    return list(_errors("spec", obj.get("spec") or {}))


def _errors(path: str, spec: Mapping[str, Any]) -> Errors:
    if not spec.get("leaseName"):
        yield required(f"{path}.leaseName")
    versions = {}
    for field in ("emulationVersion", "binaryVersion"):
        given = spec.get(field) or ""
        versions[field] = _parsed(given)
        if given and versions[field] is None:
            yield fields.invalid(f"{path}.{field}", given, "must be a valid semantic version")
    binary, emulated = versions["binaryVersion"], versions["emulationVersion"]
    if binary and emulated and binary < emulated:
        detail = "must be greater than or equal to `emulationVersion`"
        yield fields.invalid(f"{path}.binaryVersion", spec["binaryVersion"], detail)
    yield from _strategy(path, spec)


def _strategy(path: str, spec: Mapping[str, Any]) -> Errors:
    chosen = spec.get("strategy") or ""
    if not chosen:
        yield required(f"{path}.strategy")
        return
    if chosen == OLDEST:
        for field in ("binaryVersion", "emulationVersion"):
            if not spec.get(field):
                yield required(f"{path}.{field}", f"must be specified when `strategy` is '{OLDEST}'")
    yield from strategy(f"{path}.strategy", chosen)


def _parsed(text: str) -> tuple[int, int, int, bool] | None:
    """Return a version as something to compare: a release comes after what went before it."""
    found = _SEMANTIC.fullmatch(text)
    return (int(found[1]), int(found[2]), int(found[3]), not found[4]) if found else None


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse to stand for another lease."""
    after, before = ((one.get("spec") or {}).get("leaseName") for one in (new, old))
    return list(fields.immutable("spec.leaseName", after, before))


KIND = Kind(
    resource=RESOURCE,
    singular="leasecandidate",
    definition="io.k8s.api.coordination.v1beta1.LeaseCandidate",
    columns=(
        NAME,
        text("LeaseName", "spec", "leaseName"),
        text("BinaryVersion", "spec", "binaryVersion"),
        text("EmulationVersion", "spec", "emulationVersion"),
        AGE,
    ),
    selectable={"spec.leaseName": lambda obj: str((obj.get("spec") or {}).get("leaseName") or "")},
    validate=validate,
    validate_update=validate_update,
    needs_revision=True,
    name_rule="config",
)
