"""Cluster: one logical cluster, a complete Kubernetes API under `/clusters/NAME/`, and what executes it.

The objects live in the logical cluster `local` only. What a driver needs to reach its orchestrator stands in the part
of the spec that bears the driver's name; credentials stand in a Secret that the spec names.
"""

from __future__ import annotations

from typing import Any

from bouvier.kinds import fields
from bouvier.kinds.columns import AGE, NAME, cell, text
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.kinds.subresources import with_status
from bouvier.meta.errors import FieldError, forbidden_field, required
from bouvier.meta.objects import Obj, condition_of
from bouvier.meta.resources import CLUSTERS

LOCAL = "local"
"""The cluster that is also served at the root; it is always there."""
DRIVERS = ("native", "kubernetes", "swarm")

_TEXT = {"type": "string"}
_NUMBERS = {"type": "object", "additionalProperties": {"type": "string"}}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


_HOST = _object(
    name=_TEXT, ready={"type": "boolean"}, schedulable={"type": "boolean"}, capacity=_NUMBERS, allocatable=_NUMBERS
)
_CONDITION = _object(
    type=_TEXT,
    status=_TEXT,
    reason=_TEXT,
    message=_TEXT,
    lastTransitionTime=_TEXT,
    observedGeneration={"type": "integer"},
)
SCHEMA = _object(
    spec=_object(
        driver={"type": "string", "enum": list(DRIVERS)},
        strict={"type": "boolean"},
        swarm=_object(engine=_TEXT, forwarderImage=_TEXT),
        kubernetes=_object(kubeconfigSecret=_object(namespace=_TEXT, name=_TEXT)),
    )
    | {"required": ["driver"]},
    status=_object(
        version=_TEXT,
        hosts={"type": "array", "items": _HOST},
        capacity=_NUMBERS,
        allocatable=_NUMBERS,
        capabilities={"type": "array", "items": _TEXT},
        conditions={"type": "array", "items": _CONDITION},
        observedGeneration={"type": "integer"},
    ),
) | {"required": ["spec"]}


def _errors(obj: Obj) -> Errors:
    spec = obj.get("spec") or {}
    driver = spec.get("driver", "")
    for other in ("swarm", "kubernetes"):
        if other != driver and spec.get(other):
            yield forbidden_field(f"spec.{other}", f"may only be set when spec.driver is {other}")
    part = spec.get(driver) or {}
    if driver == "swarm":
        yield from _engine_errors("spec.swarm.engine", part.get("engine", ""))
    if driver == "kubernetes" and not (part.get("kubeconfigSecret") or {}).get("name"):
        yield required("spec.kubernetes.kubeconfigSecret.name", "the Secret that holds the kubeconfig")


def _engine_errors(path: str, value: str) -> Errors:
    if not value:
        yield required(path, "the socket of a Swarm manager, as unix:///path/to/docker.sock")
    elif not value.startswith("unix:///"):
        yield fields.invalid(path, value, "must be unix:///path/to/docker.sock")


def validate(obj: Obj) -> list[FieldError]:
    """Check that the driver's own part is there, and no other's."""
    return list(_errors(obj))


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse to hand a cluster to another driver."""
    return list(
        fields.immutable("spec.driver", (new.get("spec") or {}).get("driver"), (old.get("spec") or {}).get("driver"))
    )


def _ready(obj: Obj) -> str:
    condition = condition_of(obj, "Ready") or {}
    return "Ready" if condition.get("status") == "True" else str(condition.get("reason") or "Pending")


def _hosts(obj: Obj) -> int:
    return len((obj.get("status") or {}).get("hosts") or ())


KIND = Kind(
    resource=CLUSTERS,
    singular="cluster",
    definition="",
    schema=SCHEMA,
    subresources=with_status(CLUSTERS),
    columns=(
        NAME,
        text("Driver", "spec", "driver"),
        cell("Status", _ready),
        text("Version", "status", "version"),
        cell("Hosts", _hosts, kind="integer"),
        text("CPU", "status", "capacity", "cpu"),
        text("Memory", "status", "capacity", "memory"),
        AGE,
    ),
    validate=validate,
    validate_update=validate_update,
    name_rule="label",
    has_generation=True,
)
