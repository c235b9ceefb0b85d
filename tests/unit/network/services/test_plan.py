from ipaddress import IPv4Address
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bouvier.network.addresses.leases import Lease
from bouvier.network.addresses.types import PodPort
from bouvier.network.services.elements import elements_of
from bouvier.network.services.plan import (
    ANY_LOCAL,
    Backend,
    Frontend,
    Frontends,
    Target,
    claims_of_pod,
    claims_of_service,
)
from tests.unit.network.making import endpoint, endpoint_slice, service

ONE, TWO = Backend("10.42.0.2", 8080), Backend("10.42.1.2", 8080)
SLICE = endpoint_slice("web", endpoint(ONE.address), endpoint(TWO.address, "there"))


def test_every_way_to_a_service() -> None:
    """Cluster address, external addresses, the balancer's and the node port all lead to the endpoints."""
    made = service("web", type="LoadBalancer", externalIPs=["192.0.2.7"], ports=[{"port": 80, "nodePort": 30080}])
    made["status"] = {"loadBalancer": {"ingress": [{"ip": "192.0.2.8"}, {"ip": "192.0.2.9", "ipMode": "Proxy"}]}}

    claims = claims_of_service(made, [SLICE], "here")
    where = [Frontend(a, "tcp", 80) for a in ("10.43.0.100", "192.0.2.7", "192.0.2.8")]
    assert set(claims) == {*where, Frontend(ANY_LOCAL, "tcp", 30080)}
    assert set(claims.values()) == {Target((ONE, TWO))}


def test_headless_and_aliases_have_no_frontend() -> None:
    """Headless and ExternalName Services are a matter of names alone."""
    assert claims_of_service(service("web", "None"), [SLICE], "here") == {}
    assert claims_of_service(service("web", "", type="ExternalName"), [SLICE], "here") == {}


def test_traffic_policies() -> None:
    """`Local` keeps to this host's endpoints, inside and outside separately."""
    made = service("web", type="NodePort", ports=[{"port": 80, "nodePort": 30080}], externalTrafficPolicy="Local")
    claims = claims_of_service(made, [SLICE], "there")
    assert claims[Frontend(ANY_LOCAL, "tcp", 30080)] == Target((TWO,))
    assert claims[Frontend("10.43.0.100", "tcp", 80)] == Target((ONE, TWO))

    made["spec"] |= {"externalTrafficPolicy": "Cluster", "internalTrafficPolicy": "Local"}
    claims = claims_of_service(made, [SLICE], "nowhere")
    assert claims[Frontend("10.43.0.100", "tcp", 80)] == Target(())


def test_affinity_has_kubernetes_default() -> None:
    """Client affinity lasts three hours unless said otherwise."""
    made = service("web", sessionAffinity="ClientIP")
    assert claims_of_service(made, [SLICE], "here")[Frontend("10.43.0.100", "tcp", 80)].sticky_seconds == 10800

    made["spec"]["sessionAffinityConfig"] = {"clientIP": {"timeoutSeconds": 60}}
    assert claims_of_service(made, [SLICE], "here")[Frontend("10.43.0.100", "tcp", 80)].sticky_seconds == 60


def test_the_hosts_own_address_is_not_refused() -> None:
    """A Service at the name server's address without endpoints leaves it to the host; with endpoints it leads there."""
    made = service("kube-dns", "10.43.0.10", ports=[{"port": 53, "protocol": "UDP"}])
    own = frozenset({"10.43.0.10"})

    assert claims_of_service(made, [], "here", own=own) == {}
    claims = claims_of_service(
        made, [endpoint_slice("kube-dns", endpoint("10.42.0.2"), protocol="UDP")], "here", own=own
    )
    assert claims[Frontend("10.43.0.10", "udp", 53)] == Target((ONE,))


def test_host_ports() -> None:
    """A host port is reached at every address, or at the one it names."""
    ports = (PodPort(80, 8080), PodPort(53, 53, "UDP", "127.0.0.1"), PodPort(1, 1, "TCP", "::1"))
    claims = claims_of_pod(Lease(IPv4Address("10.42.0.2"), "u", "default", "web", ports))

    assert claims == {
        Frontend(ANY_LOCAL, "tcp", 8080): Target((Backend("10.42.0.2", 80),)),
        Frontend("127.0.0.1", "udp", 53): Target((Backend("10.42.0.2", 53),)),
    }


def test_two_claims_to_one_frontend() -> None:
    """Of two Services with one external address the first by name holds it; when it goes the other gets it."""
    frontends, where = Frontends(), Frontend("192.0.2.7", "tcp", 80)
    frontends.claim("default/b", {where: Target((TWO,))})
    frontends.claim("default/a", {where: Target((ONE,))})
    assert frontends.target(where) == Target((ONE,))

    assert frontends.claim("default/a", {}) == {where}
    assert frontends.target(where) == Target((TWO,))
    assert frontends.claim("default/b", {}) == {where}
    assert frontends.target(where) is None


CONDITIONS = st.fixed_dictionaries({"ready": st.booleans(), "serving": st.booleans(), "terminating": st.booleans()})


@settings(deadline=None)
@given(
    st.dictionaries(st.integers(2, 9), CONDITIONS, max_size=6),
    st.sampled_from(["Cluster", "Local"]),
    st.sampled_from([0, 60]),
)
def test_frontends_lead_to_usable_endpoints_only(
    endpoints: dict[int, dict[str, Any]], policy: str, sticky: int
) -> None:
    """Whatever state endpoints are in, the kernel's maps hold ready ones only, or serving terminating ones if none is."""
    made = service("web", type="NodePort", ports=[{"port": 80, "nodePort": 30080}], externalTrafficPolicy=policy)
    if sticky:
        made["spec"]["sessionAffinity"] = "ClientIP"
    listed = [endpoint(f"10.42.0.{n}", **conditions) for n, conditions in endpoints.items()]
    claims = claims_of_service(made, [endpoint_slice("web", *listed)], "here")

    ready = {f"10.42.0.{n} . 8080" for n, c in endpoints.items() if c["ready"]}
    serving = {f"10.42.0.{n} . 8080" for n, c in endpoints.items() if c["serving"] and c["terminating"]}
    for frontend, target in claims.items():
        elements = list(elements_of(frontend, target))
        assert len({(e.collection, e.key) for e in elements}) == len(elements)
        assert {e.value for e in elements if e.collection.endswith("endpoints")} == (ready or serving)


def _slice(*ports: dict[str, Any], addresses: tuple[str, ...]) -> dict[str, Any]:
    return endpoint_slice("web", *(endpoint(one) for one in addresses)) | {"ports": list(ports)}


def test_several_slices_of_one_service() -> None:
    """Each gives the ports that it names; the same address may stand in several."""
    named = [{"name": "port80", "port": 80}, {"name": "port81", "port": 81}]
    first = _slice({"name": "port80", "port": 8090, "protocol": "TCP"}, addresses=("10.42.0.2",))
    for address in ("10.42.0.2", "10.42.0.3"):
        second = _slice({"name": "port81", "port": 9090, "protocol": "TCP"}, addresses=(address,))
        claims = claims_of_service(service("web", ports=named), [first, second], "here")
        assert claims[Frontend("10.43.0.100", "tcp", 80)] == Target((Backend("10.42.0.2", 8090),))
        assert claims[Frontend("10.43.0.100", "tcp", 81)] == Target((Backend(address, 9090),))


def test_one_number_for_two_protocols() -> None:
    """Each leads to its own port, and goes alone."""
    both = [{"name": "tcp-port", "port": 80, "protocol": "TCP"}, {"name": "udp-port", "port": 80, "protocol": "UDP"}]
    ends = [one | {"port": 8080 + number} for number, one in enumerate(both)]
    held = _slice(*ends, addresses=("10.42.0.2",))
    tcp, udp = Frontend("10.43.0.100", "tcp", 80), Frontend("10.43.0.100", "udp", 80)
    claims = claims_of_service(service("web", ports=both), [held], "here")
    assert (claims[tcp], claims[udp]) == (Target((Backend("10.42.0.2", 8080),)), Target((Backend("10.42.0.2", 8081),)))
    assert set(claims_of_service(service("web", ports=both[:1]), [held], "here")) == {tcp}
    assert set(claims_of_service(service("web", ports=both[1:]), [held], "here")) == {udp}
