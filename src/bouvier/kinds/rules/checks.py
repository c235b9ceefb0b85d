"""Judging the rules of a definition before it is stored: they must compile, be well-formed, and not cost too much.

Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#resource-use-by-validation-functions
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bouvier.kinds import fields
from bouvier.kinds.fields import Errors
from bouvier.kinds.findings import show
from bouvier.kinds.rules.compiled import RULES, compile_rule, has_rules
from bouvier.kinds.rules.declared import Schema, most_entries, type_of
from bouvier.meta.cel.errors import CompileError
from bouvier.meta.cel.estimation import UNBOUNDED, most_expensive
from bouvier.meta.cel.program import Program
from bouvier.meta.cel.types import Type
from bouvier.meta.errors import FieldError, forbidden_field, required

RULE_LIMIT = 10_000_000
"""Estimated cost of one rule. Source: Kubernetes' `StaticEstimatedCostLimit`."""
SCHEMA_LIMIT = 100_000_000
"""Estimated cost of all rules of a schema. Source: Kubernetes' `StaticEstimatedCRDCostLimit`."""
LONGEST_MESSAGE = 2048
_REASONS = ("FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired")
_LIFT = (
    "(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are"
    " declared)"
)
_STEP = re.compile(r"\.(?P<name>[^.\[\]]+)|\['(?P<quoted>(?:[^'\\]|\\.)+)'\]")


class _Expense(NamedTuple):
    path: str
    cost: int


@dataclass(slots=True)
class _Scope:
    """Where the walk through the schema is."""

    expenses: list[_Expense] = field(default_factory=list)
    times: int = 1
    """How often the rules of this place run for one object at most."""
    uncorrelatable: str = ""
    """The part around this place whose old elements cannot be found again, empty for none."""

    def below(self, times: int, uncorrelatable: str = "") -> _Scope:
        """Return the scope of a part that occurs so many times in this one."""
        return _Scope(self.expenses, min(UNBOUNDED, self.times * times), self.uncorrelatable or uncorrelatable)


def check_schema_rules(path: str, schema: Schema) -> Errors:
    """Check every rule of a schema."""
    if not has_rules(schema):
        return
    scope = _Scope()
    yield from _place(path, schema, type_of(schema, is_root=True), scope)
    total = sum(expense.cost for expense in scope.expenses)
    if total <= SCHEMA_LIMIT:
        return
    for expense in sorted(scope.expenses, key=lambda one: -one.cost)[:4]:
        if expense.cost > SCHEMA_LIMIT // 100:
            detail = "contributed to estimated rule & messageExpression cost total exceeding cost limit for entire OpenAPIv3 schema"
            yield forbidden_field(expense.path, detail)
    name = "x-kubernetes-validations estimated rule & messageExpression cost total for entire OpenAPIv3 schema"
    yield forbidden_field(path, _too_expensive(name, total, SCHEMA_LIMIT))


def _place(path: str, schema: Schema, declared: Type | None, scope: _Scope) -> Errors:
    if declared is None or not has_rules(schema):
        if schema.get(RULES):
            yield forbidden_field(f"{path}.{RULES}", "rules are not supported where the type of the value is not known")
        return
    for index, rule in enumerate(schema.get(RULES) or ()):
        yield from _rule(f"{path}.{RULES}[{index}]", rule, schema, declared, scope)
    is_atomic = schema.get("x-kubernetes-map-type") == "atomic"
    inner = scope.below(1, path if is_atomic else "")
    for name, child in (schema.get("properties") or {}).items():
        yield from _place(f"{path}.properties[{name}]", child, type_of(child, f"{declared}.{name}"), inner)
    items, values = schema.get("items"), schema.get("additionalProperties")
    if isinstance(items, Mapping):
        is_keyed = schema.get("x-kubernetes-list-type") == "map"
        inner = scope.below(max(0, declared.max_size), "" if is_keyed else path)
        yield from _place(f"{path}.items", items, type_of(items, f"{declared}.@idx"), inner)
    if isinstance(values, Mapping):
        inner = scope.below(most_entries(schema, values), path if is_atomic else "")
        yield from _place(f"{path}.additionalProperties", values, type_of(values, f"{declared}.@elem"), inner)


def _rule(path: str, given: Mapping[str, Any], schema: Schema, declared: Type, scope: _Scope) -> Errors:
    yield from _texts(path, given)
    if not str(given.get("rule") or "").strip():
        yield required(f"{path}.rule", "rule is not specified")
        return
    yield from fields.optional_one_of(f"{path}.reason", given.get("reason"), _REASONS)
    if given.get("fieldPath") and not _is_field(str(given["fieldPath"]), schema):
        yield fields.invalid(
            f"{path}.fieldPath", given["fieldPath"], "fieldPath must be a valid path: does not refer to a valid field"
        )
    yield from _compiled(path, given, declared, scope)


def _texts(path: str, given: Mapping[str, Any]) -> Errors:
    message = given.get("message")
    if message is not None and not message.strip() and message:
        yield fields.invalid(f"{path}.message", message, "message must be non-empty if specified")
    elif message and "\n" in message.strip():
        yield fields.invalid(f"{path}.message", message, "message must not contain line breaks")
    elif message and len(message) > LONGEST_MESSAGE:
        yield fields.too_long(f"{path}.message", LONGEST_MESSAGE)
    elif not message and "\n" in str(given.get("rule") or "").strip():
        yield required(f"{path}.message", "message must be specified if rule contains line breaks")
    expression = given.get("messageExpression")
    if expression and not expression.strip():
        yield required(f"{path}.messageExpression", "must be non-empty if specified")


def _compiled(path: str, given: Mapping[str, Any], declared: Type, scope: _Scope) -> Errors:
    try:
        rule = compile_rule({**given, "messageExpression": ""}, declared)
    except CompileError as error:
        yield _not_compiled(f"{path}.rule", given, error)
        return
    if rule.program.result.kind not in ("bool", "dyn"):
        yield FieldError("FieldValueInvalid", f"{path}.rule", f"Invalid value: {_go(given)}: must evaluate to a bool")
    if rule.uses_old and scope.uncorrelatable and not rule.is_optional_old:
        detail = f"oldSelf cannot be used on the uncorrelatable portion of the schema within {scope.uncorrelatable}"
        yield fields.invalid(f"{path}.rule", given["rule"], detail)
    if given.get("optionalOldSelf") is not None and not rule.uses_old:
        detail = "may not be set if oldSelf is not used in rule"
        yield fields.invalid(f"{path}.optionalOldSelf", given["optionalOldSelf"], detail)
    yield from _priced(f"{path}.rule", "estimated rule cost", rule.program, scope)
    if given.get("messageExpression"):
        yield from _message(path, given, declared, scope)


def _message(path: str, given: Mapping[str, Any], declared: Type, scope: _Scope) -> Errors:
    place = f"{path}.messageExpression"
    try:
        rule = compile_rule({**given, "rule": given["messageExpression"], "messageExpression": ""}, declared)
    except CompileError as error:
        yield _not_compiled(place, given, error)
        return
    if rule.program.result.kind not in ("string", "dyn"):
        detail = f"Invalid value: {_go(given)}: messageExpression must evaluate to a string"
        yield FieldError("FieldValueInvalid", place, detail)
    yield from _priced(place, "estimated messageExpression cost", rule.program, scope)


def _not_compiled(path: str, given: Mapping[str, Any], error: CompileError) -> FieldError:
    detail = f"Invalid value: {_go(given)}: compilation failed: {error}"
    return FieldError("FieldValueInvalid", path, detail)


def _priced(path: str, name: str, program: Program, scope: _Scope) -> Errors:
    cost = min(UNBOUNDED, most_expensive(program.tree) * scope.times)
    scope.expenses.append(_Expense(path, cost))
    if cost > RULE_LIMIT:
        yield forbidden_field(path, _too_expensive(name, cost, RULE_LIMIT))


def _too_expensive(name: str, cost: int, limit: int) -> str:
    factor = cost / limit
    shown = "more than 100x" if factor > 100 else f"{factor:.6f}x" if factor < 1.5 else f"{factor:.1f}x"
    return f"{name} exceeds budget by factor of {shown} {_LIFT}"


def _is_field(path: str, schema: Schema) -> bool:
    """Tell whether a JSON path of names leads to a field of the schema."""
    at = 0
    while at < len(path):
        match = _STEP.match(path, at)
        if match is None:
            return False
        name = match["name"] or match["quoted"].replace("\\'", "'")
        values = schema.get("additionalProperties")
        following = (schema.get("properties") or {}).get(name, values if isinstance(values, Mapping) else None)
        if following is None:
            return False
        schema, at = following, match.end()
    return at > 0


def _go(given: Mapping[str, Any]) -> str:
    """Return a rule as messages show it: as its Go structure is printed."""
    reason = given.get("reason")
    shown = f"(*apiextensions.FieldValueErrorReason)({'0x0' if reason else 'nil'})"
    optional = f"(*bool)({'nil' if given.get('optionalOldSelf') is None else '0x0'})"
    texts = {name: show(given.get(key) or "") for name, key in (("Rule", "rule"), ("Message", "message"))}
    return (
        f"apiextensions.ValidationRule{{Rule:{texts['Rule']}, Message:{texts['Message']},"
        f" MessageExpression:{show(given.get('messageExpression') or '')}, Reason:{shown},"
        f" FieldPath:{show(given.get('fieldPath') or '')}, OptionalOldSelf:{optional}}}"
    )
