"""Kubernetes' functions on resource quantities.

Source: https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-quantity-library
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from bouvier.meta import quantities
from bouvier.meta.cel.errors import EvaluationError
from bouvier.meta.cel.functions import Overload, function, method, traversal
from bouvier.meta.cel.types import BOOL, DOUBLE, INT, STRING, opaque
from bouvier.meta.cel.values import INT_MAX, INT_MIN, Opaque

QUANTITY = opaque("kubernetes.Quantity")


class Quantity(Opaque):
    """An exact amount."""

    __slots__ = ("amount",)
    type_name = "kubernetes.Quantity"

    def __init__(self, amount: Decimal) -> None:
        self.amount = amount

    def identity(self) -> Any:
        """Compare by amount."""
        return self.amount


def _parse(text: str) -> Quantity:
    try:
        return Quantity(quantities.parse(text))
    except ValueError:
        raise EvaluationError(
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        ) from None


def _is_quantity(text: str) -> bool:
    try:
        quantities.parse(text)
    except ValueError:
        return False
    return True


def _is_integer(one: Quantity) -> bool:
    return one.amount == one.amount.to_integral_value() and INT_MIN <= one.amount <= INT_MAX


def _as_integer(one: Quantity) -> int:
    if not _is_integer(one):
        raise EvaluationError("cannot convert value to integer")
    return int(one.amount)


def _amount(other: Quantity | int) -> Decimal:
    return other.amount if isinstance(other, Quantity) else Decimal(other)


def _compare(one: Quantity, two: Quantity) -> int:
    return (one.amount > two.amount) - (one.amount < two.amount)


FUNCTIONS: tuple[Overload, ...] = (
    function("quantity", (STRING,), QUANTITY, _parse, traversal()),
    function("isQuantity", (STRING,), BOOL, _is_quantity, traversal()),
    method("sign", (QUANTITY,), INT, lambda one: (one.amount > 0) - (one.amount < 0)),
    method("isInteger", (QUANTITY,), BOOL, _is_integer),
    method("asInteger", (QUANTITY,), INT, _as_integer),
    method("asApproximateFloat", (QUANTITY,), DOUBLE, lambda one: float(one.amount)),
    method("isGreaterThan", (QUANTITY, QUANTITY), BOOL, lambda one, two: one.amount > two.amount),
    method("isLessThan", (QUANTITY, QUANTITY), BOOL, lambda one, two: one.amount < two.amount),
    method("compareTo", (QUANTITY, QUANTITY), INT, _compare),
    *(
        overload
        for other in (QUANTITY, INT)
        for overload in (
            method("add", (QUANTITY, other), QUANTITY, lambda one, two: Quantity(one.amount + _amount(two))),
            method("sub", (QUANTITY, other), QUANTITY, lambda one, two: Quantity(one.amount - _amount(two))),
        )
    ),
)
