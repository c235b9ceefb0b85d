"""PEM texts that hold certificates, read one block after the other.

Blocks are found as Go's `encoding/pem` finds them; text between them does not matter. The library that reads
certificates is imported at the first use: it takes longer to import than all kinds together.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from bouvier.kinds.fields import Errors
from bouvier.meta.errors import FieldError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

MAX_BUNDLE_BYTES = 1024 * 1024
_BLOCK = re.compile(r"-----BEGIN ([^\n-]*)-----\s*\n(.*?)-----END \1-----", re.DOTALL)
_HEADER = re.compile(r"^[^\n:]+:[^\n]*\n")


class Block(NamedTuple):
    """One block of a PEM text."""

    kind: str
    has_headers: bool
    content: bytes


def blocks(text: str) -> Iterator[Block]:
    """Yield the blocks that can be decoded."""
    for found in _BLOCK.finditer(text):
        body = found[2]
        has_headers = bool(_HEADER.match(body))
        encoded = "".join(body.rpartition("\n\n")[2].split())
        try:
            yield Block(found[1], has_headers, base64.b64decode(encoded, validate=True))
        except binascii.Error:
            continue


def certificate(content: bytes) -> Certificate | None:
    """Return the certificate that DER bytes are, None when they are none."""
    from cryptography import x509  # noqa: PLC0415 - heavy, and needed by few

    try:
        return x509.load_der_x509_certificate(content)
    except (ValueError, x509.InvalidVersion):
        return None


def check_bundle(path: str, text: str) -> Errors:
    """Check a bundle of trust anchors: certificates of authorities, each once."""
    if len(text.encode()) > MAX_BUNDLE_BYTES:
        yield FieldError("FieldValueTooLong", path, f"Too long: may not be more than {MAX_BUNDLE_BYTES} bytes")
        return
    found: dict[bytes, list[int]] = {}
    is_wrong = False
    for index, block in enumerate(blocks(text)):
        wrong = _wrong(block)
        if wrong:
            is_wrong = True
            yield _hidden(path, f"entry {index} {wrong}")
        else:
            found.setdefault(block.content, []).append(index)
    if is_wrong:
        return
    if not found:
        yield _hidden(path, "at least one trust anchor must be provided")
    for indices in found.values():
        if len(indices) > 1:
            yield _hidden(path, f"duplicate trust anchor (indices [{' '.join(map(str, indices))}])")


def _wrong(block: Block) -> str:
    """Return what is wrong with a block of a bundle, nothing when it is a certificate of an authority."""
    if block.kind != "CERTIFICATE":
        return f"has bad block type: {block.kind}"
    if block.has_headers:
        return "has PEM block headers"
    read = certificate(block.content)
    if read is None:
        return "does not parse as X.509"
    return "" if _is_authority(read) else "does not have the CA bit set"


def _is_authority(read: Certificate) -> bool:
    from cryptography import x509  # noqa: PLC0415 - see `certificate`

    try:
        return read.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


def _hidden(path: str, detail: str) -> FieldError:
    return FieldError("FieldValueInvalid", path, f'Invalid value: "<value omitted>": {detail}')
