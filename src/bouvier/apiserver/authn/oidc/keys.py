"""The keys of one issuer: found by discovery, fetched again when an unknown one is named, kept through outages.

Source: OpenID Connect Discovery 1.0, RFC 7517.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from typing import Any
from urllib.parse import urlsplit

import structlog

from bouvier.apiserver.authn.oidc.configuration import Issuer

log = structlog.get_logger(__name__)
FETCH_SECONDS = 10.0
PAUSE_SECONDS = 1.0
"""Least time between two fetches: whoever sends forged tokens must not make us a burden to the issuer."""
REFRESH_SECONDS = 600.0
"""Keys that an issuer has withdrawn are given up after this."""
MAX_BYTES = 1 << 20

Jwk = dict[str, Any]


class IssuerKeys:
    """Keys of one issuer as last seen."""

    def __init__(self, issuer: Issuer) -> None:
        self.issuer = issuer
        self.is_known = False
        """Whether the issuer has answered at least once."""
        self._keys: list[Jwk] = []
        self._fetched_at = float("-inf")
        self._fetching: asyncio.Task[None] | None = None

    def candidates(self, kid: str, algorithm: str) -> list[Jwk]:
        """Return the keys that may have signed a token with this header."""
        kinds = {"RS": "RSA", "PS": "RSA", "ES": "EC"}
        return [
            key
            for key in self._keys
            if (not kid or key.get("kid") == kid)
            and key.get("kty") == kinds.get(algorithm[:2])
            and key.get("use", "sig") == "sig"
            and key.get("alg", algorithm) == algorithm
        ]

    def is_due(self) -> bool:
        """Tell whether the keys are old."""
        return time.monotonic() - self._fetched_at > REFRESH_SECONDS

    async def refresh(self) -> None:
        """Fetch the keys, together with whoever wants that at the same moment; what is known stays when that fails."""
        if self._fetching is None:
            if time.monotonic() - self._fetched_at < PAUSE_SECONDS:
                return
            self._fetching = asyncio.create_task(self._fetch(), name=f"keys of {self.issuer.url}")
        await asyncio.shield(self._fetching)

    async def _fetch(self) -> None:
        import aiohttp  # noqa: PLC0415 - only where issuers are configured

        try:
            async with asyncio.timeout(FETCH_SECONDS), aiohttp.ClientSession() as session:
                described = await self._get(session, self.issuer.discovery_url)
                found = await self._get(session, self._keys_of(described))
            self._keys = _listed(found)
            self.is_known = True
        except (aiohttp.ClientError, OSError, ValueError) as error:
            log.warning("keys of an OIDC issuer cannot be fetched", issuer=self.issuer.url, error=str(error))
        finally:
            self._fetched_at = time.monotonic()
            self._fetching = None

    def _keys_of(self, described: dict[str, Any]) -> str:
        """Return where the issuer that describes itself so has its keys. Raises: ValueError."""
        if described.get("issuer") != self.issuer.url:
            raise ValueError(f"the document at {self.issuer.discovery_url} is of issuer {described.get('issuer')!r}")
        place = str(described.get("jwks_uri") or "")
        if urlsplit(place).scheme != "https":
            raise ValueError("jwks_uri is not an https URL")
        return place

    async def _get(self, session: Any, url: str) -> dict[str, Any]:
        import orjson  # noqa: PLC0415

        trust = ssl.create_default_context(cadata=self.issuer.authority_pem or None)
        async with session.get(url, ssl=trust, allow_redirects=False) as answer:
            body = await answer.content.read(MAX_BYTES)
            if answer.status != 200:
                raise ValueError(f"{url} answered with status {answer.status}")
        document = orjson.loads(body)
        if not isinstance(document, dict):
            raise ValueError(f"{url} is no JSON object")  # noqa: TRY004
        return document


def _listed(document: dict[str, Any]) -> list[Jwk]:
    keys = document.get("keys")
    if not isinstance(keys, list):
        raise ValueError("the key set has no keys")  # noqa: TRY004 - what the issuer sent is wrong
    return [key for key in keys if isinstance(key, dict)]
