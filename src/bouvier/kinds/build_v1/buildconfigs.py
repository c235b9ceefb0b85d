"""BuildConfig: how images are made of sources, and what starts that.

`status.lastVersion` is the number of the newest Build; it only grows, whoever writes the object.
"""

from __future__ import annotations

from collections.abc import Iterator

from bouvier.kinds import fields
from bouvier.kinds.build_v1 import shapes
from bouvier.kinds.build_v1.shapes import ANY, FLAG, REFERENCE, TEXT, TEXTS, WHOLE, shape
from bouvier.kinds.columns import AGE, NAME, cell, number, value_at
from bouvier.kinds.kind import Kind, Subresource
from bouvier.meta.errors import FieldError, forbidden_field, required
from bouvier.meta.objects import Obj
from bouvier.meta.resources import BUILDCONFIGS, BUILDS

RUN_POLICIES = ("Serial", "SerialLatestOnly", "Parallel")
HISTORY_LIMIT = 5
"""Finished Builds that are kept of each outcome, as OpenShift's new-app leaves them."""
_HOOKS = {"Generic": "generic", "GitHub": "github", "GitLab": "gitlab"}
TRIGGERS = (*_HOOKS, "ImageChange", "ConfigChange")

_HOOK = shape(secret=TEXT, secretReference=shape(name=TEXT), allowEnv=FLAG)
_TRIGGER = shape(
    type=TEXT,
    generic=_HOOK,
    github=_HOOK,
    gitlab=_HOOK,
    bitbucket=ANY,
    imageChange=shape(**{"from": REFERENCE}, lastTriggeredImageID=TEXT, paused=FLAG),
)
_SPEC = shape(
    **shapes.COMMON,
    triggers={"type": "array", "items": _TRIGGER},
    runPolicy=TEXT,
    successfulBuildsHistoryLimit=WHOLE,
    failedBuildsHistoryLimit=WHOLE,
)
_SEEN = shape(
    **{"from": shape(name=TEXT, namespace=TEXT)}, lastTriggeredImageID=TEXT, lastTriggerTime=TEXT, triggeredBy=TEXTS
)
_STATUS = shape(lastVersion=WHOLE, imageChangeTriggers={"type": "array", "items": _SEEN})


def default(obj: Obj) -> None:
    """Fill policy, history limits and types."""
    spec = obj.get("spec")
    if not isinstance(spec, dict):
        return
    shapes.fill_types(spec)
    spec.setdefault("runPolicy", "Serial")
    spec.setdefault("successfulBuildsHistoryLimit", HISTORY_LIMIT)
    spec.setdefault("failedBuildsHistoryLimit", HISTORY_LIMIT)


def prepare(obj: Obj) -> None:
    """Give a new configuration its count of Builds."""
    obj.setdefault("status", {}).setdefault("lastVersion", 0)


def prepare_update(new: Obj, old: Obj) -> None:
    """Keep the count of Builds from going back, whoever replaces the object."""
    before = value_at(old, ("status", "lastVersion")) or 0
    status = new.setdefault("status", dict(old.get("status") or {}))
    status["lastVersion"] = max(status.get("lastVersion") or 0, before)


def validate(obj: Obj) -> list[FieldError]:
    """Check the whole configuration."""
    spec = obj.get("spec")
    if not isinstance(spec, dict):
        return [required("spec")]
    return list(_errors(spec))


def _errors(spec: Obj) -> Iterator[FieldError]:
    yield from shapes.common_errors(spec)
    yield from fields.one_of("spec.runPolicy", spec.get("runPolicy"), RUN_POLICIES)
    for limit in ("successfulBuildsHistoryLimit", "failedBuildsHistoryLimit"):
        yield from fields.non_negative(f"spec.{limit}", spec.get(limit))
    for index, trigger in enumerate(spec.get("triggers") or ()):
        yield from _trigger_errors(f"spec.triggers[{index}]", trigger)


def _trigger_errors(path: str, trigger: Obj) -> Iterator[FieldError]:
    if trigger.get("type") == "Bitbucket":
        yield forbidden_field(f"{path}.type", "Bitbucket hooks are not there: use a Generic one")
        return
    yield from fields.one_of(f"{path}.type", trigger.get("type"), TRIGGERS)
    field = _HOOKS.get(str(trigger.get("type")))
    if field:
        hook = trigger.get(field)
        if not hook or not (hook.get("secret") or value_at(hook, ("secretReference", "name"))):
            yield required(f"{path}.{field}.secretReference.name")
        elif hook.get("allowEnv"):
            yield forbidden_field(f"{path}.{field}.allowEnv", "environment from hooks is not there")
    origin = value_at(trigger, ("imageChange", "from"))
    if origin:
        yield from fields.one_of(f"{path}.imageChange.from.kind", origin.get("kind"), ("ImageStreamTag",))


def strategy_of(obj: Obj) -> str:
    """Return the name of the strategy."""
    return str(value_at(obj, ("spec", "strategy", "type")) or "")


def origin_of(obj: Obj) -> str:
    """Return where the source comes from, as `oc get` shows it."""
    source = value_at(obj, ("spec", "source")) or {}
    kind = str(source.get("type") or "")
    ref = value_at(source, ("git", "ref"))
    return f"{kind}@{ref}" if kind == "Git" and ref else kind


_POST = ("create",)
KIND = Kind(
    resource=BUILDCONFIGS,
    singular="buildconfig",
    definition="",
    short_names=("bc",),
    categories=("all",),
    schema=shapes.document(_SPEC, _STATUS),
    subresources={
        "instantiate": Subresource("instantiate", "BuildRequest", BUILDS.group, "v1", _POST),
        "instantiatebinary": Subresource("instantiatebinary", "BinaryBuildRequestOptions", BUILDS.group, "v1", _POST),
        "webhooks": Subresource("webhooks", "Build", BUILDS.group, "v1", _POST),
    },
    has_generation=True,
    default=default,
    prepare=prepare,
    prepare_update=prepare_update,
    validate=validate,
    columns=(
        NAME,
        cell("Type", strategy_of),
        cell("From", origin_of),
        number("Latest", "status", "lastVersion"),
        AGE,
    ),
)
