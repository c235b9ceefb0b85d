"""Every name of the cluster with its answers precompiled.

Names belong to owners (a Service, the pods of this host, the zone itself); replacing what an owner says recompiles its
names alone. Above each name lie names that exist without records ("empty non-terminals"): they answer that there is
nothing of the kind asked, not that there is no such name.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from bouvier.network.dns import wire
from bouvier.network.dns.records import Names, Records


@dataclass(slots=True)
class Compiled:
    """The answers of one name."""

    by_kind: dict[int, tuple[bytes, int]] = field(default_factory=dict)
    """Packed records and their number, by type."""
    alias: str = ""
    """Target of a CNAME; there is nothing else then."""
    targets: tuple[str, ...] = ()
    """Targets of the SRV records, whose addresses are sent along."""


class Zone:
    """The names below the cluster's domain, and the addresses that they point back from."""

    def __init__(self, domain: str) -> None:
        self.domain = domain
        self.names: dict[bytes, Compiled] = {}
        """By name in wire form, lower case."""
        self._said: dict[str, Names] = {}
        self._owners: dict[str, set[str]] = {}
        self._parents: Counter[bytes] = Counter()

    def say(self, owner: str, names: Names) -> None:
        """Replace what an owner says."""
        before = self._said.get(owner, {})
        touched = {name for name in before.keys() | names.keys() if before.get(name) != names.get(name)}
        if names:
            self._said[owner] = names
        else:
            self._said.pop(owner, None)
        for name in touched:
            owners = self._owners.setdefault(name, set())
            if name in names:
                owners.add(owner)
            else:
                owners.discard(owner)
        for name in touched:
            self._compile(name)

    def owners(self) -> set[str]:
        """Return everybody who says something."""
        return set(self._said)

    def find(self, name: bytes) -> Compiled | None:
        """Return the answers of a name; an empty one when only names below it exist; None when there is none."""
        found = self.names.get(name)
        if found is None and name in self._parents:
            return _EMPTY
        return found

    def records(self, name: str) -> Records | None:
        """Return what all owners say of a name."""
        owners = self._owners.get(name)
        if not owners:
            return None
        merged = Records()
        for owner in sorted(owners):
            said = self._said[owner][name]
            merged.addresses += said.addresses
            merged.services += said.services
            merged.pointer += said.pointer
            merged.alias = merged.alias or said.alias
            merged.text = merged.text or said.text
        return merged

    def _compile(self, name: str) -> None:
        try:
            key = wire.encode_name(name)
        except (ValueError, UnicodeEncodeError):
            return  # the API lets longer names through than DNS has room for; such a name cannot be asked for
        merged = self.records(name)
        existed = key in self.names
        if merged is None:
            self._owners.pop(name, None)
            if self.names.pop(key, None) is not None:
                self._count_parents(key, -1)
            return
        self.names[key] = self._compiled(merged)
        if not existed:
            self._count_parents(key, 1)

    def _compiled(self, merged: Records) -> Compiled:
        compiled = Compiled(alias=merged.alias)
        if merged.alias:
            return compiled
        services = [(port, target) for port, target in merged.services if _is_name(target)]
        kinds = {
            wire.A: [wire.address_record(address) for address in dict.fromkeys(merged.addresses)],
            wire.SRV: [wire.service_record(port, target) for port, target in services],
            wire.PTR: [wire.name_record(wire.PTR, name) for name in merged.pointer if _is_name(name)],
            wire.TXT: [wire.text_record(merged.text)] if merged.text else [],
        }
        compiled.by_kind = {kind: (b"".join(packed), len(packed)) for kind, packed in kinds.items() if packed}
        compiled.targets = tuple(dict.fromkeys(target for _, target in services))
        return compiled

    def addresses_of(self, targets: tuple[str, ...]) -> tuple[bytes, int]:
        """Return packed A records of several names, each under its own name, and their number."""
        packed = []
        for target in targets:
            merged = self.records(target)
            owner = wire.encode_name(target)
            packed += [wire.address_record(address, owner) for address in (merged.addresses if merged else ())]
        return b"".join(packed), len(packed)

    def _count_parents(self, key: bytes, by: int) -> None:
        offset = 1 + key[0]
        while key[offset]:
            parent = key[offset:]
            self._parents[parent] += by
            if not self._parents[parent]:
                del self._parents[parent]
            offset += 1 + key[offset]


_EMPTY = Compiled()


def _is_name(name: str) -> bool:
    try:
        wire.encode_name(name)
    except (ValueError, UnicodeEncodeError):
        return False
    return True
