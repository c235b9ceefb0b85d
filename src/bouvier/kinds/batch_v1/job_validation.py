"""Validation of a Job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bouvier.kinds import fields, names
from bouvier.kinds.batch_v1.policies import failure_policy, success_policy
from bouvier.kinds.fields import Errors
from bouvier.kinds.podspec.templates import spec_of
from bouvier.kinds.podspec.updates import differences
from bouvier.kinds.podspec.validation import validate_template
from bouvier.meta.errors import FieldError, required
from bouvier.meta.objects import Obj
from bouvier.meta.selectors import from_object

_MODES = ("Indexed", "NonIndexed")
_REPLACEMENT = ("Failed", "TerminatingOrFailed")
_MAX_MANAGER = 63
_MAX_INDEXED_PARALLELISM = 100_000
_NON_NEGATIVE = (
    "parallelism",
    "completions",
    "activeDeadlineSeconds",
    "backoffLimit",
    "ttlSecondsAfterFinished",
    "backoffLimitPerIndex",
    "maxFailedIndexes",
)
_FIXED = ("selector", "completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy")


def validate(obj: Obj) -> list[FieldError]:
    """Check the spec."""
    return list(validate_job_spec("spec", spec_of(obj)))


def validate_job_spec(path: str, spec: Mapping[str, Any]) -> Errors:
    """Check a `batch/v1.JobSpec`; a missing selector is generated when the job is stored."""
    for field in _NON_NEGATIVE:
        yield from fields.non_negative(f"{path}.{field}", spec.get(field))
    yield from fields.label_selector(f"{path}.selector", spec.get("selector"))
    yield from _completion(path, spec)
    yield from failure_policy(f"{path}.podFailurePolicy", spec)
    yield from success_policy(f"{path}.successPolicy", spec)
    manager = spec.get("managedBy")
    if manager is not None:
        yield from _manager(f"{path}.managedBy", manager)
    policy = spec.get("podReplacementPolicy")
    choices = _REPLACEMENT[:1] if spec.get("podFailurePolicy") else _REPLACEMENT
    yield from fields.optional_one_of(f"{path}.podReplacementPolicy", policy, choices)
    yield from validate_template(f"{path}.template", spec.get("template"))
    yield from _template_rules(path, spec)


def _completion(path: str, spec: Mapping[str, Any]) -> Errors:
    mode = spec.get("completionMode")
    yield from fields.optional_one_of(f"{path}.completionMode", mode, _MODES)
    if mode != "Indexed":
        if spec.get("backoffLimitPerIndex") is not None:
            detail = "requires indexed completion mode"
            yield fields.invalid(f"{path}.backoffLimitPerIndex", spec["backoffLimitPerIndex"], detail)
        if spec.get("maxFailedIndexes") is not None:
            yield fields.invalid(
                f"{path}.maxFailedIndexes", spec["maxFailedIndexes"], "requires indexed completion mode"
            )
        return
    if spec.get("maxFailedIndexes") is not None and spec.get("backoffLimitPerIndex") is None:
        yield required(f"{path}.backoffLimitPerIndex", "when maxFailedIndexes is specified")
    if spec.get("completions") is None:
        yield required(f"{path}.completions", "when completion mode is Indexed")
    parallelism = spec.get("parallelism")
    if parallelism is not None and parallelism > _MAX_INDEXED_PARALLELISM:
        detail = f"must be less than or equal to {_MAX_INDEXED_PARALLELISM} when completion mode is Indexed"
        yield fields.invalid(f"{path}.parallelism", parallelism, detail)


def _manager(path: str, name: str) -> Errors:
    domain, slash, rest = name.partition("/")
    if not domain or not slash or not rest:
        yield fields.invalid(path, name, 'must be a domain-prefixed path (such as "acme.io/foo")')
        return
    yield from fields.each(path, domain, names.subdomain)
    if len(name) > _MAX_MANAGER:
        yield fields.too_long(path, _MAX_MANAGER)


def _template_rules(path: str, spec: Mapping[str, Any]) -> Errors:
    template = spec.get("template") or {}
    restart = (template.get("spec") or {}).get("restartPolicy")
    place = f"{path}.template.spec.restartPolicy"
    if restart == "Always":
        yield required(place, 'valid values: "OnFailure", "Never"')
    labels = (template.get("metadata") or {}).get("labels") or {}
    selector = spec.get("selector")
    if not selector:
        return
    try:
        is_matched = from_object(selector).matches(labels)
    except ValueError:
        return
    if not is_matched:
        detail = "`selector` does not match template `labels`"
        yield fields.invalid(f"{path}.template.metadata.labels", labels, detail)


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse to change what the running pods were made from."""
    return list(_update_errors(spec_of(new), spec_of(old), old))


def _update_errors(new: Mapping[str, Any], old: Mapping[str, Any], job: Obj) -> Errors:
    is_elastic = new.get("completionMode") == "Indexed" and new.get("completions") == new.get("parallelism")
    if not is_elastic:
        yield from fields.immutable("spec.completions", new.get("completions"), old.get("completions"))
    for field in _FIXED[:1]:
        yield from fields.immutable(f"spec.{field}", new.get(field), old.get(field))
    if not _may_change_placement(job, old) and differences("", old.get("template"), new.get("template")):
        yield fields.invalid("spec.template", new.get("template"), fields.IMMUTABLE)
    for field in _FIXED[1:]:
        yield from fields.immutable(f"spec.{field}", new.get(field), old.get(field))


def _may_change_placement(job: Obj, spec: Mapping[str, Any]) -> bool:
    """Tell whether the job is suspended and never started: then its template may still be moved elsewhere."""
    return bool(spec.get("suspend")) and not (job.get("status") or {}).get("startTime")
