"""The ranges that addresses of Services come from: the platform's own and those that ServiceCIDRs add to it.

A range that is being deleted counts until it is gone: Services may still have addresses of it. Limits: IPv4 only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from ipaddress import IPv4Network, collapse_addresses
from typing import Any

from bouvier.meta.objects import Obj
from bouvier.meta.resources import SERVICECIDRS
from bouvier.network.informers import Informers


def more_than(first: IPv4Network, cidrs: Iterable[Obj]) -> tuple[IPv4Network, ...]:
    """Return the ranges outside of `first`, sorted, those that lie side by side or in one another joined."""
    found = []
    for obj in cidrs:
        for text in (obj.get("spec") or {}).get("cidrs") or ():
            network = IPv4Network(text) if ":" not in text else None
            if network is not None and not network.subnet_of(first):
                found.append(network)
    return tuple(collapse_addresses(network for network in found if not network.overlaps(first)))


class ServiceRanges:
    """Follows ServiceCIDRs and tells when there are more or fewer ranges."""

    def __init__(self, informers: Informers, first: IPv4Network, changed: Callable[[], None]) -> None:
        """Call `changed` whenever `more` has changed."""
        self._first = first
        self._changed = changed
        self.more: tuple[IPv4Network, ...] = ()
        """Ranges beside the first one."""
        self._cidrs = informers.informer(SERVICECIDRS)
        self._cidrs.add_handler(self._look)
        self._look()

    def _look(self, *_change: Any) -> None:
        more = more_than(self._first, self._cidrs.items())
        if more != self.more:
            self.more = more
            self._changed()
