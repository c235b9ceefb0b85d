"""Certificate signing requests."""

import pytest

from bouvier.util.pki import Authority, hosts_of
from bouvier.util.signing_requests import ca_hash, make_request, matches, new_key, read_request, request_id


def test_a_request_says_what_it_asks() -> None:
    """Subject and names are read back as they were put in."""
    asked = read_request(make_request(new_key(), "system:node:h1", ("system:nodes",), ("10.98.0.1", "h1")))
    assert (asked.common_name, asked.organisations) == ("system:node:h1", ("system:nodes",))
    assert asked.hosts == ("10.98.0.1", "h1")


def test_nonsense_is_refused() -> None:
    """What is no request is named so."""
    with pytest.raises(ValueError, match="not a certificate signing request"):
        read_request(b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n")


def test_the_name_follows_from_the_content() -> None:
    """The same wish has the same name at each making, another key or address another one."""
    key = new_key()
    one = request_id(make_request(key, "a", hosts=("10.98.0.1",)))
    assert request_id(make_request(key, "a", hosts=("10.98.0.1",))) == one
    assert request_id(make_request(key, "a", hosts=("10.98.0.2",))) != one
    assert request_id(make_request(new_key(), "a", hosts=("10.98.0.1",))) != one


def test_signed_by_the_authority(tmp_path) -> None:
    """The certificate fits the key and carries the names; the authority's hash stays over restarts."""
    authority = Authority.open(tmp_path, "ca", "test-ca")
    key = new_key()
    request = make_request(key, "system:node:h1", ("system:nodes",), ("10.98.0.1",))
    certificate = authority.sign(request, client=True, server=True)
    assert matches(certificate, key)
    assert not matches(certificate, new_key())
    assert hosts_of(certificate) == {"10.98.0.1"}
    assert ca_hash(authority.pem) == ca_hash(Authority.open(tmp_path, "ca", "test-ca").pem)
