"""The ranges that addresses of Services are taken from: the ServiceCIDRs of a logical cluster that are ready."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Network

from bouvier.apiserver import codec
from bouvier.apiserver.cache.hub import CacheHub, StoreKey
from bouvier.kinds.networking_v1.servicecidrs import is_ready, network_of
from bouvier.meta.objects import Obj
from bouvier.meta.resources import SERVICECIDRS


class ServiceRanges:
    """Follows ServiceCIDRs through the cache. Addresses of Services are IPv4; other ranges are left alone."""

    def __init__(self, hub: CacheHub, first_of: Callable[[str], IPv4Network]) -> None:
        """Use what `first_of` gives for a cluster while it has no ServiceCIDR."""
        self._first_of = first_of
        self._usable: dict[str, dict[str, tuple[IPv4Network, ...]]] = {}
        hub.listen(SERVICECIDRS.group, SERVICECIDRS.plural, self._observe)

    def of(self, cluster: str) -> list[IPv4Network]:
        """Return the usable ranges, the cluster's first one before the others; empty when all are on their way out."""
        first, known = self._first_of(cluster), self._usable.get(cluster)
        if not known:
            return [first]
        found = dict.fromkeys(network for networks in known.values() for network in networks)
        return sorted(found, key=lambda network: (network != first, network))

    def everywhere(self) -> list[IPv4Network]:
        """Return the usable ranges that ServiceCIDRs of any cluster name: new clusters keep away from them."""
        found = (network for known in self._usable.values() for networks in known.values() for network in networks)
        return list(dict.fromkeys(found))

    def _observe(self, key: StoreKey, value: bytes | None) -> None:
        own = self._usable.setdefault(key.cluster, {})
        if value is None:
            own.pop(key.name, None)
        else:
            own[key.name] = _usable(codec.decode(value))


def _usable(obj: Obj) -> tuple[IPv4Network, ...]:
    if obj["metadata"].get("deletionTimestamp") or not is_ready(obj):
        return ()
    networks = (network_of(text) for text in (obj.get("spec") or {}).get("cidrs") or ())
    return tuple(network for network in networks if isinstance(network, IPv4Network))
