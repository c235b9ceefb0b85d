"""Probes and reports."""

from ipaddress import IPv4Address

from hypothesis import given, settings
from hypothesis import strategies as st

from bouvier.network.overlay.probe import Finding, checksum, echo, parse
from bouvier.network.overlay.report import report_of
from tests.unit.network.overlay.hosts import host

IP_HEADER = bytes([0x45]) + bytes(19)


@settings(deadline=None)
@given(st.integers(0, 65535), st.integers(0, 65535), st.floats(0, 1e9))
def test_echo(identifier: int, sequence: int, now: float) -> None:
    """A request sums up to zero as RFC 1071 asks, and its answer gives back the moment of sending."""
    request = echo(identifier, sequence, now)
    assert checksum(request) == 0
    answer = IP_HEADER + bytes([0]) + request[1:]
    assert parse(answer, identifier) == now
    assert parse(answer, identifier ^ 1) is None
    assert parse(IP_HEADER + request, identifier) is None


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_any_packet_is_survived(packet: bytes) -> None:
    """What comes in on the raw socket may be anything."""
    parse(packet, 1)


def make(missed: int, before=None, now="t1", why=None):
    findings = {IPv4Address("10.42.2.1"): Finding(missed, 1.25)}
    return report_of(host(1), "ipsec", [host(2)], findings, before=before, now=now, why=why or {})


def test_a_host_that_answers() -> None:
    """The report names state, moment and time of the answer, and belongs to the Node."""
    report = make(0)
    assert report["peers"] == [
        {"name": "h2", "address": "10.98.0.2", "state": "established", "since": "t1", "milliseconds": "1.2"}
    ]
    assert report["metadata"]["ownerReferences"][0]["uid"] == "uid-1"


def test_a_missed_probe_is_no_news() -> None:
    """One lost packet changes nothing, and an unchanged state is not written again."""
    first = make(0)
    assert make(2, first, "t2") == first


def test_a_host_that_is_lost() -> None:
    """After three probes it is unreachable, and the report says what the driver knows."""
    lost = make(3, make(0), "t2", {"h2": "security association: none"})
    assert lost["peers"][0]["state"] == "unreachable"
    assert lost["peers"][0]["since"] == "t2"
    assert lost["peers"][0]["message"] == "security association: none"
