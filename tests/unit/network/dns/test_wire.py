import dns.message
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bouvier.network.dns import wire


@settings(deadline=None)
@given(st.lists(st.from_regex(r"[a-z0-9_]([-a-z0-9]{0,61}[a-z0-9])?", fullmatch=True), min_size=1, max_size=3))
def test_names_come_back(labels: list[str]) -> None:
    """Names are packed as RFC 1035 says."""
    name = ".".join(labels)

    assert wire.decode_name(wire.encode_name(name)) == name


@pytest.mark.parametrize("name", ["a..b", "x" * 64, ".".join(["x" * 60] * 5)])
def test_impossible_names(name: str) -> None:
    """What DNS has no room for is refused with the name in the message."""
    with pytest.raises(ValueError, match="is not a domain name"):
        wire.encode_name(name)


def test_queries_are_read() -> None:
    """Spelling is kept for the answer; the size that a client takes is bounded."""
    query = wire.parse_query(dns.message.make_query("WeB.Example", "AAAA", payload=4096).to_wire())
    assert (query.name, query.kind, query.udp_bytes) == (wire.encode_name("web.example"), wire.AAAA, 1232)
    assert b"WeB" in query.question

    plain = wire.parse_query(dns.message.make_query("web.example", "A").to_wire())
    assert (plain.udp_bytes, plain.has_edns) == (512, False)


def test_malformed_queries() -> None:
    """Answers, several questions and cut-off names are no queries."""
    packet = dns.message.make_query("web.example", "A").to_wire()

    for broken in (packet[:20], packet[:2] + b"\x81" + packet[3:], packet[:5] + b"\2" + packet[6:], b""):
        with pytest.raises(wire.MalformedError):
            wire.parse_query(broken)
    answer = dns.message.from_wire(wire.bare_failure(packet, wire.FORMAT_ERROR))
    assert (answer.id, answer.rcode()) == (int.from_bytes(packet[:2], "big"), wire.FORMAT_ERROR)
