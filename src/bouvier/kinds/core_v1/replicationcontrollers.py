"""ReplicationController: the older ReplicaSet, with a plain map of labels as selector."""

from __future__ import annotations

from bouvier.kinds import fields
from bouvier.kinds.apps_v1.counts import status_check
from bouvier.kinds.columns import AGE, NAME, TEMPLATE_COLUMNS, WIDE, at, cell, labels_text, number
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.kinds.podspec.templates import default_template, spec_of
from bouvier.kinds.podspec.validation import validate_workload_template
from bouvier.kinds.podspec.warnings import warn_of_template
from bouvier.kinds.subresources import with_status_and_scale
from bouvier.meta.errors import FieldError, required
from bouvier.meta.objects import Obj
from bouvier.meta.resources import REPLICATIONCONTROLLERS


def default(obj: Obj) -> None:
    """Fill the defaults; selector and labels come from the template's labels."""
    spec = obj.setdefault("spec", {})
    default_template(spec)
    spec.setdefault("replicas", 1)
    labels = (spec["template"].get("metadata") or {}).get("labels")
    if labels:
        if not spec.get("selector"):
            spec["selector"] = dict(labels)
        metadata = obj.setdefault("metadata", {})
        if not metadata.get("labels"):
            metadata["labels"] = dict(labels)


def validate(obj: Obj) -> list[FieldError]:
    """Check the spec."""
    return list(_errors(obj))


def _errors(obj: Obj) -> Errors:
    spec = spec_of(obj)
    yield from fields.non_negative("spec.minReadySeconds", spec.get("minReadySeconds"))
    selector = spec.get("selector")
    if not selector:
        yield required("spec.selector")
    yield from fields.non_negative("spec.replicas", spec.get("replicas"))
    wrapped = {"matchLabels": selector} if selector else {}
    yield from validate_workload_template("spec.template", spec.get("template"), wrapped, "ReplicationController")


def prepare(obj: Obj) -> None:
    """Give a new controller its status, of which the number of replicas is always present."""
    obj.setdefault("status", {}).setdefault("replicas", 0)


KIND = Kind(
    resource=REPLICATIONCONTROLLERS,
    singular="replicationcontroller",
    definition="io.k8s.api.core.v1.ReplicationController",
    short_names=("rc",),
    categories=("all",),
    subresources=with_status_and_scale(REPLICATIONCONTROLLERS),
    columns=(
        NAME,
        number("Desired", "spec", "replicas"),
        number("Current", "status", "replicas"),
        number("Ready", "status", "readyReplicas"),
        AGE,
        *TEMPLATE_COLUMNS,
        cell("Selector", lambda obj: labels_text(spec_of(obj).get("selector")), WIDE),
    ),
    selectable={"status.replicas": at("status", "replicas")},
    default=default,
    prepare=prepare,
    validate=validate,
    has_generation=True,
    validate_status=status_check(("fullyLabeledReplicas", "readyReplicas", "availableReplicas")),
    has_open_status=True,
    orphans_dependents=True,
    warn=warn_of_template("spec", "template"),
)
