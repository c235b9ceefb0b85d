"""ScalingSchedule: how large a workload is at which times of the day, week or year (`autoscaling.bouvier.io/v1`).

Each rule names times, as a CronJob does, and a size. The rule whose time came last holds until another one's comes.
"""

from __future__ import annotations

from bouvier.kinds import fields, names
from bouvier.kinds.batch_v1.cronjobs import is_time_zone
from bouvier.kinds.batch_v1.schedule import schedule_error
from bouvier.kinds.catalog_v1.schemas import CONDITIONS, FLAG, NUMBER, TEXT, described, listed, objects, root
from bouvier.kinds.columns import AGE, NAME, cell, text, value_at
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.kinds.subresources import with_status
from bouvier.meta.errors import FieldError, invalid, required
from bouvier.meta.gvk import Resource, split_api_version
from bouvier.meta.objects import Obj

RESOURCE = Resource("autoscaling.bouvier.io", "v1", "scalingschedules", "ScalingSchedule")
SCALABLE = {
    ("apps", "Deployment"),
    ("apps", "ReplicaSet"),
    ("apps", "StatefulSet"),
    ("", "ReplicationController"),
}
_TARGET = objects({"apiVersion": described(TEXT, "apps/v1 when absent."), "kind": TEXT, "name": TEXT}, "kind", "name")
_RULE = {
    "name": described(TEXT, "What explanations call it, such as day."),
    "schedule": described(TEXT, 'From when on it holds, such as "0 8 * * 1-5".'),
    "replicas": described(NUMBER, "Exactly so many; with a HorizontalPodAutoscaler both of its bounds."),
    "minReplicas": described(NUMBER, "At least so many: the autoscaler's bound, or the least size without one."),
    "maxReplicas": described(NUMBER, "At most so many."),
}
_SPEC = objects(
    {
        "scaleTargetRef": described(_TARGET, "The workload; its HorizontalPodAutoscaler is found by itself."),
        "timeZone": described(TEXT, "Such as Europe/Paris; UTC when absent."),
        "rules": listed(_RULE, "name", "schedule"),
        "suspend": described(FLAG, "Leave the size alone for now."),
    },
    "scaleTargetRef",
    "rules",
)
_APPLIED = objects(
    {"rule": TEXT, "since": TEXT, "kind": TEXT, "name": TEXT, "uid": TEXT, "generation": NUMBER, "change": TEXT}, "rule"
)
_STATUS = objects(
    {
        "observedGeneration": NUMBER,
        "rule": described(TEXT, "The rule that holds."),
        "since": TEXT,
        "nextRule": TEXT,
        "nextTime": TEXT,
        "applied": described(
            _APPLIED, "What was set last; it is set once, so a size changed by hand stays until then."
        ),
        "conditions": CONDITIONS,
    }
)


def _default(obj: Obj) -> None:
    target = (obj.get("spec") or {}).get("scaleTargetRef")
    if isinstance(target, dict):
        target.setdefault("apiVersion", "apps/v1")


def _validate(obj: Obj) -> list[FieldError]:
    spec = obj.get("spec") or {}
    return [*_target_errors(spec.get("scaleTargetRef") or {}), *_zone_errors(spec), *_rules_errors(spec.get("rules"))]


def _target_errors(target: Obj) -> Errors:
    group = split_api_version(target.get("apiVersion") or "apps/v1")[0]
    if not target.get("name"):
        yield required("spec.scaleTargetRef.name")
    if (group, target.get("kind", "")) not in SCALABLE:
        choices = sorted(kind for _, kind in SCALABLE)
        yield fields.unsupported("spec.scaleTargetRef.kind", target.get("kind", ""), choices)


def _zone_errors(spec: Obj) -> Errors:
    zone = spec.get("timeZone")
    if zone and not is_time_zone(zone):
        yield invalid("spec.timeZone", zone, "unknown time zone: name one such as Europe/Paris")


def _rules_errors(rules: list[Obj] | None) -> Errors:
    if not rules:
        yield required("spec.rules", "at least one rule says when and how large")
    for index, rule in enumerate(rules or ()):
        path = f"spec.rules[{index}]"
        yield from fields.named(f"{path}.name", rule.get("name"), names.label)
        yield from _time_errors(f"{path}.schedule", rule.get("schedule", ""))
        yield from _size_errors(path, rule)
    yield from fields.unique("spec.rules", [rule.get("name") for rule in rules or ()], "name")


def _time_errors(path: str, schedule: str) -> Errors:
    if schedule.startswith("@every"):
        yield invalid(path, schedule, "names no time of day: use five fields such as 0 8 * * 1-5")
    elif problem := schedule_error(schedule):
        yield invalid(path, schedule, problem)


def _size_errors(path: str, rule: Obj) -> Errors:
    least, most = rule.get("minReplicas"), rule.get("maxReplicas")
    has_bounds = least is not None or most is not None
    if ("replicas" in rule) == has_bounds:
        yield required(f"{path}.replicas", "name either replicas, or minReplicas and/or maxReplicas")
    yield from fields.non_negative(f"{path}.replicas", rule.get("replicas"))
    yield from fields.positive(f"{path}.minReplicas", least)
    yield from fields.positive(f"{path}.maxReplicas", most)
    if least is not None and most is not None and most < least:
        yield invalid(f"{path}.maxReplicas", most, f"must not be less than minReplicas ({least})")


def _target_text(obj: Obj) -> str:
    target = value_at(obj, ("spec", "scaleTargetRef")) or {}
    return f"{str(target.get('kind', '')).lower()}/{target.get('name', '')}"


KIND = Kind(
    resource=RESOURCE,
    singular="scalingschedule",
    definition="",
    columns=(
        NAME,
        cell("Target", _target_text),
        text("Rule", "status", "rule"),
        text("Since", "status", "since"),
        text("Next", "status", "nextRule"),
        text("At", "status", "nextTime"),
        AGE,
    ),
    subresources=with_status(RESOURCE),
    has_generation=True,
    default=_default,
    validate=_validate,
    schema=root(_SPEC, _STATUS),
)
