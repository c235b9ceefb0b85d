"""What is sealed, and with what: the kinds that ask for it with the platform's own keys, or what a configuration says.

A sealed value is a zero byte and `s2`, then PROVIDER:KEY: and what the cipher made; no JSON begins with a zero byte.
Values of earlier versions begin with `s1` and belong to the platform's key `1`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from bouvier.apiserver.sealing.boxes import Box, BrokenError
from bouvier.apiserver.sealing.configuration import Configuration, Entry
from bouvier.apiserver.sealing.keyring import FIRST, PROVIDER, Keyring

SEALED = b"\x00"
OLD_MARK, MARK = b"\x00s1", b"\x00s2"
Resource = tuple[str, str]
"""Group and plural."""


class SealError(Exception):
    """Raised for a sealed value that cannot be opened; says why and what to do."""


class MissingKeyError(SealError):
    """Raised for a value whose key this server does not have."""

    def __init__(self, key: str, store_key: str, count: int = 1) -> None:
        more = f" (and {count - 1} other objects)" if count > 1 else ""
        super().__init__(
            f'{store_key}{more} is sealed with the key "{key}", which this server does not have: put it back into'
            " pki/seal.keys of the data directory, or into the file of --encryption-provider-config"
        )
        self.key = key
        self.store_key = store_key


class Sealer:
    """Seals and opens values."""

    def __init__(
        self, ring: Keyring, kinds: Collection[Resource] = (), configuration: Configuration | None = None
    ) -> None:
        self.ring = ring
        self._kinds = frozenset(kinds)
        """Resources that are sealed when no configuration speaks of them."""
        self._configuration = configuration or Configuration()
        self._entries: dict[Resource, Entry | None] = {}

    def writer(self, group: str, plural: str) -> Box | None:
        """Return what new values of a resource are sealed with, None for the plain form."""
        entry = self._entry(group, plural)
        if entry is not None:
            return entry.boxes[0]
        return self.ring.boxes[0] if (group, plural) in self._kinds else None

    def _entry(self, group: str, plural: str) -> Entry | None:
        try:
            return self._entries[group, plural]
        except KeyError:
            found = self._entries[group, plural] = self._configuration.entry_of(group, plural)
            return found

    @property
    def uses_ring(self) -> bool:
        """Tell whether the platform's own keys write anything."""
        return any(self._entry(*resource) is None for resource in self._kinds)

    def is_about(self, group: str, plural: str) -> bool:
        """Tell whether values of a resource may have to be sealed anew."""
        return (group, plural) in self._kinds or self._entry(group, plural) is not None

    def seal(self, store_key: str, value: bytes, group: str, plural: str) -> bytes:
        """Return the form in which a value of a resource is stored."""
        box = self.writer(group, plural)
        if box is None:
            return value
        return b"%b%b:%b" % (MARK, box.name.encode(), box.seal(store_key, value))

    def open(self, store_key: str, value: bytes) -> bytes:
        """Return the plain form; a value that was never sealed is returned as it is.

        Raises:
            SealError: its key is missing, or it was changed or moved.

        """
        if not value.startswith(SEALED):
            return value
        name, sealed = _parts(value)
        is_known = False
        for box in self._candidates(store_key, name):
            is_known = True
            try:
                return box.open(store_key, sealed)
            except BrokenError:
                continue
        if not is_known:
            raise MissingKeyError(name, store_key)
        raise SealError(
            f'{store_key} does not open with the key "{name}": it was changed, moved there from another object, or sealed'
            " with another key of this name; restore it from a backup"
        )

    def _candidates(self, store_key: str, name: str) -> Iterator[Box]:
        """Yield the boxes of a name: those of the resource's own entry first."""
        _, _, group, plural, _ = store_key.split("/", 4)
        own = self._entry("" if group == "core" else group, plural)
        others = (entry for entry in self._configuration.entries if entry is not own)
        for boxes in (own.boxes if own else (), self.ring.boxes, *(entry.boxes for entry in others)):
            yield from (box for box in boxes if box is not None and box.name == name)

    def is_current(self, value: bytes, group: str, plural: str) -> bool:
        """Tell whether a stored value has the form that it would be written in now."""
        box = self.writer(group, plural)
        if box is None:
            return not value.startswith(SEALED)
        return value.startswith(b"%b%b:" % (MARK, box.name.encode()))


def _parts(value: bytes) -> tuple[str, bytes]:
    """Return the name of a value's key, and what the cipher made."""
    if value.startswith(OLD_MARK):
        return f"{PROVIDER}:{FIRST}", value[len(OLD_MARK) :]
    provider, key, sealed = value[len(MARK) :].split(b":", 2)
    return f"{provider.decode()}:{key.decode()}", sealed
