import dns.message
import dns.rrset
import pytest

from bouvier.network.dns import packets, wire


def answer() -> bytes:
    message = dns.message.make_response(dns.message.make_query("www.example.com", "A", use_edns=True))
    message.answer.append(dns.rrset.from_text("www.example.com.", 300, "IN", "CNAME", "example.com."))
    message.answer.append(dns.rrset.from_text("example.com.", 60, "IN", "A", "192.0.2.1", "192.0.2.2"))
    return message.to_wire()


def test_records_of_a_compressed_answer() -> None:
    """Types, times and data are found whatever the compression; EDNS is no record."""
    found = [(record.kind, record.ttl_seconds) for record in packets.records(answer())]

    assert found == [(wire.CNAME, 300), (wire.A, 60), (wire.A, 60)]


def test_answers_age() -> None:
    """A kept answer holds for as much less as it was kept, and never for nothing."""
    aged = dns.message.from_wire(packets.aged(answer(), 100))

    assert [rrset.ttl for rrset in aged.answer] == [200, 1]


def test_cut_off_answers() -> None:
    """An answer that ends in the middle of a record is refused."""
    whole = answer()
    for length in (len(whole) - 1, 40, 13):
        with pytest.raises(wire.MalformedError):
            list(packets.records(whole[:length]))
