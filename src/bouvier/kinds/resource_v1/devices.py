"""Devices of a ResourceSlice: what they are, what they consume, and which hosts can use them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from bouvier.kinds import fields, names
from bouvier.kinds.fields import Errors
from bouvier.kinds.podspec.placement import node_selector
from bouvier.kinds.resource_v1.capacity import shared, sole
from bouvier.kinds.resource_v1.naming import (
    Part,
    each_entry,
    each_of,
    each_once,
    label_name,
    listed,
    qualified,
)
from bouvier.kinds.resource_v1.taints import taint
from bouvier.meta.errors import duplicate, required

MAX_QUALITIES = 32
"""Attributes and capacities of a device together."""
MAX_TAINTS = 16
MAX_CONSUMED = 2
MAX_COUNTERS = 32
MAX_CONDITIONS = 4
MAX_VALUE = 64
_SHOWN_NAME = 63 + 1 + 32
_NUMBER = r"(0|[1-9]\d*)"
_BEFORE = r"(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)"
_SEMVER = re.compile(rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(-{_BEFORE}(\.{_BEFORE})*)?(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?")
_VALUES = ("bool", "bools", "int", "ints", "string", "strings", "version", "versions")
_PLACES = ("nodeName", "nodeSelector", "allNodes")
_ONE_PLACE = (
    "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true"
    " in the ResourceSlice spec"
)
_NO_PLACE = (
    "`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true"
    " in the ResourceSlice spec"
)


def device(path: str, given: Part, *, chooses_hosts: bool) -> Errors:
    """Check one device; `chooses_hosts` tells whether each says itself which hosts can use it."""
    yield from label_name(f"{path}.name", given.get("name"))
    attributes, capacities = given.get("attributes") or {}, given.get("capacity") or {}
    if len(attributes) + len(capacities) > MAX_QUALITIES:
        detail = f"the total number of attributes and capacities must not exceed {MAX_QUALITIES}"
        yield fields.invalid(path, len(attributes) + len(capacities), detail)
    yield from each_entry(f"{path}.attributes", attributes, qualified, _attribute, shown=_SHOWN_NAME)
    check = shared if given.get("allowMultipleAllocations") else sole
    yield from each_entry(f"{path}.capacity", capacities, qualified, check, shown=_SHOWN_NAME)
    yield from each_of(f"{path}.taints", given.get("taints"), MAX_TAINTS, taint)
    consumed = given.get("consumesCounters")
    place = f"{path}.consumesCounters"
    yield from each_once(place, consumed, MAX_CONSUMED, _consumed, lambda one: one.get("counterSet"))
    if chooses_hosts:
        yield from _hosts(path, given)
    elif any(given.get(field) is not None for field in _PLACES):
        yield fields.invalid(path, None, _NO_PLACE)
    yield from binding_conditions(path, given)


def _attribute(path: str, attribute: Part) -> Errors:
    if len([field for field in _VALUES if attribute.get(field) is not None]) != 1:
        shown = dict(attribute) if attribute else ""
        yield fields.invalid(path, shown, "exactly one value must be specified")
    text, version = attribute.get("string"), attribute.get("version")
    if text is not None and len(text) > MAX_VALUE:
        yield fields.too_long(f"{path}.string", MAX_VALUE)
    if version is None:
        return
    if not _SEMVER.fullmatch(version):
        yield fields.invalid(f"{path}.version", version, "must be a string compatible with semver.org spec 2.0.0")
    if len(version) > MAX_VALUE:
        yield fields.too_long(f"{path}.version", MAX_VALUE)


def _consumed(path: str, given: Part) -> Errors:
    yield from label_name(f"{path}.counterSet", given.get("counterSet"))
    yield from _counters(path, given)


def counter_set(path: str, given: Part) -> Errors:
    """Check a set of counters that devices share."""
    yield from label_name(f"{path}.name", given.get("name"))
    yield from _counters(path, given)


def _counters(path: str, given: Part) -> Errors:
    if not given.get("counters"):
        yield required(f"{path}.counters")
        return
    counters, shown = given["counters"], names.LABEL_LENGTH
    yield from each_entry(f"{path}.counters", counters, label_name, _counter, limit=MAX_COUNTERS, shown=shown)


def _counter(path: str, given: Part) -> Errors:
    if given.get("value") is None:
        yield required(f"{path}.value")


def _hosts(path: str, given: Part) -> Errors:
    chosen = []
    name, selector, is_all = (given.get(field) for field in _PLACES)
    if name:
        chosen.append("`nodeName`")
        yield from fields.each(f"{path}.nodeName", name, names.subdomain)
    elif name is not None:
        yield fields.invalid(f"{path}.nodeName", name, "must not be empty")
    if selector is not None:
        chosen.append("`nodeSelector`")
        yield from node_selector(f"{path}.nodeSelector", selector)
    if is_all:
        chosen.append("`allNodes`")
    elif is_all is not None:
        yield fields.invalid(f"{path}.allNodes", is_all, "must be either unset or set to true")
    if not chosen:
        yield required(path, _ONE_PLACE)
    elif len(chosen) > 1:
        yield fields.invalid(path, listed(chosen), _ONE_PLACE)


def binding_conditions(path: str, given: Part) -> Errors:
    """Check the conditions that a device must meet, or must not, before its pod is bound."""
    wanted, failures = given.get("bindingConditions") or [], given.get("bindingFailureConditions") or []
    for field, conditions in (("bindingConditions", wanted), ("bindingFailureConditions", failures)):
        yield from each_of(f"{path}.{field}", conditions, MAX_CONDITIONS, _condition)
    yield from _repeated(f"{path}.bindingConditions", wanted)
    yield from _repeated(f"{path}.bindingFailureConditions", failures)
    for index, condition in enumerate(failures):
        if condition in wanted:
            detail = "bindingFailureConditions must not overlap with bindingConditions"
            yield fields.invalid(f"{path}.bindingFailureConditions[{index}]", condition, detail)
    if failures and not wanted:
        detail = "bindingConditions are required to use bindingFailureConditions"
        yield fields.invalid(f"{path}.bindingConditions", wanted, detail)
    if wanted and not failures:
        detail = "bindingFailureConditions are required to use bindingConditions"
        yield fields.invalid(f"{path}.bindingFailureConditions", failures, detail)


def _condition(path: str, name: Any) -> Errors:
    yield from fields.each(path, name, names.qualified_name)


def _repeated(path: str, values: Sequence[str]) -> Errors:
    for index, value in enumerate(values):
        if value in values[:index]:
            yield duplicate(f"{path}[{index}]", value)
