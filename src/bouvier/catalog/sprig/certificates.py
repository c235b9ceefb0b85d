"""Keys and certificates made while a chart renders."""

from __future__ import annotations

import base64
import ipaddress
import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bouvier.catalog.gotemplate.errors import FunctionError
from bouvier.catalog.gotemplate.values import Record

_RSA_BITS = 2048
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

_MAKERS: dict[str, Callable[[], Any]] = {
    "rsa": lambda: rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS),
    "ecdsa": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "dsa": lambda: dsa.generate_private_key(key_size=2048),
}


def new_key(kind: str) -> str:
    """Return a private key of a kind in PEM."""
    make = _MAKERS.get(kind or "rsa")
    if make is None:
        raise FunctionError(f"unknown type of key {kind}: there are {', '.join(_MAKERS)}")
    return _key_pem(make())


def _key_pem(key: Any) -> str:
    form = serialization.PrivateFormat.TraditionalOpenSSL
    if isinstance(key, ed25519.Ed25519PrivateKey):
        form = serialization.PrivateFormat.PKCS8
    data: bytes = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    return data.decode()


def _key_of(pem: str) -> Any:
    try:
        return serialization.load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError) as error:
        raise FunctionError(f"not a private key: {error}") from None


def _pair(certificate: x509.Certificate, key: Any) -> Record:
    pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
    return Record("sprig.certificate", {"Cert": pem, "Key": _key_pem(key)})


class _Wish:
    """What a certificate shall say."""

    def __init__(self, name: str, days: int, ips: Sequence[Any] = (), names: Sequence[Any] = ()) -> None:
        if not 0 < days < 36_500:
            raise FunctionError(f"{days} is no number of days for a certificate")
        self.subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.days = days
        try:
            self.alternatives: list[x509.GeneralName] = [x509.IPAddress(ipaddress.ip_address(ip)) for ip in ips or ()]
        except ValueError as error:
            raise FunctionError(f"certificate: {error}") from None
        self.alternatives += [x509.DNSName(str(one)) for one in names or ()]


def _signed(wish: _Wish, key: Any, issuer: x509.Name, issuer_key: Any, *, is_authority: bool) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(wish.subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(secrets.randbits(127))
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=wish.days))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(_usage(is_authority=is_authority), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False
        )
    )
    if wish.alternatives:
        builder = builder.add_extension(x509.SubjectAlternativeName(wish.alternatives), critical=False)
    algorithm = None if isinstance(issuer_key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(issuer_key, algorithm)


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=True,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def authority(name: str, days: int, pem: str = "") -> Record:
    """Return an authority of one's own, with the key given or a new one."""
    key = _key_of(pem) if pem else _MAKERS["rsa"]()
    wish = _Wish(name, days)
    return _pair(_signed(wish, key, wish.subject, key, is_authority=True), key)


def self_signed(name: str, ips: Any, names: Any, days: int, pem: str = "") -> Record:
    """Return a certificate signed by its own key."""
    key = _key_of(pem) if pem else _MAKERS["rsa"]()
    wish = _Wish(name, days, ips, names)
    return _pair(_signed(wish, key, wish.subject, key, is_authority=False), key)


def by_authority(name: str, ips: Any, names: Any, days: int, *rest: Any) -> Record:
    """Return a certificate signed by an authority, the first of `rest`; the second may be the key in PEM."""
    signer, pem = [*rest, ""][:2]
    if not isinstance(signer, Record) or "Cert" not in signer.fields:
        raise FunctionError("the authority must come from genCA or buildCustomCert")
    issuer = x509.load_pem_x509_certificate(signer.fields["Cert"].encode())
    key = _key_of(pem) if pem else _MAKERS["rsa"]()
    wish = _Wish(name, days, ips, names)
    issuer_key = _key_of(signer.fields["Key"])
    return _pair(_signed(wish, key, issuer.subject, issuer_key, is_authority=False), key)


def custom(certificate_base64: str, key_base64: str) -> Record:
    """Return a certificate and its key, given in PEM in base64, as one value."""
    try:
        certificate, key = (base64.b64decode(text).decode() for text in (certificate_base64, key_base64))
        x509.load_pem_x509_certificate(certificate.encode())
    except ValueError as error:
        raise FunctionError(f"unable to read the certificate: {error}") from None
    _key_of(key)
    return Record("sprig.certificate", {"Cert": certificate, "Key": key})
