"""Signed tokens: service account tokens (bound, expiring, or kept in a Secret) and console sessions, as JWTs.

One key signs; every key in the folder beside it verifies too, so that a key can be changed without voiding the tokens that
are out. Elliptic and RSA keys are taken, algorithms are those of the keys and never those that a token names.

Source: Kubernetes "Managing Service Accounts" (claims), RFC 7519.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey

from bouvier.util.pki import private_pem, write_private

ISSUER = "https://kubernetes.default.svc.cluster.local"
LEGACY_ISSUER = "kubernetes/serviceaccount"
"""Of tokens that are kept in Secrets."""
SESSION_AUDIENCE = "bouvier-console"
OLD_KEYS = "sa-keys"
"""Folder beside `sa.key`, with keys that do not sign any more."""
_CURVES = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}
LEEWAY_SECONDS = 1

Key = ECKey | RSAKey


class Signer:
    """Signs with one key and checks with all of them."""

    def __init__(self, pem: bytes, others: Sequence[bytes] = ()) -> None:
        self._key = _read(pem)
        self._all = [self._key, *map(_read, others)]
        self._set = KeySet(self._all)  # type: ignore[arg-type]
        self._algorithms = sorted({_algorithm(key) for key in self._all})

    @classmethod
    def from_file(cls, path: Path) -> Signer:
        """Read the keys, or make the first one at first start."""
        if not path.exists():
            write_private(path, private_pem(ec.generate_private_key(ec.SECP256R1())))
        others = sorted((path.parent / OLD_KEYS).glob("*.*"))
        return cls(path.read_bytes(), [other.read_bytes() for other in others])

    @property
    def kid(self) -> str:
        """Identifier of the key that signs."""
        return str(self._key.kid)

    @property
    def algorithms(self) -> list[str]:
        """Algorithms of all keys."""
        return self._algorithms

    def public_jwks(self) -> dict[str, Any]:
        """Return the key set that verifiers may fetch."""
        return {"keys": [key.as_dict(private=False) | {"use": "sig", "alg": _algorithm(key)} for key in self._all]}

    def sign(self, claims: dict[str, Any], seconds: int, audiences: list[str]) -> str:
        """Return a token that is valid from now for so many seconds."""
        now = int(time.time())
        full = {
            "iss": ISSUER,
            "iat": now,
            "nbf": now,
            "exp": now + seconds,
            "aud": audiences,
            "jti": str(uuid.uuid4()),
        }
        return self.sign_as_is(full | claims)

    def sign_as_is(self, claims: dict[str, Any]) -> str:
        """Return a token with exactly these claims."""
        algorithm = _algorithm(self._key)
        return jwt.encode({"alg": algorithm, "kid": self.kid}, claims, self._key, algorithms=[algorithm])

    def claims(self, token: str) -> dict[str, Any] | None:
        """Return the claims of a token that one of the keys has signed, None for any other text."""
        try:
            decoded: dict[str, Any] = jwt.decode(token, self._set, algorithms=self._algorithms).claims
        except (JoseError, ValueError, TypeError, KeyError):
            return None
        return decoded

    def verify(self, token: str, audience: str) -> dict[str, Any] | None:
        """Return the claims of a valid token for the audience, None for any other text."""
        claims = self.claims(token)
        return claims if claims and is_current(claims) and audience in audiences_of(claims) else None


def audiences_of(claims: dict[str, Any]) -> list[str]:
    """Return who a token is for."""
    audiences = claims.get("aud") or []
    return [audiences] if isinstance(audiences, str) else list(audiences)


def is_current(claims: dict[str, Any]) -> bool:
    """Tell whether a token of our own issuer is in its time."""
    now = time.time()
    begun = claims.get("nbf", 0) <= now + LEEWAY_SECONDS
    return bool(claims.get("iss") == ISSUER and begun and now < claims.get("exp", 0))


def _read(pem: bytes) -> Key:
    kind: type[Key] = ECKey
    try:
        key: Key = ECKey.import_key(pem)
    except (ValueError, TypeError, JoseError):
        kind = RSAKey
        key = kind.import_key(pem)
    key.ensure_kid()
    return key


def _algorithm(key: Key) -> str:
    return _CURVES[str(key.curve_name)] if isinstance(key, ECKey) else "RS256"
