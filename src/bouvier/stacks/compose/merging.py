"""Merging Compose files and extending services.

Mappings merge key by key, scalars are replaced. Lists that hold a set of things (ports, expose, dns, …) are joined;
`command` and the like are replaced; lists of `NAME=value` merge by name, mounts by their target.

Source: https://docs.docker.com/reference/compose-file/merge/
"""

from __future__ import annotations

from typing import Any

from bouvier.stacks.compose.document import Document, child

REPLACED = frozenset({"command", "entrypoint", "test"})
BY_NAME = frozenset({"environment", "labels", "annotations", "sysctls", "extra_hosts", "metadata"})
BY_TARGET = frozenset({"volumes", "devices"})
NOT_INHERITED = ("links", "volumes_from", "depends_on")
"""What a service does not take over from the one that it extends, where the file predates version 3."""


def merge_documents(base: Document, over: Document) -> Document:
    """Return both documents as one; places follow the later file."""
    return Document(merge(base.data, over.data), base.places | over.places)


def merge(base: Any, over: Any, key: str = "") -> Any:
    """Return `over` on top of `base`."""
    if over is None:
        return base
    if key in BY_NAME and isinstance(base, (dict, list)) and isinstance(over, (dict, list)):
        return _named(base) | _named(over)
    if isinstance(base, dict) and isinstance(over, dict):
        return base | {name: merge(base.get(name), value, name) for name, value in over.items()}
    if isinstance(base, list) and isinstance(over, list) and key not in REPLACED:
        return _by_target(base, over) if key in BY_TARGET else [*base, *(one for one in over if one not in base)]
    if key == "depends_on" and isinstance(base, (dict, list)):
        return _dependencies(base) | _dependencies(over)
    return over


def _named(values: Any) -> dict[str, Any]:
    if isinstance(values, dict):
        return values
    pairs = (str(one).partition("=") for one in values)
    return {name: value if equals else None for name, equals, value in pairs}


def _dependencies(values: Any) -> dict[str, Any]:
    return values if isinstance(values, dict) else {name: {"condition": "service_started"} for name in values}


def _by_target(base: list[Any], over: list[Any]) -> list[Any]:
    return list({_target(one): one for one in [*base, *over]}.values())


def _target(mount: Any) -> str:
    if isinstance(mount, dict):
        return str(mount.get("target", mount))
    parts = str(mount).split(":")
    return parts[1] if len(parts) > 1 else parts[0]


def move_places(document: Document, source: Document, old: str, new: str) -> None:
    """Let values that came from `old` in the source be found at `new`, where the document has none of its own."""
    for path, place in source.places.items():
        if path == old or path.startswith(child(old, "")):
            document.places.setdefault(new + path[len(old) :], place)
