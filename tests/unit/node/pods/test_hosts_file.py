"""Name resolution inside pods."""

from bouvier.engine.specs import Resolver
from bouvier.node.pods.hosts_file import hosts_file, resolver_of
from bouvier.node.ports import ResolverSettings
from tests.support.pods import pod

CLUSTER = ResolverSettings(("10.42.0.1",), ("ns.svc.cluster.local",), ("ndots:5",))
HOST = "# comment\nnameserver 192.0.2.53\nsearch example.test\noptions timeout:1\n"


def test_hosts_file() -> None:
    """The pod's own name, with its domain where it has one, and the aliases."""
    of = pod(hostname="web", subdomain="sub", hostAliases=[{"ip": "1.2.3.4", "hostnames": ["a", "b"]}])
    text = hosts_file(of, ["10.42.0.9"], "cluster.local")
    assert "10.42.0.9\tweb.sub.ns.svc.cluster.local\tweb\n" in text
    assert text.endswith("1.2.3.4\ta\tb\n")


def test_policies() -> None:
    """ClusterFirst asks the cluster, Default the host, None only what the pod says."""
    assert resolver_of(pod(), CLUSTER, HOST).servers == ("10.42.0.1",)
    assert resolver_of(pod(dnsPolicy="Default"), CLUSTER, HOST).servers == ("192.0.2.53",)
    assert resolver_of(pod(hostNetwork=True), CLUSTER, HOST).searches == ("example.test",)
    assert resolver_of(pod(hostNetwork=True, dnsPolicy="ClusterFirstWithHostNet"), CLUSTER, HOST).servers == (
        "10.42.0.1",
    )
    config = {"nameservers": ["9.9.9.9"], "options": [{"name": "ndots", "value": "2"}, {"name": "rotate"}]}
    assert resolver_of(pod(dnsPolicy="None", dnsConfig=config), CLUSTER, HOST) == Resolver(
        ("9.9.9.9",), (), ("ndots:2", "rotate")
    )
    assert resolver_of(pod(dnsConfig=config), CLUSTER, HOST).options == ("ndots:2", "rotate")
