"""Checking a policy's expressions against the kinds that it names: what could never work is said in its status.

Wildcards are not resolved, and only the first kinds are looked at: the check is help, not a condition.

Source: https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/#type-checking
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from bouvier.kinds import definitions
from bouvier.kinds.admissionregistration_v1.expressions import Scope, compile_in
from bouvier.kinds.kind import Kind
from bouvier.kinds.rules import declared
from bouvier.meta.cel.errors import CompileError
from bouvier.meta.cel.types import BOOL, DOUBLE, DYN, INT, STRING, Type, list_of, map_of
from bouvier.meta.objects import Obj

MOST_KINDS = 10
"""Kinds that a policy is checked against. Source: Kubernetes' `maxTypesToCheck`."""
_DEEPEST = 10
"""Levels of a schema; below them, as in schemas that contain themselves, anything goes."""
_SCALARS = {"boolean": BOOL, "integer": INT, "number": DOUBLE, "string": STRING}
_OPAQUE = (definitions.QUANTITY, definitions.INT_OR_STRING)

Find = Callable[[str, str, str], Kind | None]
"""From group, version and plural to the kind that is served."""


def expression_warnings(policy: Obj, find: Find) -> list[Obj]:
    """Return what is wrong with the expressions of a policy, for each of its kinds."""
    kinds = list(_kinds(policy["spec"], find))
    found = []
    for path, text, has_authorizer in _expressions(policy["spec"]):
        lines = [
            f"{_name(kind)}: {problem}" for kind in kinds if (problem := _problem(policy, kind, text, has_authorizer))
        ]
        if lines:
            found.append({"fieldRef": path, "warning": "\n".join(lines)})
    return found


def _name(kind: Kind) -> str:
    return f"{kind.resource.api_version}, Kind={kind.resource.kind}"


def _expressions(spec: Mapping[str, Any]) -> Iterator[tuple[str, str, bool]]:
    for index, one in enumerate(spec.get("validations") or ()):
        yield f"spec.validations[{index}].expression", one["expression"], True
        if one.get("messageExpression"):
            yield f"spec.validations[{index}].messageExpression", one["messageExpression"], False
    for index, one in enumerate(spec.get("auditAnnotations") or ()):
        yield f"spec.auditAnnotations[{index}].valueExpression", one["valueExpression"], True


def _kinds(spec: Mapping[str, Any], find: Find) -> Iterator[Kind]:
    places = [
        (group, version, plural)
        for rule in (spec.get("matchConstraints") or {}).get("resourceRules") or ()
        for group in rule.get("apiGroups") or ()
        for version in rule.get("apiVersions") or ()
        for plural in rule.get("resources") or ()
        if "*" not in (group, version, plural) and "/" not in plural
    ]
    for place in sorted(set(places))[:MOST_KINDS]:
        kind = find(*place)
        if kind is not None:
            yield kind


def _problem(policy: Obj, kind: Kind, text: str, has_authorizer: bool) -> str:  # noqa: FBT001
    spec, typed = policy["spec"], type_of_kind(kind)
    scope = Scope(bool(spec.get("paramKind")), has_authorizer, (), typed)
    for variable in spec.get("variables") or ():
        try:
            found = compile_in(scope, variable["expression"]).result
        except CompileError:
            found = DYN
        scope = scope.with_variable(variable["name"], found)
    try:
        compile_in(scope, text)
    except CompileError as error:
        return str(error)
    return ""


def type_of_kind(kind: Kind) -> Type:
    """Return the type of a kind's objects."""
    if kind.definition:
        return _native(kind.definition)
    return declared.type_of(kind.schema, is_root=True) or DYN if kind.schema is not None else DYN


@lru_cache(maxsize=128)
def _native(name: str) -> Type:
    return _place({"$ref": f"#/$defs/{name}"}, name, 0)


def _place(schema: Mapping[str, Any], path: str, depth: int) -> Type:
    if depth > _DEEPEST or definitions.reference_of(schema) in _OPAQUE:
        return DYN
    schema = definitions.resolved(schema)
    kind = definitions.type_of(schema)
    if kind in _SCALARS:
        return DYN if schema.get("format") == "date-time" else _SCALARS[kind]
    if kind == "array":
        return list_of(_place(schema.get("items") or {}, f"{path}.@idx", depth + 1))
    values, properties = schema.get("additionalProperties"), schema.get("properties")
    if isinstance(values, Mapping) and not properties:
        return map_of(STRING, _place(values, f"{path}.@elem", depth + 1))
    if not properties:
        return DYN
    fields = {key: _place(child, f"{path}.{key}", depth + 1) for key, child in properties.items()}
    escaped = {declared.escaped(key) or key: key for key in fields}
    real = {shown: key for shown, key in escaped.items() if shown != key}
    return Type("object", name=path, fields={shown: fields[key] for shown, key in escaped.items()}, real_names=real)
