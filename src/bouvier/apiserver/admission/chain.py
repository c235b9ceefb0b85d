"""The admission chain: plug-ins that may change a write, then plug-ins that may only refuse it.

The first run before an object is validated, the second on the object that is about to be stored. What users
configured to change writes runs after the built-in plug-ins; when it changed something, those that complete objects
run again.

Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#admission-control-phases
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

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
        self._plugins = tuple(plugins)
        self._mutator = mutator
        self._completing = tuple(completing)
        self._validators = tuple(validators)

    async def admit(self, operation: Operation) -> None:
        """Let every plug-in that may change the write see it.

        Raises:
            ApiError: a plug-in refused.

        """
        for plugin in self._plugins:
            await plugin(operation)
        if self._mutator is not None and await self._mutator(operation):
            for plugin in self._completing:
                await plugin(operation)

    async def judge(self, operation: Operation) -> None:
        """Let every plug-in judge the write as it will be stored.

        Raises:
            ApiError: a plug-in refused.

        """
        for plugin in self._validators:
            await plugin(operation)
