"""Public keys of certificate requests, and the proof that who asks holds the private one.

The library that reads keys is imported at the first use: it takes longer to import than all kinds together.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING, Any

from bouvier.kinds import fields
from bouvier.kinds.fields import Errors
from bouvier.meta.errors import FieldError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

MAX_BYTES = 10 * 1024
"""Of a request, a key and a proof, each."""
RSA_BITS = (3072, 4096)
CURVES = ("secp256r1", "secp384r1", "secp521r1")


def decoded(text: str | None) -> bytes:
    """Return bytes written as base64; nothing for text that is none."""
    try:
        return base64.b64decode(text or "", validate=True)
    except binascii.Error:
        return b""


def check_request(path: str, encoded: str) -> Errors:
    """Check a PKCS#10 request: its form, its key and its signature."""
    from cryptography import x509  # noqa: PLC0415 - heavy, and needed by few

    content = decoded(encoded)
    if len(content) > MAX_BYTES:
        yield fields.too_long(path, MAX_BYTES)
        return
    try:
        request = x509.load_der_x509_csr(content)
        is_signed = request.is_signature_valid
    except (ValueError, TypeError):
        yield fields.invalid(path, encoded, "must be a valid PKCS#10 CSR")
        return
    yield from _key(path, request.public_key())
    if not is_signed:
        yield FieldError("FieldValueInvalid", path, "Invalid value: could not verify the signature of the request")


def check_proof(key_path: str, key: str, proof_path: str, proof: str, subject: str) -> Errors:
    """Check a public key, and that it made the signature of `subject`."""
    for path, text in ((key_path, key), (proof_path, proof)):
        if len(decoded(text)) > MAX_BYTES:
            yield fields.too_long(path, MAX_BYTES)
            return
    public = public_key(key)
    if public is None:
        yield fields.invalid(key_path, key, "must be a valid PKIX-serialized public key")
        return
    wrong = list(_key(key_path, public))
    yield from wrong
    if not wrong and not _is_signed(public, subject.encode(), decoded(proof)):
        detail = "Invalid value: could not verify proof-of-possession signature"
        yield FieldError("FieldValueInvalid", proof_path, detail)


def public_key(encoded: str) -> Any:
    """Return the public key that base64 text is, None when it is none."""
    from cryptography.hazmat.primitives.serialization import load_der_public_key  # noqa: PLC0415 - see above

    try:
        return load_der_public_key(decoded(encoded))
    except (ValueError, TypeError):
        return None


def requested_key(spec: dict[str, Any]) -> Any:
    """Return the public key that a request asks a certificate for."""
    from cryptography import x509  # noqa: PLC0415 - see above

    if not spec.get("stubPKCS10Request"):
        return public_key(spec.get("pkixPublicKey") or "")
    try:
        return x509.load_der_x509_csr(decoded(spec["stubPKCS10Request"])).public_key()
    except (ValueError, TypeError):
        return None


def is_for(certificate: Certificate, spec: dict[str, Any]) -> bool:
    """Tell whether a certificate was made for the key of a request."""
    return bool(certificate.public_key() == requested_key(spec))


def _key(path: str, key: Any) -> Errors:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa  # noqa: PLC0415 - see above

    if isinstance(key, ec.EllipticCurvePublicKey):
        if key.curve.name not in CURVES:
            yield fields.invalid(path, f"curve {key.curve.name}", "elliptic public keys must use curve P256 or P384")
    elif isinstance(key, rsa.RSAPublicKey):
        if key.key_size not in RSA_BITS:
            shown = f"{key.key_size}-bit modulus"
            yield fields.invalid(path, shown, "RSA keys must have modulus size 3072 or 4096")
    elif not isinstance(key, ed25519.Ed25519PublicKey):
        detail = "unknown public key type; supported types are Ed25519, ECDSA, and RSA"
        yield fields.invalid(path, type(key).__name__, detail)


def _is_signed(key: Any, subject: bytes, signature: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - see above
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils  # noqa: PLC0415

    digest, prehashed = hashlib.sha256(subject).digest(), utils.Prehashed(hashes.SHA256())
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, digest, ec.ECDSA(prehashed))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, digest, padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.AUTO), prehashed)
        else:
            key.verify(signature, subject)
    except InvalidSignature:
        return False
    return True
