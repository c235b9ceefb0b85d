"""Expressions that choose devices, and parameters for their drivers.

An expression names one variable, `device`, with `driver`, `attributes`, `capacity` and `allowMultipleAllocations`;
attributes and capacities are found by domain, then by name.

Source: https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import orjson

from bouvier.kinds import fields
from bouvier.kinds.fields import Errors
from bouvier.kinds.resource_v1.naming import Part, driver_name, each_of
from bouvier.meta.cel.errors import CompileError
from bouvier.meta.cel.estimation import most_expensive
from bouvier.meta.cel.library.quantities import QUANTITY
from bouvier.meta.cel.program import Environment
from bouvier.meta.cel.types import BOOL, Type, map_of
from bouvier.meta.errors import forbidden_field, required

MAX_SELECTORS = 32
MAX_EXPRESSION = 10 * 1024
MAX_COST = 1_000_000
MAX_PARAMETERS = 10 * 1024
_MAX_QUALITIES = 32
_IDENTIFIER, _DOMAIN, _DRIVER = (Type("string", max_size=size) for size in (32, 63, 63))
_VALUE = Type("dyn", max_size=64)
"""An attribute: text, a number, a truth or a version, never longer than this."""


def _by_domain(value: Type) -> Type:
    return map_of(_DOMAIN, map_of(_IDENTIFIER, value, _MAX_QUALITIES), _MAX_QUALITIES)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    device = Type(
        "object",
        name="kubernetes.DRADevice",
        fields={
            "driver": _DRIVER,
            "attributes": _by_domain(_VALUE),
            "capacity": _by_domain(QUANTITY),
            "allowMultipleAllocations": BOOL,
        },
    )
    return Environment({"device": device})


def selectors(path: str, given: Any) -> Errors:
    """Check a list of selectors."""
    yield from each_of(path, given, MAX_SELECTORS, _selector)


def _selector(path: str, selector: Part) -> Errors:
    if selector.get("cel") is None:
        yield required(f"{path}.cel")
    else:
        yield from _expression(f"{path}.cel.expression", selector["cel"].get("expression") or "")


def _expression(path: str, text: str) -> Errors:
    if len(text) > MAX_EXPRESSION:
        yield fields.too_long(path, MAX_EXPRESSION)
        return
    try:
        program = _environment().compile(text)
    except CompileError as error:
        yield fields.invalid(path, text, f"compilation failed: {error}")
        return
    if program.result.kind not in ("bool", "dyn"):
        detail = f"must evaluate to bool or the unknown type, not {program.result}"
        yield fields.invalid(path, text, detail)
    elif most_expensive(program.tree) > MAX_COST:
        yield forbidden_field(path, "too complex, exceeds cost limit")


def configuration(path: str, config: Part) -> Errors:
    """Check what a driver is told about its devices."""
    opaque = config.get("opaque")
    if opaque is None:
        yield required(f"{path}.opaque")
        return
    yield from driver_name(f"{path}.opaque.driver", opaque.get("driver"))
    yield from raw(f"{path}.opaque.parameters", opaque.get("parameters"), MAX_PARAMETERS)


def raw(path: str, value: Any, limit: int) -> Errors:
    """Check an object of a form that only its reader knows."""
    if value is None:
        yield required(path)
    elif not isinstance(value, dict):
        yield fields.invalid(path, "<value omitted>", "must be a valid JSON object")
    elif len(orjson.dumps(value)) > limit:
        yield fields.too_long(path, limit)
