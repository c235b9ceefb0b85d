"""What pods are told about name servers. Pure."""

from __future__ import annotations

from ipaddress import IPv4Address

from bouvier.network.addresses.types import ResolverSettings

OPTIONS = ("ndots:5",)
"""Names with fewer than five dots are tried with the search domains first, as in Kubernetes."""
MAX_SEARCHES = 32
"""As many as Kubernetes hands on."""


def cluster_first(
    namespace: str, *, server: IPv4Address, domain: str, host_searches: tuple[str, ...] = ()
) -> ResolverSettings:
    """Return the settings of a pod whose `dnsPolicy` is `ClusterFirst`."""
    searches = (f"{namespace}.svc.{domain}", f"svc.{domain}", domain, *host_searches)
    return ResolverSettings((str(server),), tuple(dict.fromkeys(searches))[:MAX_SEARCHES], OPTIONS)
