"""Label selectors, built for being asked once per watcher and event.

A selector keeps its equalities (`app=web`) apart from its other requirements: most selectors are equalities alone,
and `equalities` also lets a caller index watchers by a label's value instead of asking each of them.

Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bouvier.meta.selectors.requirement import Requirement, make_requirement


def _order(requirement: Requirement) -> tuple[str, str, list[str]]:
    return requirement.key, requirement.operator, sorted(requirement.values)


class LabelSelector:
    """A conjunction of requirements. Immutable, hashable; equal when the same requirements are made."""

    __slots__ = ("_others", "_pairs", "empty", "equalities", "nothing", "requirements")

    def __init__(self, requirements: Iterable[Requirement] = (), *, nothing: bool = False) -> None:
        self.requirements: tuple[Requirement, ...] = tuple(sorted(set(requirements), key=_order))
        self.nothing = nothing
        """Matches no labels at all, not even empty ones."""
        self.empty = not self.requirements and not nothing
        """Matches all labels: callers may skip the question."""
        single = [r for r in self.requirements if r.operator == "In" and len(r.values) == 1]
        self.equalities: Mapping[str, str] = {r.key: next(iter(r.values)) for r in single}
        """Labels with the one value that each must have; for `a=1,a=2` one of the two."""
        self._pairs = tuple(self.equalities.items())
        simple = {r for r in single if self.equalities[r.key] in r.values}
        self._others = tuple(r for r in self.requirements if r not in simple)

    @property
    def is_equality(self) -> bool:
        """Tell whether `equalities` says everything that this selector demands."""
        return not self._others and not self.nothing

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Tell whether the labels satisfy every requirement."""
        for key, value in self._pairs:
            if labels.get(key) != value:
                return False
        if self._others:
            for requirement in self._others:
                if not requirement.matches(labels):
                    return False
        return not self.nothing

    def __str__(self) -> str:
        return "<none>" if self.nothing else ",".join(map(str, self.requirements))

    def __repr__(self) -> str:
        return f"LabelSelector({self})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LabelSelector):
            return NotImplemented
        return self.requirements == other.requirements and self.nothing == other.nothing

    def __hash__(self) -> int:
        return hash((self.requirements, self.nothing))


EVERYTHING = LabelSelector()
NOTHING = LabelSelector(nothing=True)


def from_object(selector: Mapping[str, Any] | None) -> LabelSelector:
    """Return the selector that a `metav1.LabelSelector` object describes; None selects nothing, `{}` everything.

    Raises:
        ValueError: an expression is malformed.
    """
    if selector is None:
        return NOTHING
    equalities = selector.get("matchLabels") or {}
    requirements = [make_requirement(key, "In", (value,)) for key, value in equalities.items()]
    requirements += [_expression(expression) for expression in selector.get("matchExpressions") or ()]
    return LabelSelector(requirements)


def _expression(expression: Mapping[str, Any]) -> Requirement:
    operator = expression.get("operator", "")
    if operator not in ("In", "NotIn", "Exists", "DoesNotExist"):
        raise ValueError(f'"{operator}" is not a valid label selector operator')
    return make_requirement(expression.get("key", ""), operator, expression.get("values") or ())
