"""Build: one run of a BuildConfig. Its spec never changes; as in OpenShift it has no status subresource.

Phases: New → Pending → Running → Complete, Failed, Error or Cancelled. A final phase never changes.
"""

from __future__ import annotations

from collections.abc import Iterator

from bouvier.kinds import fields
from bouvier.kinds.build_v1 import shapes
from bouvier.kinds.build_v1.buildconfigs import origin_of, strategy_of
from bouvier.kinds.build_v1.shapes import ANY, FLAG, REFERENCE, TEXT, WHOLE, shape
from bouvier.kinds.columns import AGE, NAME, at, cell, value_at
from bouvier.kinds.kind import Kind, Subresource
from bouvier.meta.errors import FieldError, required
from bouvier.meta.objects import Obj
from bouvier.meta.resources import BUILDS
from bouvier.util.durations import human_duration

CONFIG_LABEL = "openshift.io/build-config.name"
NUMBER_ANNOTATION = "openshift.io/build.number"
CONFIG_ANNOTATION = "openshift.io/build-config.name"
POLICY_LABEL = "openshift.io/build.start-policy"
HOST_ANNOTATION = "build.bouvier.io/host"
"""Host whose builder runs the Build and keeps its log."""
FINAL = ("Complete", "Failed", "Error", "Cancelled")
PHASES = ("New", "Pending", "Running", *FINAL)

_CAUSES = {"type": "array", "items": ANY}
_SPEC = shape(**shapes.COMMON, triggeredBy=_CAUSES)
_STEP = shape(name=TEXT, startTime=TEXT, durationMilliseconds=WHOLE)
_STAGE = shape(name=TEXT, startTime=TEXT, durationMilliseconds=WHOLE, steps={"type": "array", "items": _STEP})
_STATUS = shape(
    phase=TEXT,
    cancelled=FLAG,
    reason=TEXT,
    message=TEXT,
    startTimestamp=TEXT,
    completionTimestamp=TEXT,
    duration=WHOLE,
    outputDockerImageReference=TEXT,
    config=REFERENCE,
    output=shape(to=shape(imageDigest=TEXT)),
    stages={"type": "array", "items": _STAGE},
    conditions={"type": "array", "items": ANY},
    logSnippet=TEXT,
)


def default(obj: Obj) -> None:
    """Fill the types."""
    if isinstance(obj.get("spec"), dict):
        shapes.fill_types(obj["spec"])


def prepare(obj: Obj) -> None:
    """Give a new Build its phase."""
    obj.setdefault("status", {}).setdefault("phase", "New")


def validate(obj: Obj) -> list[FieldError]:
    """Check the whole Build."""
    spec = obj.get("spec")
    if not isinstance(spec, dict):
        return [required("spec")]
    return [
        *shapes.common_errors(spec),
        *fields.one_of("status.phase", value_at(obj, ("status", "phase")), PHASES),
    ]


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Hold fast the spec (the builder adds the commit that it found) and a final phase."""
    return list(_changes(new, old))


def _changes(new: Obj, old: Obj) -> Iterator[FieldError]:
    before, after = old.get("spec") or {}, new.get("spec") or {}
    if {**before, "revision": None} != {**after, "revision": None}:
        yield fields.invalid("spec", "<content>", "spec is immutable")
    phase = phase_of(old)
    if phase in FINAL and phase_of(new) != phase:
        yield fields.invalid("status.phase", phase_of(new), f"phase cannot be updated from a terminal state: {phase}")


def phase_of(build: Obj) -> str:
    """Return the phase."""
    return str(value_at(build, ("status", "phase")) or "New")


def is_final(build: Obj) -> bool:
    """Tell whether a Build has ended."""
    return phase_of(build) in FINAL


def config_name(build: Obj) -> str:
    """Return the name of the BuildConfig, empty for a Build made by hand."""
    return str(value_at(build, ("status", "config", "name")) or "")


def build_number(build: Obj) -> int:
    """Return the number among the Builds of the same configuration."""
    text = (build["metadata"].get("annotations") or {}).get(NUMBER_ANNOTATION) or "0"
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _from(obj: Obj) -> str:
    commit = str(value_at(obj, ("spec", "revision", "git", "commit")) or "")
    return f"Git@{commit[:7]}" if commit else origin_of(obj)


def _state(obj: Obj) -> str:
    reason = value_at(obj, ("status", "reason"))
    return f"{phase_of(obj)} ({reason})" if reason else phase_of(obj)


def _duration(obj: Obj) -> str:
    nanoseconds = value_at(obj, ("status", "duration"))
    return human_duration(nanoseconds / 1e9) if nanoseconds else ""


KIND = Kind(
    resource=BUILDS,
    singular="build",
    definition="",
    categories=("all",),
    schema=shapes.document(_SPEC, _STATUS),
    subresources={
        "clone": Subresource("clone", "BuildRequest", BUILDS.group, "v1", ("create",)),
        "log": Subresource("log", "BuildLog", BUILDS.group, "v1", ("get",)),
    },
    default=default,
    prepare=prepare,
    validate=validate,
    validate_update=validate_update,
    selectable={"status": at("status", "phase"), "podName": lambda _obj: ""},
    columns=(
        NAME,
        cell("Type", strategy_of),
        cell("From", _from),
        cell("Status", _state),
        cell("Started", lambda obj: str(value_at(obj, ("status", "startTimestamp")) or "")),
        cell("Duration", _duration),
        AGE,
    ),
)
