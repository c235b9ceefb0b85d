"""The order of a list after a strategic merge: what the patch says first, then what the list was.

Items named by the patch keep the patch's order; the others stay, as far as that allows, where they stood between them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any

Identify = Callable[[Any], Hashable]


def ordered(merged: list[Any], preferred: Iterable[Any], previous: Iterable[Any], identify: Identify) -> list[Any]:
    """Return the merged items: those in `preferred` in its order, the others in the order of `previous` among them."""
    rank = _positions(preferred, identify)
    place = _positions(previous, identify)
    named = [item for item in merged if identify(item) in rank]
    others = [item for item in merged if identify(item) not in rank]
    named.sort(key=lambda item: rank[identify(item)])
    others.sort(key=lambda item: place.get(identify(item), len(place)))
    return _interleave(others, named, [place.get(identify(item), -1) for item in named], place, identify)


def _interleave(
    others: list[Any], named: list[Any], named_places: list[int], place: dict[Hashable, int], identify: Identify
) -> list[Any]:
    result: list[Any] = []
    remaining = iter(others)
    other = next(remaining, None)
    for item, item_place in zip(named, named_places, strict=True):
        while other is not None and place.get(identify(other), item_place) < item_place:
            result.append(other)
            other = next(remaining, None)
        result.append(item)
    if other is not None:
        result.append(other)
    return [*result, *remaining]


def _positions(items: Iterable[Any], identify: Identify) -> dict[Hashable, int]:
    positions: dict[Hashable, int] = {}
    for index, item in enumerate(items):
        positions.setdefault(identify(item), index)
    return positions
