"""The order of dependence, and the circle that prevents one."""

from __future__ import annotations

from collections.abc import Mapping


def circle(needs: Mapping[str, set[str]]) -> list[str]:
    """Return a circle as `[a, b, a]`, empty when there is none."""
    finished: set[str] = set()
    for name in sorted(needs):
        found = _circle_from(name, needs, [], finished)
        if found:
            return found
    return []


def _circle_from(name: str, needs: Mapping[str, set[str]], trail: list[str], finished: set[str]) -> list[str]:
    if name in trail:
        return [*trail[trail.index(name) :], name]
    if name in finished:
        return []
    for needed in sorted(needs.get(name, ())):
        found = _circle_from(needed, needs, [*trail, name], finished)
        if found:
            return found
    finished.add(name)
    return []


def ordered(needs: Mapping[str, set[str]]) -> list[str]:
    """Return the names so that each comes after what it needs; there must be no circle."""
    done: dict[str, None] = {}

    def add(name: str) -> None:
        if name in done:
            return
        for needed in sorted(needs.get(name, ())):
            add(needed)
        done[name] = None

    for name in sorted(needs):
        add(name)
    return list(done)
