"""A smallest valid object of every kind, and what tells some kinds from the others."""

import base64
import copy
from functools import lru_cache
from pathlib import Path

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.x509.oid import NameOID

from bouvier.kinds.kind import Kind
from bouvier.util.pki import Authority

NAMESPACE = "sample"


@lru_cache(maxsize=1)
def _bodies() -> dict[str, dict]:
    return yaml.safe_load(Path(__file__).with_name("samples.yaml").read_text())


def has_sample(kind: Kind) -> bool:
    return _key(kind) in _bodies()


def sample(kind: Kind, folder: Path, name: str = "sample") -> dict:
    """Return a new object of a kind, ready to be created."""
    resource = kind.resource
    body = copy.deepcopy(_bodies()[_key(kind)])
    metadata = {"name": name} | body.pop("metadata", {})
    if resource.namespaced:
        metadata["namespace"] = NAMESPACE
    spec = body.get("spec") or {}
    for field, marker in (("request", "REQUEST"), ("stubPKCS10Request", "STUB"), ("trustBundle", "BUNDLE")):
        if spec.get(field) == marker:
            spec[field] = _made(marker, folder)
    return {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata, **body}


def is_named_by_content(kind: Kind) -> bool:
    """Tell whether the name follows from what the object says, so that there can be but one such sample."""
    return "metadata" in _bodies()[_key(kind)]


def _key(kind: Kind) -> str:
    return f"{kind.resource.api_version}/{kind.resource.plural}"


def _made(marker: str, folder: Path) -> str:
    if marker == "BUNDLE":
        return Authority.open(folder / "anchors", "ca", "sample").pem.decode()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sample")])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject)
    signed = request.sign(ed25519.Ed25519PrivateKey.generate(), None)
    encoding = serialization.Encoding.PEM if marker == "REQUEST" else serialization.Encoding.DER
    return base64.b64encode(signed.public_bytes(encoding)).decode()
