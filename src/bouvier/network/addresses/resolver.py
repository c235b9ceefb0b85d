"""What pods are told about name servers. Pure."""

from __future__ import annotations

from ipaddress import IPv4Address

from bouvier.network.addresses.types import Pod, ResolverSettings
from bouvier.network.dns.rancher import ZONE

OPTIONS = ("ndots:5",)
"""Names with fewer than five dots are tried with the search domains first, as in Kubernetes."""
MAX_SEARCHES = 32
"""As many as Kubernetes hands on."""


def cluster_first(
    pod: Pod, *, server: IPv4Address, domain: str, host_searches: tuple[str, ...] = ()
) -> ResolverSettings:
    """Return the settings of a pod whose `dnsPolicy` is `ClusterFirst`; those of stacks find Rancher's names too."""
    own = (f"{pod.stack}.{ZONE}", f"{pod.service}.{pod.stack}.{ZONE}", ZONE) if pod.stack else ()
    searches = (f"{pod.namespace}.svc.{domain}", f"svc.{domain}", domain, *own, *host_searches)
    return ResolverSettings((str(server),), tuple(dict.fromkeys(searches))[:MAX_SEARCHES], OPTIONS)
