"""Recognising tokens of configured issuers.

Verifying may mean fetching keys, so it happens in `prepare`, before the request is judged; `find` only looks up what was
found out, for a short while.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import time
from typing import Any

import orjson
import structlog

from bouvier.apiserver.authn.oidc.configuration import Configuration, Issuer
from bouvier.apiserver.authn.oidc.keys import IssuerKeys, Jwk
from bouvier.apiserver.authn.oidc.mapping import RefusedTokenError, user_of
from bouvier.apiserver.request import User

log = structlog.get_logger(__name__)
REMEMBERED_SECONDS = 10.0
"""How long a verified token is believed without another look. Source: Kubernetes' success TTL."""
REMEMBERED = 4096
LOOK_SECONDS = 10.0


class OidcTokens:
    """Knows the users of all issuers of a configuration."""

    def __init__(self) -> None:
        self._issuers: dict[str, IssuerKeys] = {}
        self._verified: dict[str, tuple[float, User]] = {}

    @property
    def is_used(self) -> bool:
        """Tell whether there is any issuer."""
        return bool(self._issuers)

    def configure(self, configuration: Configuration) -> None:
        """Take these issuers from now on; keys of issuers that stay are kept."""
        before, self._verified = self._issuers, {}
        self._issuers = {}
        for issuer in configuration.issuers:
            kept = before.get(issuer.url)
            same = kept is not None and _place(kept.issuer) == _place(issuer)
            if kept is not None and same:
                kept.issuer = issuer
            self._issuers[issuer.url] = kept if kept is not None and same else IssuerKeys(issuer)

    def find(self, token: str) -> User | None:
        """Return whose token this is, if `prepare` has found it good."""
        until, user = self._verified.get(token, (0.0, None))
        return user if time.time() < until else None

    def is_ours(self, token: str) -> bool:
        """Tell whether a token claims to come from one of the issuers."""
        return self._issuer_of(token) is not None

    async def prepare(self, token: str) -> None:
        """Verify a token that claims to come from one of the issuers; what is wrong with it is logged."""
        keys = self._issuer_of(token)
        if keys is None or self.find(token) is not None:
            return
        try:
            user, ends = await self._verify(keys, token)
        except RefusedTokenError as error:
            log.info("a token was refused", issuer=keys.issuer.url, reason=str(error))
            return
        if len(self._verified) >= REMEMBERED:
            self._verified.clear()
        self._verified[token] = (min(ends, time.time() + REMEMBERED_SECONDS), user)

    def _issuer_of(self, token: str) -> IssuerKeys | None:
        claims = _part(token, 1)
        issuer = claims.get("iss") if claims else None
        return self._issuers.get(issuer) if isinstance(issuer, str) else None

    async def _verify(self, keys: IssuerKeys, token: str) -> tuple[User, float]:
        issuer, header = keys.issuer, _part(token, 0) or {}
        algorithm, kid = str(header.get("alg") or ""), str(header.get("kid") or "")
        if algorithm not in issuer.algorithms:
            raise RefusedTokenError(f"signature algorithm {algorithm or 'none'} is not accepted")
        claims = _checked(token, keys.candidates(kid, algorithm), algorithm)
        if claims is None:
            await keys.refresh()
            claims = _checked(token, keys.candidates(kid, algorithm), algorithm)
        if claims is None:
            known = "failed to verify signature" if keys.is_known else "the issuer has not answered yet"
            raise RefusedTokenError(known)
        return user_of(issuer, _current(issuer, claims)), float(claims["exp"])

    async def run(self) -> None:
        """Fetch keys in advance and from time to time, until cancelled."""
        while True:
            due = [keys for keys in self._issuers.values() if not keys.is_known or keys.is_due()]
            if due:
                with contextlib.suppress(Exception):
                    await asyncio.gather(*(keys.refresh() for keys in due))
            await asyncio.sleep(LOOK_SECONDS)


def _place(issuer: Issuer) -> tuple[str, str, str]:
    return issuer.url, issuer.discovery_url, issuer.authority_pem


def _part(token: str, number: int) -> dict[str, Any] | None:
    """Return header or claims of a token as it says they are."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        found = orjson.loads(base64.urlsafe_b64decode(parts[number] + "=" * (-len(parts[number]) % 4)))
    except (ValueError, binascii.Error):
        return None
    return found if isinstance(found, dict) else None


def _checked(token: str, candidates: list[Jwk], algorithm: str) -> dict[str, Any] | None:
    """Return the claims if one of the keys has signed them."""
    from joserfc import jwt  # noqa: PLC0415
    from joserfc.errors import JoseError  # noqa: PLC0415
    from joserfc.jwk import import_key  # noqa: PLC0415

    for candidate in candidates:
        with contextlib.suppress(JoseError, ValueError, TypeError, KeyError):
            public = {name: value for name, value in candidate.items() if name not in ("d", "p", "q", "dp", "dq", "qi")}
            decoded: dict[str, Any] = jwt.decode(token, import_key(public), algorithms=[algorithm]).claims
            return decoded
    return None


def _current(issuer: Issuer, claims: dict[str, Any]) -> dict[str, Any]:
    """Return the claims of a token that is meant for us and in its time."""
    audiences = claims.get("aud")
    audiences = [audiences] if isinstance(audiences, str) else audiences
    if not isinstance(audiences, list) or not issuer.audiences.intersection(map(str, audiences)):
        raise RefusedTokenError(f"expected audience in {sorted(issuer.audiences)} got {audiences}")
    ends, begins, now = claims.get("exp"), claims.get("nbf", 0), time.time()
    if not isinstance(ends, int | float) or isinstance(ends, bool) or now >= ends:
        raise RefusedTokenError(f"token is expired (Token Expiry: {ends})")
    if not isinstance(begins, int | float) or begins > now + 1:
        raise RefusedTokenError("current time is before the nbf (not before) time")
    return claims
