"""ReplicaSet: keeps a number of pods of one template."""

from __future__ import annotations

from bouvier.kinds import fields
from bouvier.kinds.apps_v1.counts import status_check
from bouvier.kinds.columns import AGE, NAME, SELECTOR_COLUMN, TEMPLATE_COLUMNS, at, number
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.kinds.podspec.templates import default_template, spec_of, validate_selector
from bouvier.kinds.podspec.validation import validate_workload_template
from bouvier.kinds.podspec.warnings import warn_of_template
from bouvier.kinds.subresources import with_status_and_scale
from bouvier.meta.errors import FieldError
from bouvier.meta.objects import Obj
from bouvier.meta.resources import REPLICASETS


def default(obj: Obj) -> None:
    """Fill the defaults of the spec and of its template."""
    spec = obj.setdefault("spec", {})
    default_template(spec)
    spec.setdefault("replicas", 1)


def validate(obj: Obj) -> list[FieldError]:
    """Check the spec."""
    return list(_errors(obj))


def _errors(obj: Obj) -> Errors:
    spec = spec_of(obj)
    yield from fields.non_negative("spec.replicas", spec.get("replicas"))
    yield from fields.non_negative("spec.minReadySeconds", spec.get("minReadySeconds"))
    selector = spec.get("selector")
    yield from validate_selector("spec.selector", selector, "deployment")
    yield from validate_workload_template("spec.template", spec.get("template"), selector, "ReplicaSet")


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse to change the selector."""
    return list(fields.immutable("spec.selector", spec_of(new).get("selector"), spec_of(old).get("selector")))


def prepare(obj: Obj) -> None:
    """Give a new set its status, of which the number of replicas is always present."""
    obj.setdefault("status", {}).setdefault("replicas", 0)


KIND = Kind(
    resource=REPLICASETS,
    singular="replicaset",
    definition="io.k8s.api.apps.v1.ReplicaSet",
    short_names=("rs",),
    categories=("all",),
    subresources=with_status_and_scale(REPLICASETS),
    columns=(
        NAME,
        number("Desired", "spec", "replicas"),
        number("Current", "status", "replicas"),
        number("Ready", "status", "readyReplicas"),
        AGE,
        *TEMPLATE_COLUMNS,
        SELECTOR_COLUMN,
    ),
    selectable={"status.replicas": at("status", "replicas")},
    default=default,
    prepare=prepare,
    validate=validate,
    validate_update=validate_update,
    has_generation=True,
    validate_status=status_check(("fullyLabeledReplicas", "readyReplicas", "availableReplicas")),
    has_open_status=True,
    warn=warn_of_template("spec", "template"),
)
