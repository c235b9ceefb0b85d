"""Certificate signing requests (ECDSA P-256): making one, reading one, answering one.

Source: RFC 2986 (PKCS #10), RFC 5280.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bouvier.util.pki import general_name, private_pem


@dataclass(frozen=True, slots=True)
class SigningRequest:
    """What a request asks to be called."""

    common_name: str
    organisations: tuple[str, ...]
    hosts: tuple[str, ...]
    """DNS names and addresses of the subject alternative name; other kinds appear as `TYPE:…`."""


def new_key() -> bytes:
    """Return a new private key in PEM."""
    return private_pem(ec.generate_private_key(ec.SECP256R1()))


def make_request(
    key_pem: bytes, common_name: str, organisations: tuple[str, ...] = (), hosts: tuple[str, ...] = ()
) -> bytes:
    """Return a request in PEM, signed with the key."""
    key = serialization.load_pem_private_key(key_pem, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    names = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, name) for name in organisations]
    builder = x509.CertificateSigningRequestBuilder().subject_name(
        x509.Name([*names, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    )
    if hosts:
        names_of_hosts = x509.SubjectAlternativeName([general_name(host) for host in hosts])
        builder = builder.add_extension(names_of_hosts, critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def read_request(pem: bytes) -> SigningRequest:
    """Return what a request asks for, after checking that its sender holds the key.

    Raises:
        ValueError: it is not a request, its signature is wrong, or it bears several names, of which a signer might
            judge one and a server believe another.
    """
    try:
        request = x509.load_pem_x509_csr(pem)
        good = request.is_signature_valid
    except (ValueError, UnsupportedAlgorithm, InvalidSignature) as error:
        raise ValueError(f"not a certificate signing request in PEM: {error}") from None
    if not good:
        raise ValueError("the signature of the request is wrong")
    names = _texts(request.subject, NameOID.COMMON_NAME)
    if len(names) > 1:
        raise ValueError(f"the subject has {len(names)} common names: ask for one")
    return SigningRequest(
        common_name=names[0] if names else "",
        organisations=tuple(_texts(request.subject, NameOID.ORGANIZATION_NAME)),
        hosts=tuple(_hosts(request)),
    )


def request_id(pem: bytes) -> str:
    """Return a short name that follows from what a request asks for and its key, the same at each making."""
    return hashlib.sha256(x509.load_pem_x509_csr(pem).tbs_certrequest_bytes).hexdigest()[:16]


def _texts(name: x509.Name, oid: x509.ObjectIdentifier) -> list[str]:
    return [str(attribute.value) for attribute in name.get_attributes_for_oid(oid)]


def _hosts(request: x509.CertificateSigningRequest) -> list[str]:
    try:
        names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    plain = (x509.DNSName, x509.IPAddress)
    return [str(name.value) if isinstance(name, plain) else f"{type(name).__name__}:{name.value}" for name in names]


def matches(certificate_pem: bytes, key_pem: bytes) -> bool:
    """Tell whether a certificate is for this private key."""
    key = serialization.load_pem_private_key(key_pem, None)
    certificate = x509.load_pem_x509_certificate(certificate_pem)
    return _public(key.public_key()) == _public(certificate.public_key())


def ca_hash(certificate_pem: bytes) -> str:
    """Return `sha256:HEX` of an authority's public key, the form in which joining hosts are told whom to trust.

    Source: RFC 7469 (SubjectPublicKeyInfo), kubeadm's `--discovery-token-ca-cert-hash`.
    """
    public = x509.load_pem_x509_certificate(certificate_pem).public_key()
    return "sha256:" + hashlib.sha256(_public(public)).hexdigest()


def _public(key: object) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    encoded: bytes = key.public_bytes(serialization.Encoding.DER, form)  # type: ignore[attr-defined]
    return encoded
