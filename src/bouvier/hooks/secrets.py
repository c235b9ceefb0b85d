"""The secret in a hook's URL: drawn by whoever makes the hook, known to the platform by its hash alone. Pure but for drawing."""

from __future__ import annotations

import hashlib
import hmac
import secrets

PREFIX = "/hooks/"
SECRET_BYTES = 32
"""256 bits are not to be guessed, so a plain fast hash is enough."""
_NOBODY = "sha256:" + "0" * 64


def draw() -> str:
    """Return a new secret that fits into a URL."""
    return secrets.token_urlsafe(SECRET_BYTES)


def hashed(secret: str) -> str:
    """Return the form in which a secret is kept."""
    return "sha256:" + hashlib.sha256(secret.encode()).hexdigest()


def is_secret(text: str, kept: str | None) -> bool:
    """Tell whether this is the secret, in the same time whether it is, is not, or there is no hook at all."""
    return hmac.compare_digest(hashed(text), kept or _NOBODY) and kept is not None


def path_of(cluster: str, namespace: str, name: str) -> str:
    """Return the path of a hook without its secret."""
    return f"{PREFIX}{cluster}/{namespace}/{name}"


def parse_path(path: str) -> tuple[str, str, str, str] | None:
    """Return cluster, namespace, name and secret of a path, None for another form."""
    parts = path.removeprefix(PREFIX).split("/")
    return (parts[0], parts[1], parts[2], parts[3]) if len(parts) == 4 and all(parts) else None
