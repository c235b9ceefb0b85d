"""What the API server asks of a store: a versioned map of keys to bytes with compare-and-swap and history.

One increasing revision counts every write of the whole store; it is the API's resourceVersion. Every back end
passes `tests/contract/test_store.py`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import NamedTuple, Protocol


class Stored(NamedTuple):
    """A value as it was written at a revision."""

    key: str
    value: bytes
    revision: int


class Change(NamedTuple):
    """One write, in the order of revisions."""

    revision: int
    key: str
    """Empty where a shared store went on and no key has changed: watchers of everything learn how far it is."""
    value: bytes | None
    """The new value; None for a deletion. Who needs the one before keeps it: reading it here would cost each write
    a query."""


Batch = list[Change]
"""Changes that became durable together."""


class Page(NamedTuple):
    """Part of a list, taken at one revision."""

    items: list[Stored]
    revision: int
    more: bool
    """Whether keys after the last one remain."""


class KeyExistsError(Exception):
    """Raised when creating a key that has a value."""


class RevisionMismatchError(Exception):
    """Raised when the expected revision is not the current one.

    `current` is the present revision of the key, 0 when it has no value.
    """

    def __init__(self, current: int) -> None:
        super().__init__(f"current revision is {current}")
        self.current = current


class CompactedError(Exception):
    """Raised when asking for a revision whose history was dropped; `oldest` is the first one kept."""

    def __init__(self, oldest: int) -> None:
        super().__init__(f"history starts at revision {oldest}")
        self.oldest = oldest


class StoreUnavailableError(OSError):
    """Raised when the store gave no answer; a write may have happened or not."""


class ValueTooLargeError(Exception):
    """Raised when the store does not take values of that size; nothing was written."""


class Store(Protocol):
    """A versioned key-value store. A write returns only after it is durable."""

    is_shared: bool
    """Whether other processes write to it as well, so that `revision` may lag behind the truth."""

    @property
    def revision(self) -> int:
        """Revision of the newest durable write that this process knows of."""

    def earlier(self, writes: int) -> int:
        """Return the revision that was current about so many writes ago, 0 for the beginning."""

    async def newest(self) -> int:
        """Return the revision of the newest durable write of all processes."""

    async def get(self, key: str, revision: int = 0) -> Stored | None:
        """Return the value of a key now or at an older revision.

        Raises:
            CompactedError: the revision is older than the history kept.

        """

    async def list(self, prefix: str, revision: int = 0, limit: int = 0, after: str = "") -> Page:
        """Return the values whose keys start with `prefix` and sort behind `after`, in key order.

        Raises:
            CompactedError: the revision is older than the history kept.

        """

    async def create(self, key: str, value: bytes) -> int:
        """Write a key that must have no value, and return the revision.

        Raises:
            KeyExistsError: the key has a value.

        """

    async def update(self, key: str, value: bytes, expected_revision: int) -> int:
        """Replace a value that must be at the expected revision, and return the new one.

        Raises:
            RevisionMismatchError: someone else wrote or deleted it.

        """

    async def delete(self, key: str, expected_revision: int) -> int:
        """Remove a key that must be at the expected revision, and return the revision of the removal.

        Raises:
            RevisionMismatchError: someone else wrote or deleted it.

        """

    def watch(self, prefix: str, after_revision: int) -> AsyncIterator[Batch]:
        """Yield every change behind a revision in order, in batches, without end.

        Raises:
            CompactedError: the history behind that revision is gone.

        """

    async def compact(self, revision: int) -> None:
        """Forget values that were superseded at or before a revision."""

    async def close(self) -> None:
        """Finish accepted writes and release the files."""
