"""A store in memory: the contract in its plainest form, for tests and simulations. Nothing is durable."""

from __future__ import annotations

from collections.abc import AsyncIterator

from sortedcontainers import SortedDict

from bouvier.store.feed import Feed
from bouvier.store.interface import (
    Batch,
    Change,
    CompactedError,
    KeyExistsError,
    Page,
    RevisionMismatchError,
    Stored,
)


class MemoryStore:
    """Keeps the present values by key and every change since the last compaction."""

    is_shared = False

    def __init__(self) -> None:
        self._present: SortedDict[str, Stored] = SortedDict()
        self._changes: list[tuple[Change, bytes | None]] = []
        """Each change with the value before it."""
        self._revision = 0
        self._compacted = 0
        self._feed = Feed()

    @property
    def revision(self) -> int:
        """Revision of the newest write."""
        return self._revision

    def earlier(self, writes: int) -> int:
        """Return the revision of so many writes ago."""
        return max(0, self._revision - writes)

    async def newest(self) -> int:
        """Return the revision of the newest durable write: nobody else writes here."""
        return self._revision

    async def get(self, key: str, revision: int = 0) -> Stored | None:
        """Return the value of a key now or at an older revision."""
        found: Stored | None = self._at(revision).get(key)
        return found

    async def list(self, prefix: str, revision: int = 0, limit: int = 0, after: str = "") -> Page:
        """Return the values with a prefix behind `after`, in key order."""
        state = self._at(revision)
        found = []
        for key in state.irange(max(prefix, after), None):
            if not key.startswith(prefix):
                break
            if key > after:
                found.append(state[key])
        chosen = found[:limit] if limit else found
        return Page(chosen, revision or self._revision, len(found) > len(chosen))

    def _at(self, revision: int) -> SortedDict[str, Stored]:
        if not revision or revision >= self._revision:
            return self._present
        if revision < self._compacted:
            raise CompactedError(self._compacted)
        state = self._present.copy()
        written: dict[str, int] = {}
        for change, previous in reversed(self._changes):
            if change.revision <= revision:
                written.setdefault(change.key, change.revision)
                continue
            if previous is None:
                state.pop(change.key, None)
            else:
                state[change.key] = Stored(change.key, previous, 0)
        for key, stored in list(state.items()):
            if stored.revision == 0:
                state[key] = stored._replace(revision=written.get(key, self._compacted))
        return state

    async def create(self, key: str, value: bytes) -> int:
        """Write a key that must have no value."""
        if key in self._present:
            raise KeyExistsError(key)
        return self._write(key, value, None)

    async def update(self, key: str, value: bytes, expected_revision: int) -> int:
        """Replace a value at the expected revision."""
        return self._write(key, value, self._expect(key, expected_revision))

    async def delete(self, key: str, expected_revision: int) -> int:
        """Remove a key at the expected revision."""
        return self._write(key, None, self._expect(key, expected_revision))

    def _expect(self, key: str, expected_revision: int) -> bytes:
        stored = self._present.get(key)
        if stored is None or stored.revision != expected_revision:
            raise RevisionMismatchError(stored.revision if stored else 0)
        return stored.value  # type: ignore[no-any-return]

    def _write(self, key: str, value: bytes | None, previous: bytes | None) -> int:
        self._revision += 1
        if value is None:
            del self._present[key]
        else:
            self._present[key] = Stored(key, value, self._revision)
        change = Change(self._revision, key, value)
        self._changes.append((change, previous))
        self._feed.publish([change])
        return self._revision

    async def watch(self, prefix: str, after_revision: int) -> AsyncIterator[Batch]:
        """Yield every change behind a revision, in batches, without end."""
        if after_revision < self._compacted:
            raise CompactedError(self._compacted)
        subscription = self._feed.subscribe()
        past = [c for c, _ in self._changes if c.revision > after_revision and c.key.startswith(prefix)]
        reached = self._revision
        if past:
            yield past
        async for batch in subscription.batches(prefix, max(reached, after_revision)):
            yield batch

    async def compact(self, revision: int) -> None:
        """Forget changes at or before a revision."""
        self._compacted = max(self._compacted, min(revision, self._revision))
        self._changes = [pair for pair in self._changes if pair[0].revision > self._compacted]

    async def close(self) -> None:
        """End the watches."""
        self._feed.close()
