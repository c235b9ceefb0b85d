"""Applying the rules of a kind to an object, and to the change from its old state.

A broken rule is an error, or only a warning where the value did not change (ratcheting). All rules of an object share
a budget; when it is used up nothing more is evaluated and the object is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from bouvier.kinds.custom import SchemaKey
from bouvier.kinds.fields import invalid
from bouvier.kinds.kind import Kind
from bouvier.kinds.rules.compiled import Place, Rule, place_of
from bouvier.meta.cel.errors import CostLimitError, EvaluationError
from bouvier.meta.cel.program import PER_CALL_LIMIT
from bouvier.meta.cel.values import NONE, Optional
from bouvier.meta.errors import FieldError, duplicate, forbidden_field, required
from bouvier.meta.objects import Obj

OBJECT_BUDGET = 10_000_000
"""Cost of all rules of one object together. Source: Kubernetes' `RuntimeCELCostBudget`."""
LONGEST_MESSAGE = 5 * 1024
"""Bytes of an evaluated message. Source: Kubernetes' `MaxEvaluatedMessageExpressionSizeBytes`."""
_MISSING = object()


@dataclass(slots=True)
class RuleFindings:
    """What the rules say."""

    errors: list[FieldError] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def check_rules(kind: Kind, obj: Obj, old: Obj | None) -> RuleFindings:
    """Return what the kind's rules find in an object; `old` is its state before an update."""
    findings = RuleFindings()
    place = None if kind.schema is None else _root(SchemaKey(kind.schema))
    if place is None:
        return findings
    evaluation = _Evaluation(findings)
    with suppress(_StopError):
        evaluation.visit(place, "", obj, _MISSING if old is None else old, is_same=False)
    return findings


@lru_cache(maxsize=512)
def _root(held: SchemaKey) -> Place | None:
    return place_of(held.schema)


class _StopError(Exception):
    """Nothing more is evaluated."""


class _Evaluation:
    def __init__(self, findings: RuleFindings) -> None:
        self._findings = findings
        self._left = OBJECT_BUDGET

    def visit(self, place: Place, path: str, value: Any, old: Any, *, is_same: bool) -> None:
        """Evaluate the rules at a place and below; `is_same` says that a part around it did not change."""
        if value is None:
            return
        is_same = is_same if old is _MISSING else value == old
        if place.rules:
            self._rules(place, path, value, None if old is _MISSING else old, is_same=is_same)
        for inner, name, child, before in _children(place, path, value, old):
            self.visit(inner, name, child, before, is_same=is_same)

    def _rules(self, place: Place, path: str, value: Any, old: Any, *, is_same: bool) -> None:
        convert = place.convert
        bindings = {"self": value if convert is None else convert(value)}
        before = old if convert is None or old is None else convert(old)
        for rule in place.rules:
            if rule.uses_old and old is None and not rule.is_optional_old:
                continue
            if rule.is_optional_old:
                bindings["oldSelf"] = NONE if old is None else Optional(before)
            elif old is not None:
                bindings["oldSelf"] = before
            if not self._holds(place, path, rule, bindings):
                self._broken(place, path, rule, bindings, is_same=is_same)

    def _holds(self, place: Place, path: str, rule: Rule, bindings: dict[str, Any]) -> bool:
        """Evaluate a rule; what goes wrong with it is noted, and is not its being broken."""
        try:
            value, cost = rule.program.evaluate(bindings, PER_CALL_LIMIT)
        except CostLimitError as error:
            shown = f"'{error}': no further validation rules will be run due to call cost exceeds limit for rule: "
            self._note(path, place, shown + rule.text)
            raise _StopError from error
        except EvaluationError as error:
            self._spend(error.cost, path, place)
            if str(error) == "no such overload":
                shown = f"'{error}': call arguments did not match a supported operator, function or macro signature"
                self._note(path, place, f"{shown} for rule: {rule.text}")
            else:
                self._note(path, place, f"{error} evaluating rule: {rule.text}")
            return True
        self._spend(cost, path, place)
        return value is True

    def _spend(self, cost: int, path: str, place: Place) -> None:
        self._left -= cost
        if self._left < 0:
            detail = "validation failed due to running out of cost budget, no further validation rules will be run"
            self._note(path, place, detail)
            raise _StopError

    def _note(self, path: str, place: Place, detail: str) -> None:
        self._findings.errors.append(invalid(path or "<nil>", place.type_name, detail))

    def _broken(self, place: Place, path: str, rule: Rule, bindings: dict[str, Any], *, is_same: bool) -> None:
        detail = self._message(path, place, rule, bindings)
        if not detail:
            given = rule.given.get("message")
            detail = str(given).strip() if given else f"failed rule: {rule.text}"
        where = f"{path}{rule.given.get('fieldPath') or ''}".removeprefix(".") or "<nil>"
        error = _worded(rule.given.get("reason"), where, place.type_name, detail)
        if is_same and not rule.uses_old:
            self._findings.warnings.append(str(error))
        else:
            self._findings.errors.append(error)

    def _message(self, path: str, place: Place, rule: Rule, bindings: dict[str, Any]) -> str:
        """Return the evaluated message, empty when it is unusable."""
        if rule.message is None:
            return ""
        try:
            value, cost = rule.message.evaluate(bindings, PER_CALL_LIMIT)
        except CostLimitError as error:
            text = rule.given["messageExpression"]
            shown = "no further validation rules will be run due to call cost exceeds limit for messageExpression: "
            self._note(path, place, f'{shown}"{text}"')
            raise _StopError from error
        except EvaluationError as error:
            self._spend(error.cost, path, place)
            return ""
        self._spend(cost, path, place)
        message = value.strip() if isinstance(value, str) else ""
        return "" if "\n" in message or len(message.encode()) > LONGEST_MESSAGE else message


def _worded(reason: Any, path: str, shown: str, detail: str) -> FieldError:
    if reason == "FieldValueForbidden":
        return forbidden_field(path, detail)
    if reason == "FieldValueRequired":
        return required(path, detail)
    return duplicate(path, shown) if reason == "FieldValueDuplicate" else invalid(path, shown, detail)


def _children(place: Place, path: str, value: Any, old: Any) -> Iterator[tuple[Place, str, Any, Any]]:
    """Return the parts of a value that have rules, each with its path and its old value."""
    if isinstance(value, dict):
        before = old if isinstance(old, dict) and place.is_correlatable else {}
        if place.values is not None:
            for key, inner in value.items():
                yield place.values, f"{path}[{key}]", inner, before.get(key, _MISSING)
        for name, child in place.properties.items():
            if name in value:
                yield child, f"{path}.{name}" if path else name, value[name], before.get(name, _MISSING)
    elif isinstance(value, list) and place.items is not None:
        known = _by_key(place, old)
        for index, inner in enumerate(value):
            yield place.items, f"{path}[{index}]", inner, known.get(_key(place, inner), _MISSING)


def _by_key(place: Place, old: Any) -> dict[Any, Any]:
    if not place.keys or not isinstance(old, list):
        return {}
    return {_key(place, item): item for item in old}


def _key(place: Place, item: Any) -> Any:
    return tuple(str(item.get(key)) for key in place.keys) if isinstance(item, dict) and place.keys else None
