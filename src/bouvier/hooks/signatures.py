"""Signatures of calls by a key that sender and hook share, in two forms. Pure.

- Standard Webhooks: `webhook-id`, `webhook-timestamp`, `webhook-signature: v1,BASE64(HMAC-SHA256(id.timestamp.body))`;
  a call that is older than five minutes is refused, so a copy serves nobody later.
- GitHub: `X-Hub-Signature-256: sha256=HEX(HMAC-SHA256(body))`; it holds no time, the delivery id alone tells a copy.

Source: https://www.standardwebhooks.com, https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable

OLDEST_SECONDS = 300
_WHSEC = "whsec_"


def refusal(key: bytes, header: Callable[[str], str], body: bytes, now: float) -> str:
    """Return why a call is not taken, empty when its signature is good."""
    if header("Webhook-Signature"):
        return _standard(key, header, body, now)
    if header("X-Hub-Signature-256"):
        wanted = "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest()
        return "" if hmac.compare_digest(wanted, header("X-Hub-Signature-256")) else "the signature is wrong"
    return "calls of this hook must be signed: Webhook-Signature or X-Hub-Signature-256 is missing"


def _standard(key: bytes, header: Callable[[str], str], body: bytes, now: float) -> str:
    stamp = header("Webhook-Timestamp")
    if not stamp.isdigit() or abs(now - int(stamp)) > OLDEST_SECONDS:
        return f"Webhook-Timestamp: {stamp!r} is not within {OLDEST_SECONDS} seconds of now"
    signed = f"{header('Webhook-Id')}.{stamp}.".encode() + body
    wanted = base64.b64encode(hmac.new(_secret(key), signed, hashlib.sha256).digest()).decode()
    given = [each.partition(",")[2] for each in header("Webhook-Signature").split() if each.startswith("v1,")]
    return "" if any(hmac.compare_digest(wanted, each) for each in given) else "the signature is wrong"


def _secret(key: bytes) -> bytes:
    """Return the bytes of a key that may be written as `whsec_BASE64`."""
    text = key.decode("latin-1").strip()
    if not text.startswith(_WHSEC):
        return key
    try:
        return base64.b64decode(text.removeprefix(_WHSEC), validate=True)
    except binascii.Error:
        return key
