"""Service account tokens: issued by TokenRequest, bound to a pod, node or secret, void when that is gone.

Source: https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any, NamedTuple

from bouvier.apiserver import codec
from bouvier.apiserver.authn import legacy
from bouvier.apiserver.authn.requested import Bound, bind, check
from bouvier.apiserver.authn.signing import ISSUER, LEGACY_ISSUER, Signer, audiences_of, is_current
from bouvier.apiserver.authn.tokens import AUTHENTICATED
from bouvier.apiserver.cache.hub import CacheHub
from bouvier.apiserver.request import User
from bouvier.meta.objects import Obj
from bouvier.util.clock import parse_time

DEFAULT_SECONDS = 3600
INJECTED_SECONDS = 3607
"""What tokens that every pod is given ask for; clients that never read their file again get more than they ask."""
EXTENDED_SECONDS = 365 * 24 * 3600
CACHED_TOKENS = 4096
"""Verified claims kept by token text; checking a signature costs some 100 µs, finding a text none."""
DELETION_SECONDS = 60
"""An object that is being deleted still proves its tokens for this long after its time. Source: Kubernetes' leeway."""

DEFAULT_AUDIENCE = ISSUER
_CLAIMS = "kubernetes.io"
_EXTRA = "authentication.kubernetes.io/"


class Proof(NamedTuple):
    """What a token proves."""

    user: User
    audiences: tuple[str, ...]
    stale_seconds: int = 0
    """For how long the token should have been replaced already."""


class ServiceAccountTokens:
    """Issues and recognises service account tokens."""

    def __init__(self, signer: Signer, hub: CacheHub) -> None:
        self.signer = signer
        self._hub = hub
        self._known: dict[str, dict[str, Any]] = {}
        self.legacy = legacy.LegacyTokens(hub)

    def issue(self, cluster: str, account: Obj, request: Obj) -> Obj:
        """Answer a TokenRequest.

        Raises:
            ApiError: the time asked for is out of range, or the bound object is not there or another one.

        """
        spec = request.get("spec") or {}
        metadata = account["metadata"]
        check(account, request)
        seconds = int(spec.get("expirationSeconds") or DEFAULT_SECONDS)
        bound = spec.get("boundObjectRef")
        audiences = [each for each in spec.get("audiences") or () if each] or [DEFAULT_AUDIENCE]
        claims: dict[str, Any] = {
            "namespace": metadata["namespace"],
            "serviceaccount": {"name": metadata["name"], "uid": metadata["uid"]},
            "cluster": cluster,
        }
        if bound:
            claims |= bind(self._hub, Bound(cluster, metadata["namespace"], metadata["name"], bound))
        life = seconds
        if seconds == INJECTED_SECONDS and "pod" in claims and audiences == [DEFAULT_AUDIENCE]:
            claims["warnafter"] = int(time.time()) + seconds
            life = EXTENDED_SECONDS
        subject = f"system:serviceaccount:{metadata['namespace']}:{metadata['name']}"
        token = self.signer.sign({"sub": subject, _CLAIMS: claims}, life, audiences)
        expires = datetime.fromtimestamp(int(time.time()) + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        answered: Obj = {"audiences": audiences, "expirationSeconds": seconds}
        return {
            "kind": "TokenRequest",
            "apiVersion": "authentication.k8s.io/v1",
            "metadata": {"name": metadata["name"], "namespace": metadata["namespace"]},
            "spec": answered | ({"boundObjectRef": bound} if bound else {}),
            "status": {"token": token, "expirationTimestamp": expires},
        }

    def find(self, token: str, cluster: str, audience: str = DEFAULT_AUDIENCE) -> User | None:
        """Return the service account that a token proves to an audience, if its objects still exist."""
        proof = self.prove(token, cluster)
        return proof.user if proof is not None and audience in proof.audiences else None

    def prove(self, token: str, cluster: str) -> Proof | None:
        """Return what a token proves in a cluster, and to whom."""
        claims = self._verified(token)
        if claims is None:
            return None
        if claims.get("iss") == LEGACY_ISSUER:
            user = self.legacy.find(token, claims, cluster)
            return Proof(user, (DEFAULT_AUDIENCE,)) if user is not None else None
        if not is_current(claims):
            return None
        own = claims[_CLAIMS]
        if own.get("cluster", "local") != cluster or not self._alive(cluster, own):
            return None
        late = int(time.time()) - own.get("warnafter", 1 << 62)
        return Proof(_user(own, str(claims.get("jti", ""))), tuple(audiences_of(claims)), max(0, late))

    def home(self, token: str) -> str:
        """Return the cluster whose account a token proves; empty for any other text."""
        claims = self._verified(token) if token.count(".") == 2 else None
        if claims is None:
            return ""
        own = claims.get(_CLAIMS) or {}
        return str(own.get("cluster") or legacy.cluster_of(claims))

    def _verified(self, token: str) -> dict[str, Any] | None:
        """Return the claims of a token with a good signature."""
        claims = self._known.get(token)
        if claims is None:
            claims = self.signer.claims(token) if token.count(".") == 2 else None
            if claims is None or (_CLAIMS not in claims and claims.get("iss") != LEGACY_ISSUER):
                return None
            if len(self._known) >= CACHED_TOKENS:
                self._known.clear()
            self._known[token] = claims
        return claims

    def _alive(self, cluster: str, own: dict[str, Any]) -> bool:
        """Tell whether the account and what the token is bound to are still there, and the same ones."""
        namespace = own["namespace"]
        bound = [("serviceaccounts", namespace, own["serviceaccount"])]
        bound += [(f"{kind}s", namespace, own[kind]) for kind in ("pod", "secret") if kind in own]
        if "node" in own and "pod" not in own:
            bound.append(("nodes", "", own["node"]))
        for plural, home, reference in bound:
            entry = self._hub.find(cluster, "", plural, f"{home}/{reference['name']}")
            if entry is None or codec.head(entry.value).uid != reference["uid"]:
                return False
            if b'"deletionTimestamp"' in entry.value and _is_gone(entry.decode()):
                return False
        return True


def _is_gone(obj: Obj) -> bool:
    """Tell whether an object should have been gone for a while."""
    moment = obj["metadata"].get("deletionTimestamp")
    return bool(moment) and parse_time(moment).timestamp() + DELETION_SECONDS < time.time()


def _user(own: dict[str, Any], identifier: str) -> User:
    namespace, account = own["namespace"], own["serviceaccount"]
    extra: list[tuple[str, tuple[str, ...]]] = []
    if identifier:
        extra.append((f"{_EXTRA}credential-id", (f"JTI={identifier}",)))
    for kind in ("node", "pod"):
        if kind in own:
            extra.append((f"{_EXTRA}{kind}-name", (own[kind]["name"],)))
            if own[kind].get("uid"):
                extra.append((f"{_EXTRA}{kind}-uid", (own[kind]["uid"],)))
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", AUTHENTICATED)
    return User(f"system:serviceaccount:{namespace}:{account['name']}", groups, account["uid"], tuple(extra))
