"""Signed tokens: service account tokens (bound, expiring) and console sessions, as ES256 JWTs.

Source: Kubernetes "Managing Service Accounts" (claims), RFC 7519.
"""

from __future__ import annotations

import secrets
import time
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from bouvier.util.pki import private_pem, write_private

ISSUER = "https://kubernetes.default.svc.cluster.local"
SESSION_AUDIENCE = "bouvier-console"
ALGORITHMS = ["ES256"]


class Signer:
    """Signs and checks tokens with the key in one file."""

    def __init__(self, pem: bytes) -> None:
        self._key = ECKey.import_key(pem)
        self._key.ensure_kid()

    @classmethod
    def from_file(cls, path: Path) -> Signer:
        """Read the key, or make one at first start."""
        if not path.exists():
            write_private(path, private_pem(ec.generate_private_key(ec.SECP256R1())))
        return cls(path.read_bytes())

    @property
    def kid(self) -> str:
        """Identifier of the key."""
        return str(self._key.kid)

    def public_jwks(self) -> dict[str, Any]:
        """Return the key set that verifiers may fetch."""
        return {"keys": [self._key.as_dict(private=False) | {"use": "sig", "alg": "ES256"}]}

    def sign(self, claims: dict[str, Any], seconds: int, audiences: list[str]) -> str:
        """Return a token that is valid from now for so many seconds."""
        now = int(time.time())
        full = {
            "iss": ISSUER,
            "iat": now,
            "nbf": now,
            "exp": now + seconds,
            "aud": audiences,
            "jti": secrets.token_hex(8),
        }
        return jwt.encode({"alg": "ES256", "kid": self.kid}, full | claims, self._key, algorithms=ALGORITHMS)

    def verify(self, token: str, audience: str) -> dict[str, Any] | None:
        """Return the claims of a valid token for the audience, None for any other text."""
        try:
            claims: dict[str, Any] = jwt.decode(token, self._key, algorithms=ALGORITHMS).claims
        except (JoseError, ValueError):
            return None
        now = time.time()
        audiences = claims.get("aud") or []
        audiences = [audiences] if isinstance(audiences, str) else audiences
        valid = claims.get("iss") == ISSUER and audience in audiences
        return claims if valid and claims.get("nbf", 0) <= now + 1 and now < claims.get("exp", 0) else None
