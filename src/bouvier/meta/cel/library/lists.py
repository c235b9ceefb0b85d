"""Kubernetes' list functions, and the set functions.

Source: https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-list-library
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from bouvier.meta.cel.errors import EvaluationError
from bouvier.meta.cel.functions import Overload, function, method, once_over, size
from bouvier.meta.cel.types import BOOL, INT, A, list_of
from bouvier.meta.cel.values import Duration, UInt, checked_int, checked_uint, contains, equal

_WHOLES: dict[type, Callable[[int], Any]] = {UInt: checked_uint, Duration: Duration}


def _is_sorted(items: list[Any]) -> bool:
    return all(one <= two for one, two in pairwise(items))


def _sum(items: list[Any]) -> Any:
    total = sum(items)
    if not items or isinstance(total, float):
        return total
    make: Callable[[int], Any] = _WHOLES.get(type(items[0]), checked_int)
    return make(total)


def _extreme(name: str, choose: Callable[[list[Any]], Any]) -> Callable[[list[Any]], Any]:
    def run(items: list[Any]) -> Any:
        if not items:
            raise EvaluationError(f"{name} called on empty list")
        return choose(items)

    return run


def _index_of(items: list[Any], wanted: Any) -> int:
    return next((index for index, item in enumerate(items) if equal(item, wanted)), -1)


def _last_index_of(items: list[Any], wanted: Any) -> int:
    return next((index for index in range(len(items) - 1, -1, -1) if equal(items[index], wanted)), -1)


def _has_all(items: list[Any], others: list[Any]) -> bool:
    return all(contains(items, one) for one in others)


def _crossed(one: Any, two: Any) -> int:
    return size(one) * size(two)


def _both_crossed(one: Any, two: Any) -> int:
    return 2 * size(one) * size(two)


_PAIR = (list_of(A), list_of(A))
FUNCTIONS: tuple[Overload, ...] = (
    method("isSorted", (list_of(A),), BOOL, _is_sorted, once_over),
    method("sum", (list_of(A),), A, _sum, once_over),
    method("min", (list_of(A),), A, _extreme("min", min), once_over),
    method("max", (list_of(A),), A, _extreme("max", max), once_over),
    method("indexOf", (list_of(A), A), INT, _index_of, once_over),
    method("lastIndexOf", (list_of(A), A), INT, _last_index_of, once_over),
    function("sets.contains", _PAIR, BOOL, _has_all, _crossed),
    function("sets.equivalent", _PAIR, BOOL, lambda one, two: _has_all(one, two) and _has_all(two, one), _both_crossed),
    function("sets.intersects", _PAIR, BOOL, lambda one, two: any(contains(two, item) for item in one), _crossed),
)
