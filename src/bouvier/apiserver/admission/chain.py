"""The admission chain: plug-ins that may change a write, then plug-ins that may only refuse it.

The first run before an object is validated, the second on the object that is about to be stored. What users
configured to change writes runs after the built-in plug-ins; when it changed something, those that complete objects
run again.

Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#admission-control-phases
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from bouvier.apiserver.context import Call
from bouvier.meta.objects import Obj


@dataclass(slots=True)
class Operation:
    """One write under admission."""

    call: Call
    verb: str
    """`create`, `update`, `delete` or `connect`."""
    obj: Obj | None
    """The object as it will be stored; plug-ins may change it in place. None for a deletion."""
    old: Obj | None
    subresource: str = ""
    dry_run: bool = False
    body_kind: tuple[str, str, str] | None = None
    """Group, version and kind of the object, where it is not the resource's (the options of a connection)."""

    changes: int = 0
    """How often a configured mutation has changed the object."""
    asked: dict[tuple[str, str], int] = field(default_factory=dict)
    """Mutations that have run, with the number of changes there were after each."""

    resource: tuple[str, str] = field(init=False)
    """Group and plural."""

    def __post_init__(self) -> None:
        self.resource = self.call.kind.resource.group, self.call.kind.resource.plural


Plugin = Callable[[Operation], Awaitable[None]]
Mutator = Callable[[Operation], Awaitable[bool]]
"""Tells whether it changed the object."""


AnyPlugin = TypeVar("AnyPlugin", bound=Callable[..., Awaitable[None]])
GroupPlural = tuple[str, str]


def concerns(*resources: GroupPlural) -> Callable[[AnyPlugin], AnyPlugin]:
    """Mark a plug-in that looks at these resources only (group and plural): it is not called for any other."""

    def mark(plugin: AnyPlugin) -> AnyPlugin:
        plugin.concerns = frozenset(resources)  # type: ignore[attr-defined]
        return plugin

    return mark


class _Row:
    """Plug-ins in their order, with those that concern a resource chosen once."""

    def __init__(self, plugins: Sequence[Plugin]) -> None:
        self._plugins = tuple(plugins)
        self._chosen: dict[GroupPlural, tuple[Plugin, ...]] = {}

    def of(self, resource: GroupPlural) -> tuple[Plugin, ...]:
        """Return the plug-ins to ask about a resource."""
        chosen = self._chosen.get(resource)
        if chosen is None:
            chosen = tuple(each for each in self._plugins if resource in getattr(each, "concerns", (resource,)))
            self._chosen[resource] = chosen
        return chosen


class Admission:
    """Runs the plug-ins in their order; the first refusal ends the request."""

    def __init__(
        self,
        plugins: Sequence[Plugin],
        *,
        mutator: Mutator | None = None,
        completing: Sequence[Plugin] = (),
        validators: Sequence[Plugin] = (),
    ) -> None:
        self._plugins = _Row(plugins)
        self._mutator = mutator
        self._completing = _Row(completing)
        self._validators = _Row(validators)

    async def admit(self, operation: Operation) -> None:
        """Let every plug-in that may change the write see it.

        Raises:
            ApiError: a plug-in refused.

        """
        for plugin in self._plugins.of(operation.resource):
            await plugin(operation)
        if self._mutator is not None and await self._mutator(operation):
            for plugin in self._completing.of(operation.resource):
                await plugin(operation)

    async def judge(self, operation: Operation) -> None:
        """Let every plug-in judge the write as it will be stored.

        Raises:
            ApiError: a plug-in refused.

        """
        for plugin in self._validators.of(operation.resource):
            await plugin(operation)
