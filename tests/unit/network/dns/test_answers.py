"""Answers are read with dnspython: what an independent implementation understands is what clients will."""

from ipaddress import IPv4Network

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bouvier.meta.objects import Obj
from bouvier.network.dns import wire
from bouvier.network.dns.answers import Answers, Forward, Ranges
from bouvier.network.dns.records import names_of_service
from bouvier.network.dns.server import fitted
from bouvier.network.dns.zone import Zone
from tests.unit.network.making import endpoint, endpoint_slice, service

RANGES = Ranges(services=IPv4Network("10.43.0.0/16"), platform=IPv4Network("10.42.0.0/16"))
DOMAIN = "cluster.local"


def answers(*services: tuple[Obj, list[Obj]]) -> Answers:
    zone = Zone(DOMAIN)
    for obj, slices in services:
        zone.say(obj["metadata"]["name"], names_of_service(obj, slices, DOMAIN))
    return Answers(zone, RANGES)


def ask(server: Answers, name: str, kind: str = "A", *, edns: bool = False) -> dns.message.Message | Forward:
    query = dns.message.make_query(name, kind, use_edns=edns)
    parsed = wire.parse_query(query.to_wire())
    found = server.answer(parsed)
    if isinstance(found, Forward):
        return found
    message = dns.message.from_wire(fitted(found, parsed))
    assert query.is_response(message)
    return message


def texts(message: dns.message.Message | Forward) -> list[str]:
    assert isinstance(message, dns.message.Message)
    return sorted(item.to_text() for rrset in message.answer for item in rrset)


def test_a_service_with_an_address() -> None:
    """Its name, its ports, its endpoints' names and the way back."""
    ports = [{"name": "http", "port": 80}, {"name": "dns", "port": 53, "protocol": "UDP"}]
    piece = endpoint_slice("web", endpoint("10.42.0.5"), port_name="http")
    server = answers((service("web", ports=ports), [piece]))
    base = "web.default.svc.cluster.local"

    assert texts(ask(server, base)) == ["10.43.0.100"]
    assert texts(ask(server, f"_http._tcp.{base}", "SRV")) == [f"0 100 80 {base}."]
    assert texts(ask(server, f"_dns._udp.{base}", "SRV")) == [f"0 100 53 {base}."]
    assert texts(ask(server, f"10-42-0-5.{base}")) == ["10.42.0.5"]
    assert texts(ask(server, "100.0.43.10.in-addr.arpa", "PTR")) == [f"{base}."]
    assert texts(ask(server, "5.0.42.10.in-addr.arpa", "PTR")) == [f"10-42-0-5.{base}."]


def test_srv_brings_the_addresses_along() -> None:
    """An SRV answer has the targets' addresses beside it, also after they changed."""
    zone = Zone(DOMAIN)
    made = service("db", "None", ports=[{"name": "sql", "port": 5432}])
    for address in ("10.42.0.5", "10.42.0.6"):
        named = endpoint(address) | {"hostname": "db-0"}
        zone.say("db", names_of_service(made, [endpoint_slice("db", named, port_name="sql")], DOMAIN))
    message = ask(Answers(zone, RANGES), "_sql._tcp.db.default.svc.cluster.local", "SRV")

    assert isinstance(message, dns.message.Message)
    assert [item.to_text() for rrset in message.additional for item in rrset] == ["10.42.0.6"]


def test_headless_addresses_take_turns() -> None:
    """Each answer begins with another endpoint."""
    piece = endpoint_slice("db", *(endpoint(f"10.42.0.{n}") for n in range(2, 5)))
    server = answers((service("db", "None"), [piece]))

    firsts = set()
    for _ in range(3):
        message = ask(server, "db.default.svc.cluster.local")
        assert isinstance(message, dns.message.Message)
        firsts.add(message.answer[0][0].to_text())
        assert len(texts(message)) == 3
    assert firsts == {"10.42.0.2", "10.42.0.3", "10.42.0.4"}


def test_headless_without_ports_and_not_ready() -> None:
    """A headless Service needs no port; with publishNotReadyAddresses it lists what is not ready too."""
    piece = endpoint_slice("db", endpoint("10.42.0.2", ready=False, serving=False)) | {"ports": []}
    made = service("db", "None", ports=[])
    assert texts(ask(answers((made, [piece])), "db.default.svc.cluster.local")) == []

    made["spec"]["publishNotReadyAddresses"] = True
    assert texts(ask(answers((made, [piece])), "db.default.svc.cluster.local")) == ["10.42.0.2"]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("gone.default.svc.cluster.local", "NXDOMAIN"),
        ("default.svc.cluster.local", "NOERROR"),
        ("_tcp.web.default.svc.cluster.local", "NOERROR"),
        ("cluster.local", "NOERROR"),
        ("1-2-3-4.default.pod.cluster.local", "NXDOMAIN"),
        ("9.9.43.10.in-addr.arpa", "NXDOMAIN"),
    ],
)
def test_nothing_to_answer(name: str, code: str) -> None:
    """Names that do not exist are told from names without the type asked; both carry the zone's SOA."""
    server = answers((service("web", ports=[{"name": "http", "port": 80}]), []))
    message = ask(server, name)

    assert isinstance(message, dns.message.Message)
    assert dns.rcode.to_text(message.rcode()) == code
    assert message.answer == []
    if name.endswith(DOMAIN):
        assert message.authority[0].name.to_text() == "cluster.local."
        assert message.authority[0].rdtype == dns.rdatatype.SOA


def test_other_names_are_somebody_elses() -> None:
    """Names outside the cluster are passed on, also those that only end alike, and addresses outside our ranges."""
    server = answers()

    for name in ("example.com", "notcluster.local", "local", "1.2.0.192.in-addr.arpa"):
        assert isinstance(ask(server, name), Forward), name


def test_aliases() -> None:
    """An alias to a Service is followed, one to the world is passed on, a circle fails."""
    to = {name: service(name, "", type="ExternalName", externalName=target) for name, target in [
        ("near", "web.default.svc.cluster.local"),
        ("far", "example.com."),
        ("a", "b.default.svc.cluster.local"),
        ("b", "a.default.svc.cluster.local"),
    ]}  # fmt: skip
    server = answers((service("web"), []), *((obj, []) for obj in to.values()))

    assert texts(ask(server, "near.default.svc.cluster.local")) == ["10.43.0.100", "web.default.svc.cluster.local."]
    assert texts(ask(server, "far.default.svc.cluster.local", "CNAME")) == ["example.com."]
    far = ask(server, "far.default.svc.cluster.local")
    assert isinstance(far, Forward)
    assert far.alias == "example.com"
    circle = ask(server, "a.default.svc.cluster.local")
    assert isinstance(circle, dns.message.Message)
    assert circle.rcode() == dns.rcode.SERVFAIL


def test_large_answers_are_cut_at_a_record() -> None:
    """Over UDP a client gets as many addresses as fit and is told that there are more; with EDNS more fit."""
    piece = endpoint_slice("db", *(endpoint(f"10.42.0.{n}") for n in range(2, 202)))
    server = answers((service("db", "None"), [piece]))

    for edns, least in ((False, 25), (True, 65)):
        message = ask(server, "db.default.svc.cluster.local", edns=edns)
        assert isinstance(message, dns.message.Message)
        assert message.flags & dns.flags.TC
        assert least < len(texts(message)) < 200


LABEL = st.from_regex(r"[a-z]([-a-z0-9]{0,20}[a-z0-9])?", fullmatch=True)


@settings(deadline=None)
@given(LABEL, LABEL, st.lists(st.integers(2, 250), max_size=40, unique=True), st.sampled_from(["None", "10.43.0.100"]))
def test_every_name_parses(name: str, namespace: str, hosts: list[int], address: str) -> None:
    """Whatever Services are called and however many endpoints they have, answers are whole and right."""
    made = service(name, address, namespace, ports=[{"name": "p", "port": 80}])
    piece = endpoint_slice(name, *(endpoint(f"10.42.0.{n}") for n in hosts), port_name="p")
    zone = Zone(DOMAIN)
    names = names_of_service(made, [piece], DOMAIN)
    zone.say("x", names)
    server = Answers(zone, RANGES)

    for text in names:
        for kind in ("A", "SRV", "PTR", "AAAA"):
            assert isinstance(ask(server, text, kind, edns=len(hosts) > 20), dns.message.Message)
    zone.say("x", {})
    assert zone.names == {}
    assert zone.find(wire.encode_name(f"svc.{DOMAIN}")) is None


@settings(deadline=None)
@given(st.binary(max_size=80))
def test_garbage_is_refused(packet: bytes) -> None:
    """Any bytes are either a query or refused as malformed."""
    try:
        query = wire.parse_query(packet)
    except wire.MalformedError:
        return
    answers((service("web"), [])).answer(query)
