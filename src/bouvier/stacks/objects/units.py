"""Which services share a pod: sidekicks, and services in another one's network.

A unit is one primary service with its members; it has the primary's name, scale and upgrade strategy.
"""

from __future__ import annotations

from typing import Any

from bouvier.stacks.compose.loading import Project
from bouvier.stacks.compose.merging import merge
from bouvier.stacks.compose.ordering import circle

SIDEKICKS = "io.rancher.sidekicks"


def labels_of(service: dict[str, Any]) -> dict[str, Any]:
    """Return the labels of a service as written."""
    return merge({}, service.get("labels") or {}, "labels")  # type: ignore[no-any-return]


def units(project: Project) -> dict[str, list[str]]:
    """Return the members of each primary service.

    Raises:
        StackError: a service that does not exist, belongs to two units, or a circle.
    """
    owner: dict[str, str] = {}
    for name, service in project.services.items():
        for member, path in _members(project, name, service):
            primary, follower = member
            if follower in owner and owner[follower] != primary:
                text = f"{follower} cannot share the pod of {primary} and of {owner[follower]}"
                raise project.compose.error(path, text)
            owner[follower] = primary
    found = circle({follower: {primary} for follower, primary in owner.items()})
    if found:
        raise project.compose.error(f"services.{found[0]}", "circle of sidekicks: " + " → ".join(found))
    grouped: dict[str, list[str]] = {name: [] for name in project.services if name not in owner}
    for follower in project.services:
        if follower in owner:
            grouped[_root(follower, owner)].append(follower)
    return grouped


def _members(project: Project, name: str, service: dict[str, Any]) -> list[tuple[tuple[str, str], str]]:
    """Return `((primary, follower), path)` for what this service says about pods."""
    path = f"services.{name}.labels"
    followers = str(labels_of(service).get(SIDEKICKS) or "").split(",")
    found = [((name, _existing(project, one.strip(), path)), path) for one in followers if one.strip()]
    mode = str(service.get("network_mode") or "")
    kind, colon, other = mode.partition(":")
    if colon and kind in ("container", "service"):
        path = f"services.{name}.network_mode"
        found.append(((_existing(project, other, path), name), path))
    return found


def _existing(project: Project, name: str, path: str) -> str:
    if name not in project.services:
        raise project.compose.error(path, f"there is no service {name}", "known: " + ", ".join(project.services))
    return name


def _root(name: str, owner: dict[str, str]) -> str:
    while name in owner:
        name = owner[name]
    return name


def dependencies(project: Project, grouped: dict[str, list[str]]) -> dict[str, set[str]]:
    """Return the units that each unit needs, by `depends_on`, `links` and `volumes_from`.

    Raises:
        StackError: a service that does not exist, or a circle.
    """
    unit_of = {member: primary for primary, members in grouped.items() for member in (primary, *members)}
    needs: dict[str, set[str]] = {primary: set() for primary in grouped}
    for name, service in project.services.items():
        for other, key in needed_services(service):
            _existing(project, other, f"services.{name}.{key}")
            if unit_of[other] != unit_of[name]:
                needs[unit_of[name]].add(unit_of[other])
    found = circle(needs)
    if found:
        raise project.compose.error(
            f"services.{found[0]}", "circle of dependence: " + " → ".join(found), "take one link or depends_on out"
        )
    return needs


def needed_services(service: dict[str, Any]) -> list[tuple[str, str]]:
    """Return `(service, key)` for each service that this one names as needed."""
    found = [(str(link).partition(":")[0], "links") for link in _list(service.get("links"))]
    dependencies_given = service.get("depends_on") or []
    return found + [(str(name), "depends_on") for name in dependencies_given]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []
