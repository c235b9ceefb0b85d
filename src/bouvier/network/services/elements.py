"""Frontends and targets as elements of flat nftables maps. Pure.

A packet to a frontend meets four maps: `services` says how many backends there are, a random number below that is put
in the packet's mark, `endpoints` turns frontend and mark into an address and port. Frontends that are reached at every
address of the host have the same maps without an address, whose names begin with `node_`.

The mark carries a tag, so that later rules know whose packet it is; it is taken off when the packet leaves. Sticky
frontends have a second element for each backend, whose number follows from the backend itself and not from its place:
what is remembered for a client stays right when other backends come and go.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import NamedTuple

from bouvier.network.services.plan import ANY_LOCAL, Backend, Frontend, Target

TAG = 0xB0570000
"""Upper half of a packet's mark while it is ours."""
TAG_MASK = 0xFFFF0000
LASTING = 0x8000
"""Set in the lower half when the number follows from the backend itself."""


class Element(NamedTuple):
    """One element of a map, or of a set when it has no value."""

    collection: str
    key: str
    value: str = ""


class Chooser(NamedTuple):
    """A chain that chooses one of so many backends."""

    backends: int
    sticky_seconds: int
    at_node: bool

    @property
    def name(self) -> str:
        """Return the chain's name: `pick_3`, `node_pick_3`, `stick_3_10800`."""
        name = f"stick_{self.backends}_{self.sticky_seconds}" if self.sticky_seconds else f"pick_{self.backends}"
        return "node_" + name if self.at_node else name


def chooser_of(frontend: Frontend, target: Target) -> Chooser | None:
    """Return the chain that a frontend needs; None when it has no backend."""
    if not target.backends:
        return None
    return Chooser(len(target.backends), target.sticky_seconds, frontend.address == ANY_LOCAL)


def elements_of(frontend: Frontend, target: Target) -> Iterator[Element]:
    """Yield the elements that make a frontend lead to its target."""
    chooser = chooser_of(frontend, target)
    key = key_of(frontend)
    if chooser is None:
        if frontend.address != ANY_LOCAL:
            yield Element("refused", key)
        return
    prefix = "node_" if chooser.at_node else ""
    yield Element(prefix + ("ports" if chooser.at_node else "services"), key, f"goto {chooser.name}")
    lasting = lasting_numbers(target.backends) if target.sticky_seconds else {}
    for index, backend in enumerate(target.backends):
        value = f"{backend.address} . {backend.port}"
        place = f"{key} . {TAG | index:#x}"
        yield Element(prefix + "endpoints", place, value)
        if lasting:
            number = f"{TAG | lasting[backend]:#x}"
            yield Element(prefix + "endpoints", f"{key} . {number}", value)
            yield Element(prefix + "lasting", place, number)


def key_of(frontend: Frontend) -> str:
    """Return a frontend as the first part of keys."""
    tail = f"{frontend.protocol} . {frontend.port}"
    return tail if frontend.address == ANY_LOCAL else f"{frontend.address} . {tail}"


def lasting_numbers(backends: tuple[Backend, ...]) -> dict[Backend, int]:
    """Return a number for each backend that depends on little else, all different."""
    numbers: dict[Backend, int] = {}
    taken: set[int] = set()
    for backend in backends:
        number = zlib.crc32(f"{backend.address}:{backend.port}".encode()) % LASTING
        while number in taken:
            number = (number + 1) % LASTING
        taken.add(number)
        numbers[backend] = LASTING | number
    return numbers
