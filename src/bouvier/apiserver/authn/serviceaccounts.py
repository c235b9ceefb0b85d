"""Service account tokens: issued by TokenRequest, bound to a pod or secret, void when that is gone."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from bouvier.apiserver import codec
from bouvier.apiserver.authn.signing import ISSUER, Signer
from bouvier.apiserver.authn.tokens import AUTHENTICATED
from bouvier.apiserver.cache.hub import CacheHub
from bouvier.apiserver.request import User
from bouvier.meta.errors import FieldError, invalid, invalid_object
from bouvier.meta.objects import Obj

DEFAULT_SECONDS = 3600
MIN_SECONDS = 600
MAX_SECONDS = 1 << 32
CACHED_TOKENS = 4096
"""Verified claims kept by token text; checking a signature costs some 100 µs, finding a text none."""

DEFAULT_AUDIENCE = ISSUER
_CLAIMS = "kubernetes.io"


class ServiceAccountTokens:
    """Issues and recognises service account tokens."""

    def __init__(self, signer: Signer, hub: CacheHub) -> None:
        self._signer = signer
        self._hub = hub
        self._known: dict[str, dict[str, Any]] = {}

    def issue(self, cluster: str, account: Obj, request: Obj) -> Obj:
        """Answer a TokenRequest.

        Raises:
            ApiError: Invalid when the time asked for is out of range or the bound object is not there.

        """
        spec = request.get("spec") or {}
        metadata = account["metadata"]
        seconds = int(spec.get("expirationSeconds") or DEFAULT_SECONDS)
        errors = _range_errors(seconds)
        claims: dict[str, Any] = {
            "namespace": metadata["namespace"],
            "serviceaccount": {"name": metadata["name"], "uid": metadata["uid"]},
            "cluster": cluster,
        }
        bound = spec.get("boundObjectRef")
        if bound:
            errors += self._bind(cluster, metadata["namespace"], bound, claims)
        if errors:
            raise invalid_object("authentication.k8s.io", "TokenRequest", metadata["name"], errors)
        audiences = spec.get("audiences") or [DEFAULT_AUDIENCE]
        subject = f"system:serviceaccount:{metadata['namespace']}:{metadata['name']}"
        token = self._signer.sign({"sub": subject, _CLAIMS: claims}, seconds, audiences)
        expires = datetime.fromtimestamp(int(time.time()) + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {
            "kind": "TokenRequest",
            "apiVersion": "authentication.k8s.io/v1",
            "metadata": {"name": metadata["name"], "namespace": metadata["namespace"]},
            "spec": {"audiences": audiences, "expirationSeconds": seconds, "boundObjectRef": bound},
            "status": {"token": token, "expirationTimestamp": expires},
        }

    def _bind(self, cluster: str, namespace: str, bound: Obj, claims: dict[str, Any]) -> list[FieldError]:
        plural = {"Pod": "pods", "Secret": "secrets"}.get(bound.get("kind", ""))
        if plural is None:
            return [invalid("spec.boundObjectRef.kind", bound.get("kind", ""), "must be Pod or Secret")]
        entry = self._hub.resource(cluster, "", plural).entries.get(f"{namespace}/{bound.get('name', '')}")
        uid = codec.head(entry.value).uid if entry else ""
        if not uid or (bound.get("uid") and bound["uid"] != uid):
            return [
                invalid("spec.boundObjectRef.name", bound.get("name", ""), f"no such {bound['kind']} with that uid")
            ]
        claims[bound["kind"].lower()] = {"name": bound["name"], "uid": uid}
        return []

    def find(self, token: str, cluster: str, audience: str = DEFAULT_AUDIENCE) -> User | None:
        """Return the service account that a token proves, if its objects still exist."""
        claims = self._verified(token, audience)
        if claims is None or time.time() >= claims["exp"]:
            return None
        own = claims[_CLAIMS]
        if own.get("cluster", "local") != cluster or not self._alive(cluster, own):
            return None
        return _user(own)

    def home(self, token: str) -> str:
        """Return the cluster whose account a token proves; empty for any other text."""
        claims = self._verified(token, DEFAULT_AUDIENCE) if token.count(".") == 2 else None
        return "" if claims is None else str(claims[_CLAIMS].get("cluster", "local"))

    def _verified(self, token: str, audience: str) -> dict[str, Any] | None:
        """Return the claims of a token with a good signature."""
        claims = self._known.get(token)
        if claims is None or audience != DEFAULT_AUDIENCE:
            claims = self._signer.verify(token, audience)
            if claims is None or _CLAIMS not in claims:
                return None
            if len(self._known) >= CACHED_TOKENS:
                self._known.clear()
            if audience == DEFAULT_AUDIENCE:
                self._known[token] = claims
        return claims

    def _alive(self, cluster: str, own: dict[str, Any]) -> bool:
        bound = [("serviceaccounts", own["serviceaccount"])]
        bound += [(plural, own[kind]) for kind, plural in (("pod", "pods"), ("secret", "secrets")) if kind in own]
        for plural, reference in bound:
            entry = self._hub.resource(cluster, "", plural).entries.get(f"{own['namespace']}/{reference['name']}")
            if entry is None or codec.head(entry.value).uid != reference["uid"]:
                return False
        return True


def _user(own: dict[str, Any]) -> User:
    namespace, account = own["namespace"], own["serviceaccount"]
    extra: list[tuple[str, tuple[str, ...]]] = []
    if "pod" in own:
        extra.append(("authentication.kubernetes.io/pod-name", (own["pod"]["name"],)))
        extra.append(("authentication.kubernetes.io/pod-uid", (own["pod"]["uid"],)))
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", AUTHENTICATED)
    return User(f"system:serviceaccount:{namespace}:{account['name']}", groups, account["uid"], tuple(extra))


def _range_errors(seconds: int) -> list[FieldError]:
    if seconds < MIN_SECONDS:
        return [invalid("spec.expirationSeconds", seconds, "may not specify a duration less than 10 minutes")]
    if seconds > MAX_SECONDS:
        return [invalid("spec.expirationSeconds", seconds, "may not specify a duration larger than 2^32 seconds")]
    return []
