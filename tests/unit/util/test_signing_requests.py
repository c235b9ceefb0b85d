"""Certificate signing requests."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

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


def test_one_name_only() -> None:
    """A request with two common names, of which one might be judged and the other believed, is refused."""
    names = [x509.NameAttribute(NameOID.COMMON_NAME, name) for name in ("system:node:h1", "admin")]
    key = ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(names)).sign(key, hashes.SHA256())
    with pytest.raises(ValueError, match="2 common names"):
        read_request(request.public_bytes(serialization.Encoding.PEM))


def test_derived_authorities(tmp_path) -> None:
    """Of one purpose the same key each time, of another purpose another; none vouches for what another signed."""
    home = Authority.open(tmp_path, "ca", "ca")
    one, again, other = (home.derived(purpose, purpose) for purpose in ("one", "one", "other"))
    leaf = x509.load_pem_x509_certificate(one.issue("leaf")[0])
    leaf.verify_directly_issued_by(x509.load_pem_x509_certificate(again.pem))
    for stranger in (home, other):
        with pytest.raises((ValueError, TypeError)):
            leaf.verify_directly_issued_by(x509.load_pem_x509_certificate(stranger.pem))
