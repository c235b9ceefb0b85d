"""The admission chain: a flat list of plug-ins that may change or refuse a write before validation."""

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

    resource: tuple[str, str] = field(init=False)
    """Group and plural."""

    def __post_init__(self) -> None:
        self.resource = self.call.kind.resource.group, self.call.kind.resource.plural


Plugin = Callable[[Operation], Awaitable[None]]


class Admission:
    """Runs the plug-ins in their order; the first refusal ends the request."""

    def __init__(self, plugins: Sequence[Plugin]) -> None:
        self._plugins = tuple(plugins)

    async def admit(self, operation: Operation) -> None:
        """Let every plug-in see the write.

        Raises:
            ApiError: a plug-in refused.

        """
        for plugin in self._plugins:
            await plugin(operation)
