"""Revisions of ours over revisions of etcd, and how a write's place lies in etcd.

etcd gives one revision to all writes of a transaction. Ours is that one times `PLACES` plus the write's place among the
writes that were sent together: every server of the same etcd sees the same number, and numbers grow as etcd's do.

- A value lies as `PLACED`, one byte for its place, and the value. What earlier versions wrote, one write a transaction,
  lies bare; its place is 0. No value of theirs begins with that byte.
- A removal has no value to carry its place. Each transaction also writes the mark `ROOT/#last`, before all else, which
  says how many writes it has and where its removals stand; a transaction of one write leaves the mark empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

PLACES = 128
"""More than the writes of a transaction; 2^63 / 128 revisions of etcd are enough for a million a second for 2,000 years."""
LAST_PLACE = PLACES - 1
PLACED = b"\x01"
_PLACED = PLACED[0]
_HEAD = [PLACED + bytes([place]) for place in range(PLACES)]
_HEAD_SIZE = len(PLACED) + 1


def number(etcd_revision: int, place: int = 0) -> int:
    """Return our revision of a write."""
    return etcd_revision * PLACES + place


def etcd_revision(revision: int) -> int:
    """Return the revision of etcd that one of ours belongs to."""
    return revision // PLACES


def end_of(revision: int) -> int:
    """Return the number that no write of a revision of etcd is behind."""
    return number(revision, LAST_PLACE)


def is_end(revision: int) -> bool:
    """Tell whether no write of the same revision of etcd can be behind."""
    return revision % PLACES == LAST_PLACE


def head_of(place: int) -> bytes:
    """Return what stands before a value in etcd."""
    return _HEAD[place]


def taken(stored: bytes) -> tuple[int, bytes]:
    """Return the place of a write, and its value."""
    if stored and stored[0] == _PLACED:
        return stored[1], stored[_HEAD_SIZE:]
    return 0, stored


class Mark(msgspec.Struct, array_like=True):
    """What a transaction says of itself: how many writes it has, and the places of its removals by key."""

    writes: int = 1
    removals: dict[str, int] = {}

    def place_of_removal(self, name: bytes) -> int:
        """Return the place of the removal of a key as it is named in etcd."""
        return self.removals.get(name.decode(), 0)


SINGLE = Mark()
_decode = msgspec.json.Decoder(Mark).decode


def write_mark(names: Sequence[bytes], is_removal: Sequence[bool]) -> bytes:
    """Return the mark of a transaction that writes these keys in this order."""
    if len(names) == 1:
        return b""
    removals = {name.decode(): place for place, name in enumerate(names) if is_removal[place]}
    return msgspec.json.encode(Mark(len(names), removals))


def read_mark(value: bytes) -> Mark:
    """Return what a mark says."""
    return _decode(value) if value else SINGLE


class Keys(NamedTuple):
    """How keys of ours are named in etcd: all under `ROOT/`, and the mark among them."""

    root: str

    @property
    def mark(self) -> bytes:
        """The key that each transaction writes."""
        return f"{self.root}/#last".encode()

    @property
    def former_mark(self) -> bytes:
        """Where versions before had it."""
        return f"{self.root}#last".encode()

    @property
    def first(self) -> bytes:
        """Not behind any key that holds a value of ours: what begins with # is the store's own."""
        return f"{self.root}/$".encode()

    def name(self, key: str) -> bytes:
        """Return the name of a key in etcd."""
        return (self.root + key).encode()

    def key(self, name: bytes) -> str:
        """Return the key of a name in etcd."""
        return name.decode()[len(self.root) :]

    def bounds(self, prefix: str) -> tuple[bytes, bytes]:
        """Return the first name with a prefix and the first one behind them all."""
        first = self.name(prefix or "/")
        return first, first[:-1] + bytes([first[-1] + 1])
