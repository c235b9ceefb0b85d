"""How a device that several may share is handed out: in fixed amounts, or in steps within a range."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from bouvier.kinds import fields
from bouvier.kinds.fields import Errors
from bouvier.kinds.podspec.resources import parsed
from bouvier.kinds.resource_v1.naming import Part, too_many
from bouvier.meta.errors import duplicate, forbidden_field, required

MAX_VALUES = 10
_ZERO = Decimal(0)
_ONE_POLICY = 'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time'


def sole(path: str, capacity: Part) -> Errors:
    """Check a capacity of a device that one claim takes whole."""
    yield from _value(path, capacity)
    if capacity.get("requestPolicy") is not None:
        yield forbidden_field(f"{path}.requestPolicy", "allowMultipleAllocations must be true")


def shared(path: str, capacity: Part) -> Errors:
    """Check a capacity of a device that several claims may share."""
    yield from _value(path, capacity)
    policy, place, whole = capacity.get("requestPolicy"), f"{path}.requestPolicy", capacity.get("value")
    if policy is None:
        return
    values, limits = policy.get("validValues") or [], policy.get("validRange")
    if values and limits is not None:
        yield forbidden_field(place, _ONE_POLICY)
        return
    field = "validValues" if values else "validRange" if limits is not None else ""
    if not field:
        return
    if policy.get("default") is None:
        yield required(f"{place}.default", f"required when {field} is defined")
    elif values:
        yield from _values(f"{place}.validValues", values, policy["default"], whole)
    else:
        yield from _range(f"{place}.validRange", limits, policy["default"], whole)


def _value(path: str, capacity: Part) -> Errors:
    value = capacity.get("value")
    if value is None:
        yield required(f"{path}.value")
    elif parsed(value) is None:
        yield fields.invalid(f"{path}.value", value, "quantities must match the regular expression")


def _amount(value: Any) -> Decimal:
    found = parsed(value)
    return found if found is not None else _ZERO


def _values(path: str, values: list[Any], chosen: Any, whole: Any) -> Errors:
    amounts = [_amount(value) for value in values]
    for index in range(1, len(amounts)):
        if amounts[index - 1] > amounts[index]:
            yield fields.invalid(f"{path}[{index}]", values[index], "values must be sorted in ascending order")
    if len(values) > MAX_VALUES:
        yield too_many(path, len(values), MAX_VALUES)
        return
    for index, amount in enumerate(amounts):
        if amount > _amount(whole):
            detail = f"option is larger than capacity value: {whole}"
            yield fields.invalid(f"{path}[{index}]", values[index], detail)
        if amount in amounts[:index]:
            yield duplicate(f"{path}[{index}]", str(values[index]))
    if _amount(chosen) not in amounts:
        yield fields.invalid(path, chosen, "default value is not valid according to the requestPolicy")


def _range(path: str, limits: Part, chosen: Any, whole: Any) -> Errors:
    least, most = limits.get("min"), limits.get("max")
    if least is None:
        yield required(f"{path}.min", "required when validRange is defined")
        return
    if _amount(least) > _amount(whole):
        yield fields.invalid(f"{path}.min", least, f"min is larger than capacity value: {whole}")
    if _amount(chosen) < _amount(least):
        yield fields.invalid(f"{path}.min", chosen, f"default is less than min: {least}")
    if most is not None:
        yield from _most(f"{path}.max", least, most, chosen, whole)
    if limits.get("step") is not None:
        yield from _step(f"{path}.step", limits, chosen, whole)


def _most(path: str, least: Any, most: Any, chosen: Any, whole: Any) -> Errors:
    if _amount(least) > _amount(most):
        yield fields.invalid(path, least, f"min is larger than max: {most}")
    if _amount(most) > _amount(whole):
        yield fields.invalid(path, most, f"max is larger than capacity value: {whole}")
    if _amount(chosen) > _amount(most):
        yield fields.invalid(path, chosen, f"default is more than max: {most}")


def _step(path: str, limits: Part, chosen: Any, whole: Any) -> Errors:
    least, step = limits["min"], limits["step"]
    if _amount(least) + _amount(step) > _amount(whole):
        total = _amount(least) + _amount(step)
        yield fields.invalid(path, step, f"one step {total} is larger than capacity value: {whole}")
    for value in (chosen, limits.get("max")):
        if value is not None and _amount(step) and (_amount(value) - _amount(least)) % _amount(step):
            detail = f"value is not a multiple of a given step ({step}) from ({least})"
            yield fields.invalid(path, value, detail)
