"""When a Job has failed or succeeded before all of its pods have: rules on exit codes, conditions and indexes.

Source: Kubernetes, pkg/apis/batch/validation/validation.go
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bouvier.kinds import fields, names
from bouvier.kinds.fields import Errors
from bouvier.meta.errors import FieldError, duplicate, required

ACTIONS = ("Count", "FailIndex", "FailJob", "Ignore")
OPERATORS = ("In", "NotIn")
MAX_RULES, MAX_CODES, MAX_PATTERNS = 20, 255, 20

Part = Mapping[str, Any]


def failure_policy(path: str, spec: Part) -> Errors:
    """Check what the end of one pod means for the job."""
    policy = spec.get("podFailurePolicy")
    if not policy:
        return
    pod = (spec.get("template") or {}).get("spec") or {}
    if pod.get("restartPolicy") != "Never":
        place = path.replace("podFailurePolicy", "template.spec.restartPolicy")
        detail = 'only "Never" is supported when podFailurePolicy is specified'
        yield fields.invalid(place, pod.get("restartPolicy"), detail)
    rules = policy.get("rules") or []
    yield from _too_many(f"{path}.rules", rules, MAX_RULES)
    known = {one.get("name") for field in ("containers", "initContainers") for one in pod.get(field) or ()}
    for index, rule in enumerate(rules):
        yield from _rule(f"{path}.rules[{index}]", rule, spec, known)


def _rule(path: str, rule: Part, spec: Part, known: set[Any]) -> Errors:
    yield from fields.one_of(f"{path}.action", rule.get("action"), ACTIONS)
    if rule.get("action") == "FailIndex" and spec.get("backoffLimitPerIndex") is None:
        detail = "requires the backoffLimitPerIndex to be set"
        yield fields.invalid(f"{path}.action", rule["action"], detail)
    codes, conditions = rule.get("onExitCodes"), rule.get("onPodConditions") or []
    if codes is not None and conditions:
        yield fields.invalid(path, rule, "specifying both OnExitCodes and OnPodConditions is not supported")
    elif codes is None and not conditions:
        yield fields.invalid(path, rule, "specifying one of OnExitCodes and OnPodConditions is required")
    if codes is not None:
        yield from _codes(f"{path}.onExitCodes", codes, known)
    yield from _too_many(f"{path}.onPodConditions", conditions, MAX_PATTERNS)
    for index, condition in enumerate(conditions):
        place = f"{path}.onPodConditions[{index}]"
        yield from fields.each(f"{place}.type", condition.get("type") or "", names.qualified_name)
        yield from fields.one_of(f"{place}.status", condition.get("status"), ("False", "True", "Unknown"))


def _codes(path: str, codes: Part, known: set[Any]) -> Errors:
    operator, values = codes.get("operator"), codes.get("values") or []
    yield from fields.one_of(f"{path}.operator", operator, OPERATORS)
    name = codes.get("containerName")
    if name is not None and name not in known:
        detail = "must be one of the container or initContainer names in the pod template"
        yield fields.invalid(f"{path}.containerName", name, detail)
    if not values:
        yield fields.invalid(f"{path}.values", values, "at least one value is required")
    yield from _too_many(f"{path}.values", values, MAX_CODES)
    for index, value in enumerate(values):
        if operator == "In" and value == 0:
            yield fields.invalid(f"{path}.values[{index}]", value, "must not be 0 for the In operator")
        if value in values[:index]:
            yield duplicate(f"{path}.values[{index}]", value)
    if list(values) != sorted(values):
        yield fields.invalid(f"{path}.values", values, "must be ordered")


def success_policy(path: str, spec: Part) -> Errors:
    """Check when the job has succeeded although some of its indexes have not."""
    policy = spec.get("successPolicy")
    if policy is None:
        return
    if spec.get("completionMode") != "Indexed":
        yield fields.invalid(path, policy, "requires indexed completion mode")
        return
    rules = policy.get("rules") or []
    if not rules:
        yield required(f"{path}.rules", "at least one rules must be specified when the successPolicy is specified")
    yield from _too_many(f"{path}.rules", rules, MAX_RULES)
    for index, rule in enumerate(rules):
        yield from _success(f"{path}.rules[{index}]", rule, spec.get("completions") or 0)


def _success(path: str, rule: Part, completions: int) -> Errors:
    indexes, count = rule.get("succeededIndexes"), rule.get("succeededCount")
    if indexes is None and count is None:
        yield required(path, "at least one of succeededCount or succeededIndexes must be specified")
    total = completions
    if indexes is not None:
        total, wrong = _counted(indexes, completions)
        if wrong:
            detail = f"error parsing succeededIndexes: {wrong}"
            yield fields.invalid(f"{path}.succeededIndexes", indexes, detail)
            return
    if count is None:
        return
    yield from fields.non_negative(f"{path}.succeededCount", count)
    if count > completions:
        detail = f"must be less than or equal to {completions} (the number of specified completions)"
        yield fields.invalid(f"{path}.succeededCount", count, detail)
    if indexes is not None and count > total:
        detail = (
            f"must be less than or equal to {total} (the number of indexes in the specified succeededIndexes field)"
        )
        yield fields.invalid(f"{path}.succeededCount", count, detail)


def _counted(text: str, completions: int) -> tuple[int, str]:
    """Return how many indexes a text such as `1,3-5` names, and what is wrong with it."""
    total, last = 0, -1
    for part in text.split(",") if text else ():
        first, dash, end = part.partition("-")
        if not first.isdigit() or (dash and not end.isdigit()):
            return 0, f'cannot convert string to integer for index: "{part}"'
        low, high = int(first), int(end) if dash else int(first)
        if high >= completions:
            return 0, f'too large index: "{high}"'
        if low <= last or (dash and high <= low):
            return 0, f"non-increasing order, previous: {max(last, low)}, current: {low if low <= last else high}"
        total, last = total + high - low + 1, high
    return total, ""


def _too_many(path: str, values: Sequence[Any], limit: int) -> Errors:
    if len(values) > limit:
        yield FieldError("FieldValueTooMany", path, f"Too many: {len(values)}: must have at most {limit} items")
