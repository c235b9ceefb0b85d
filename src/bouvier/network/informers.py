"""What the network needs of informers, by form: `client.informer` has it, and so have tests that feed objects by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj


class Informer(Protocol):
    """A live copy of a collection; objects are shared and must not be changed."""

    synced: asyncio.Event

    def add_handler(self, handler: Callable[[Any, Obj | None, Obj], None], /) -> None:
        """Call `handler(type, old, new)` after each change, and once for everything that is known already."""

    def get(self, key: str) -> Obj | None:
        """Return one object."""

    def items(self, namespace: str = "") -> list[Obj]:
        """Return all objects."""


class Informers(Protocol):
    """Hands out informers, the same one for the same arguments."""

    def informer(
        self,
        resource: Resource,
        *,
        namespace: str = "",
        field_selector: str = "",
        label_selector: str = "",
        indexes: Mapping[str, Any] | None = None,
    ) -> Informer:
        """Return the informer of a collection."""

    def forget(self, informer: Any, /) -> None:
        """End an informer that nobody uses any more."""
