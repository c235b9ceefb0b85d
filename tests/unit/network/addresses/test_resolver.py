from ipaddress import IPv4Address

from bouvier.network.addresses.resolver import MAX_SEARCHES, cluster_first
from bouvier.network.addresses.types import PodRef

SERVER = IPv4Address("10.43.0.10")

POD = PodRef("shop", "a", "u")


def test_cluster_first() -> None:
    """A pod asks the cluster's server, its own namespace first, the host's domains last."""
    found = cluster_first(POD, server=SERVER, domain="cluster.local", host_searches=("example.com",))

    assert found.servers == ("10.43.0.10",)
    assert found.searches == ("shop.svc.cluster.local", "svc.cluster.local", "cluster.local", "example.com")
    assert found.options == ("ndots:5",)


def test_the_list_of_domains_stays_within_its_limit() -> None:
    """A host with very many search domains does not break the pod's file."""
    hosts = tuple(f"d{number}.example" for number in range(50))

    assert len(cluster_first(POD, server=SERVER, domain="c", host_searches=hosts).searches) == MAX_SEARCHES


def test_a_pod_of_a_stack_finds_ranchers_names() -> None:
    """`helper.web` and `web.shop` are found by the list of domains that Cattle gave, after Kubernetes' own."""
    pod = PodRef("default", "a", "u", stack="shop", service="web")
    found = cluster_first(pod, server=SERVER, domain="c")
    assert found.searches[-3:] == ("shop.rancher.internal", "web.shop.rancher.internal", "rancher.internal")
    assert found.searches[0] == "default.svc.c"
