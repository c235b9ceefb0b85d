"""The rules of a schema, compiled, in a tree of the places that have some at or below them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bouvier.kinds.rules.declared import Converter, Schema, converter_of, type_of
from bouvier.meta.cel.program import Environment, Program
from bouvier.meta.cel.types import Type, optional_of

RULES = "x-kubernetes-validations"


@dataclass(slots=True)
class Rule:
    """One rule."""

    given: Mapping[str, Any]
    program: Program
    message: Program | None
    uses_old: bool
    is_optional_old: bool

    @property
    def text(self) -> str:
        """Return what messages call the rule."""
        return str(self.given.get("message") or self.given["rule"]).strip()


@dataclass(slots=True)
class Place:
    """A place in the schema, with rules at or below it."""

    type_name: str
    """`object`, `array`, `string`, … as messages show the value."""
    rules: list[Rule] = field(default_factory=list)
    convert: Converter | None = None
    properties: dict[str, Place] = field(default_factory=dict)
    values: Place | None = None
    items: Place | None = None
    is_correlatable: bool = True
    """Whether parts of an old value belong to parts of a new one: not in atomic maps, and of lists only by key."""
    keys: tuple[str, ...] = ()
    """What identifies the elements of a list of type map."""


def has_rules(schema: Schema) -> bool:
    """Tell whether there is a rule anywhere in a schema."""
    if schema.get(RULES):
        return True
    children = list((schema.get("properties") or {}).values())
    children += [schema[key] for key in ("items", "additionalProperties") if isinstance(schema.get(key), Mapping)]
    return any(has_rules(child) for child in children)


def place_of(schema: Schema, *, is_root: bool = True) -> Place | None:
    """Return the compiled rules of a schema that was accepted before, None when it has none.

    Raises:
        CompileError: a rule does not compile.

    """
    return _place(schema, type_of(schema, is_root=is_root)) if has_rules(schema) else None


def _place(schema: Schema, declared: Type | None) -> Place | None:
    if declared is None or not has_rules(schema):
        return None
    keys = tuple(schema.get("x-kubernetes-list-map-keys") or ())
    is_list = schema.get("type") == "array"
    place = Place(
        "" if schema.get("x-kubernetes-int-or-string") else str(schema.get("type") or ""),
        [compile_rule(rule, declared) for rule in schema.get(RULES) or ()],
        converter_of(schema),
        is_correlatable=bool(keys) if is_list else schema.get("x-kubernetes-map-type") != "atomic",
        keys=keys,
    )
    for name, child in (schema.get("properties") or {}).items():
        inner = _place(child, type_of(child, f"{declared}.{name}"))
        if inner is not None:
            place.properties[name] = inner
    if isinstance(schema.get("items"), Mapping):
        place.items = _place(schema["items"], type_of(schema["items"], f"{declared}.@idx"))
    if isinstance(schema.get("additionalProperties"), Mapping):
        inner_schema = schema["additionalProperties"]
        place.values = _place(inner_schema, type_of(inner_schema, f"{declared}.@elem"))
    return place


def compile_rule(given: Mapping[str, Any], declared: Type) -> Rule:
    """Compile one rule for values of a type. Raises: CompileError."""
    is_optional = bool(given.get("optionalOldSelf"))
    environment = environment_of(declared, is_optional_old=is_optional)
    program = environment.compile(given["rule"])
    text = given.get("messageExpression")
    message = environment.compile(text) if text else None
    return Rule(given, program, message, "oldSelf" in program.names(), is_optional)


def environment_of(declared: Type, *, is_optional_old: bool) -> Environment:
    """Return what the rules of a place may name: `self`, and `oldSelf` as it was before."""
    return Environment({"self": declared, "oldSelf": optional_of(declared) if is_optional_old else declared})
