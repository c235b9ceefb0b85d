"""Keys and certificates (ECDSA P-256): a certificate authority, server and client certificates.

Source: RFC 5280; names as Kubernetes reads them (common name = user, organisation = group).
"""

from __future__ import annotations

import ipaddress
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CA_DAYS = 3650
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Number of points of the curve. Source: FIPS 186-5, SP 800-186."""
LEAF_DAYS = 365
"""A year: renewed at each start when less than a third is left."""


class Authority:
    """A certificate authority kept as `NAME.crt` and `NAME.key` in a folder."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        self._key = key
        self._certificate = certificate

    @classmethod
    def open(cls, folder: Path, name: str, common_name: str) -> Authority:
        """Read the authority, or make one at first start."""
        certificate_path, key_path = folder / f"{name}.crt", folder / f"{name}.key"
        if key_path.exists() and certificate_path.exists():
            key = serialization.load_pem_private_key(key_path.read_bytes(), None)
            assert isinstance(key, ec.EllipticCurvePrivateKey)
            return cls(key, x509.load_pem_x509_certificate(certificate_path.read_bytes()))
        made = cls._made(ec.generate_private_key(ec.SECP256R1()), common_name)
        write_private(key_path, private_pem(made._key))  # noqa: SLF001 - its own
        write_private(certificate_path, made.pem, mode=0o644)
        return made

    def derived(self, purpose: str, common_name: str) -> Authority:
        """Return another authority for a purpose: its key follows from this one's, and proves nothing of it.

        Whoever holds this authority's key makes the same, without having to keep it.
        Source: RFC 5869; the excess of 128 bits leaves no bias, as FIPS 186-5 A.2.1 asks for.
        """
        numbers = self._key.private_numbers().private_value
        derivation = HKDF(hashes.SHA256(), length=48, salt=None, info=f"authority\0{purpose}".encode())
        secret = int.from_bytes(derivation.derive(numbers.to_bytes(32, "big")), "big")
        return self._made(ec.derive_private_key(secret % (_P256_ORDER - 1) + 1, ec.SECP256R1()), common_name)

    @classmethod
    def _made(cls, key: ec.EllipticCurvePrivateKey, common_name: str) -> Authority:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
        builder = _builder(subject, subject, key.public_key(), CA_DAYS)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        builder = builder.add_extension(_usage(authority=True), critical=True)
        identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        builder = builder.add_extension(identifier, critical=False)
        return cls(key, builder.sign(key, hashes.SHA256()))

    @property
    def pem(self) -> bytes:
        """The authority's certificate."""
        return self._certificate.public_bytes(serialization.Encoding.PEM)

    def issue(
        self,
        common_name: str,
        organisations: tuple[str, ...] = (),
        hosts: tuple[str, ...] = (),
        *,
        server: bool = False,
    ) -> tuple[bytes, bytes]:
        """Return `(certificate, key)` in PEM for a server's host names or for a client."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, o) for o in organisations]
        subject = x509.Name([*names, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
        purposes = (ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH,)
        return self._certify(subject, key.public_key(), hosts, purposes, LEAF_DAYS), private_pem(key)

    def sign(
        self, request_pem: bytes, *, client: bool, server: bool, days: float = LEAF_DAYS, organisation: str = ""
    ) -> bytes:
        """Return a certificate for the subject, names and key of a signing request, which the caller has judged.

        `organisation` takes the place of those that the request names.
        """
        request = x509.load_pem_x509_csr(request_pem)
        try:
            names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            hosts = tuple(str(name.value) for name in names)
        except x509.ExtensionNotFound:
            hosts = ()
        purposes = (ExtendedKeyUsageOID.CLIENT_AUTH,) * client + (ExtendedKeyUsageOID.SERVER_AUTH,) * server
        key = request.public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey)
        subject = _of_organisation(request.subject, organisation) if organisation else request.subject
        return self._certify(subject, key, hosts, purposes, days)

    def _certify(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
        hosts: tuple[str, ...],
        purposes: tuple[x509.ObjectIdentifier, ...],
        days: float,
    ) -> bytes:
        builder = _builder(subject, self._certificate.subject, key, days)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_usage(authority=False), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = builder.add_extension(issuer, critical=False)
        if hosts:
            names = x509.SubjectAlternativeName([general_name(host) for host in hosts])
            builder = builder.add_extension(names, critical=False)
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _of_organisation(subject: x509.Name, organisation: str) -> x509.Name:
    kept = [attribute for attribute in subject if attribute.oid != NameOID.ORGANIZATION_NAME]
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation), *kept])


def days_left(certificate_pem: bytes) -> float:
    """Return for how many more days a certificate is valid."""
    certificate = x509.load_pem_x509_certificate(certificate_pem)
    return (certificate.not_valid_after_utc - datetime.now(UTC)) / timedelta(days=1)


def hosts_of(certificate_pem: bytes) -> set[str]:
    """Return the host names and addresses that a server certificate is for."""
    certificate = x509.load_pem_x509_certificate(certificate_pem)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(name.value) for name in names}


def private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return a private key in PEM, not encrypted."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def write_private(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Write a file in one step, readable as `mode` says from its first moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".new")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey, days: float
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=days))
    )


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=authority,
        crl_sign=authority,
        key_encipherment=not authority,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def general_name(name: str) -> x509.GeneralName:
    """Return the entry of a subject alternative name for an address or a DNS name."""
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
