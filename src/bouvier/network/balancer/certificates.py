"""Certificates for the balancer: checking those of Secrets, making the one for hosts without any."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bouvier.meta.objects import Obj

_LIFETIME = timedelta(days=3650)
"""Nobody trusts it anyway; it only has to outlive the installation."""


def pem_of_secret(secret: Obj | None) -> str:
    """Return certificate chain and key of a `kubernetes.io/tls` Secret, checked, as HAProxy reads them.

    Raises:
        ValueError: what is wrong with it.
    """
    if secret is None:
        raise ValueError("there is no such Secret of type kubernetes.io/tls; the default certificate is shown instead")
    data: dict[str, Any] = secret.get("data") or {}
    return checked_pair(_decoded(data, "tls.crt"), _decoded(data, "tls.key"), ("tls.crt", "tls.key"))


def checked_pair(chain: bytes, key: bytes, names: tuple[str, str]) -> str:
    """Return certificate chain and key, checked, as HAProxy reads them; `names` are theirs in complaints.

    Raises:
        ValueError: what is wrong with them.
    """
    try:
        certificate = x509.load_pem_x509_certificates(chain)[0]
        private = serialization.load_pem_private_key(key, None)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{names[0]} or {names[1]} cannot be read: {error}") from error
    if _public(private.public_key()) != _public(certificate.public_key()):
        raise ValueError(f"{names[1]} does not belong to the first certificate in {names[0]}")
    return f"{chain.decode().strip()}\n{key.decode().strip()}\n"


def default_certificate(file: Path, now: datetime) -> str:
    """Return the self-signed certificate that is kept in a file, making it at first."""
    try:
        return file.read_text()
    except FileNotFoundError:
        pass
    draft = file.with_suffix(".next")
    draft.touch(mode=0o600)
    draft.write_text(_self_signed(now))
    draft.replace(file)
    return file.read_text()


def _self_signed(now: datetime) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Bouvier default certificate")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _LIFETIME)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("bouvier.invalid")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode() + private.decode()


def _decoded(data: dict[str, Any], name: str) -> bytes:
    try:
        raw = base64.b64decode(data[name], validate=True)
    except KeyError as error:
        raise ValueError(f"it has no {name}") from error
    except (binascii.Error, TypeError) as error:
        raise ValueError(f"{name} is not base64") from error
    if not raw.isascii():
        raise ValueError(f"{name} is not PEM text")
    return raw


def _public(key: Any) -> bytes:
    encoded: bytes = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return encoded
