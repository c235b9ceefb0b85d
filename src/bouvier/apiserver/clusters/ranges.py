"""Address ranges of native clusters: drawn when the Cluster is made, beside those of every other one and of this host."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import IPv4Network

from bouvier.apiserver.admission.chain import Operation, concerns
from bouvier.apiserver.clusters.directory import GROUP, LOCAL, PLURAL, ClusterDirectory
from bouvier.meta.errors import ApiError, invalid, invalid_object
from bouvier.meta.objects import Obj, name_of
from bouvier.util.ranges import choose_ranges

NAMES = ("podCIDR", "serviceCIDR")


class ClusterRanges:
    """The admission plug-in that gives native clusters their ranges, and the answer to which range is whose."""

    def __init__(
        self, directory: ClusterDirectory, service_cidr: str, taken: Callable[[], Sequence[IPv4Network]]
    ) -> None:
        """Use `service_cidr` for `local` and for clusters without ranges; `taken` are ranges to keep away from."""
        self._directory = directory
        self._default = IPv4Network(service_cidr)
        self._taken = taken
        self._drawn: dict[str, list[IPv4Network]] = {}

    def services(self, cluster: str) -> IPv4Network:
        """Return the service range of a cluster."""
        found = self._directory.get(cluster)
        text = _native(found).get("serviceCIDR") if found else ""
        return IPv4Network(text) if text else self._default

    @concerns((GROUP, PLURAL))
    async def admit(self, operation: Operation) -> None:
        """Complete the ranges of a new native cluster.

        Raises:
            ApiError: InternalError when nothing is free, Invalid for a range that cannot be used.

        """
        cluster = operation.obj
        if operation.resource != (GROUP, PLURAL) or operation.verb != "create" or cluster is None:
            return
        spec = cluster.get("spec") or {}
        name = (cluster.get("metadata") or {}).get("name", "")
        if spec.get("driver") != "native" or name == LOCAL:
            return
        part = spec.setdefault("native", {})
        given = [part[field] for field in NAMES if part.get(field)]
        if len(ranges_of(cluster)) != len(given):
            return  # validation says what is wrong with them
        if len(given) < len(NAMES):
            try:
                drawn = choose_ranges(self._used(), part.get("podCIDR", ""), part.get("serviceCIDR", ""))
            except ValueError as error:
                if given:
                    field = next(field for field in NAMES if part.get(field))
                    wrong = invalid(f"spec.native.{field}", part[field], str(error))
                    raise invalid_object(GROUP, "Cluster", name, [wrong]) from None
                raise ApiError("InternalError", f'no address ranges for cluster "{name}": {error}') from None
            part["podCIDR"], part["serviceCIDR"] = drawn
        if not operation.dry_run:
            self._drawn[name] = ranges_of(cluster)

    def _used(self) -> list[IPv4Network]:
        """Return what is in use; what was drawn counts until the Cluster is known, or for good where it never is."""
        known = {name_of(cluster): cluster for cluster in self._directory.all()}
        self._drawn = {name: ranges for name, ranges in self._drawn.items() if name not in known}
        own = [network for cluster in known.values() for network in ranges_of(cluster)]
        return [self._default, *self._taken(), *own, *(n for ranges in self._drawn.values() for n in ranges)]


def ranges_of(cluster: Obj) -> list[IPv4Network]:
    """Return the ranges that a Cluster names; what is no range is left to validation."""
    found = []
    for field in NAMES:
        try:
            found.append(IPv4Network(_native(cluster).get(field, "")))
        except ValueError:
            continue
    return found


def _native(cluster: Obj) -> Obj:
    part: Obj = (cluster.get("spec") or {}).get("native") or {}
    return part
