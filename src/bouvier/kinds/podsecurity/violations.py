"""What checks are made of: containers, and the words of a violation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from bouvier.meta.objects import Obj

Part = Mapping[str, Any]


class Violation(NamedTuple):
    """What a pod does that its level forbids."""

    reason: str
    detail: str

    def __str__(self) -> str:
        return f"{self.reason} ({self.detail})" if self.detail else self.reason


class Check(NamedTuple):
    """One check, from a minor version of Kubernetes 1 on."""

    name: str
    since: int
    run: Callable[[Part, Part], Violation | None]
    """Takes metadata and spec of a pod."""
    replaces: tuple[str, ...] = ()
    """Checks of the level below that this one makes needless."""


def containers(spec: Part) -> Iterator[Obj]:
    """Yield every container of a pod, as violations name them: init containers first."""
    for field in ("initContainers", "containers", "ephemeralContainers"):
        yield from spec.get(field) or ()


def security(part: Part) -> Part:
    """Return the security context of a pod or container."""
    return part.get("securityContext") or {}


def quoted(names: Iterable[str]) -> str:
    """Return names between quotes, with commas."""
    return ", ".join(f'"{name}"' for name in names)


def many(singular: str, plural: str, count: int) -> str:
    """Return the word for so many things."""
    return singular if count == 1 else plural


def named_containers(names: list[str]) -> str:
    """Return how a violation names its containers."""
    return f"{many('container', 'containers', len(names))} {quoted(names)}"


def setters(spec: Part, is_bad: Callable[[Part], bool]) -> list[str]:
    """Return who has a bad security context, as violations name them: the pod, the containers."""
    bad = [container["name"] for container in containers(spec) if is_bad(security(container))]
    found = ["pod"] if is_bad(security(spec)) else []
    return [*found, named_containers(bad)] if bad else found


def is_windows(spec: Part) -> bool:
    """Tell whether the pod says that it is for Windows."""
    return (spec.get("os") or {}).get("name") == "windows"


def has_own_users(spec: Part) -> bool:
    """Tell whether the pod runs in a user namespace of its own, where root is nobody outside."""
    return spec.get("hostUsers") is False
