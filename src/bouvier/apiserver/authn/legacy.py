"""Tokens that stand in Secrets of type `kubernetes.io/service-account-token`: they do not expire, the Secret revokes them.

Such a Secret is filled by `legacy_secrets`. The day of the last use is noted in its label.
Source: https://kubernetes.io/docs/concepts/configuration/secret/#serviceaccount-token-secrets
"""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import Any

from bouvier.apiserver import codec
from bouvier.apiserver.authn.tokens import AUTHENTICATED
from bouvier.apiserver.cache.hub import CacheHub
from bouvier.apiserver.request import User
from bouvier.meta.objects import Obj, is_deleting, labels_of
from bouvier.util.clock import now_text

TYPE = "kubernetes.io/service-account-token"
NAME_ANNOTATION = "kubernetes.io/service-account.name"
UID_ANNOTATION = "kubernetes.io/service-account.uid"
LAST_USED = "kubernetes.io/legacy-token-last-used"
INVALID_SINCE = "kubernetes.io/legacy-token-invalid-since"
_PREFIX = "kubernetes.io/serviceaccount/"


def cluster_of(claims: dict[str, Any]) -> str:
    """Return the cluster that a token names."""
    return str(claims.get(f"{_PREFIX}cluster") or "local")


def claims_of(cluster: str, secret: Obj, account: Obj) -> dict[str, Any]:
    """Return the claims of the token of a Secret."""
    metadata = account["metadata"]
    return {
        "iss": "kubernetes/serviceaccount",
        "sub": f"system:serviceaccount:{metadata['namespace']}:{metadata['name']}",
        f"{_PREFIX}cluster": cluster,
        f"{_PREFIX}namespace": metadata["namespace"],
        f"{_PREFIX}secret.name": secret["metadata"]["name"],
        f"{_PREFIX}service-account.name": metadata["name"],
        f"{_PREFIX}service-account.uid": metadata["uid"],
    }


class LegacyTokens:
    """Recognises tokens of Secrets."""

    def __init__(self, hub: CacheHub) -> None:
        self._hub = hub
        self.used: dict[tuple[str, str, str], str] = {}
        """Day of use by cluster, namespace and Secret, until it is written down."""

    def find(self, token: str, claims: dict[str, Any], cluster: str) -> User | None:
        """Return the service account, as long as Secret and account are there and the same ones."""
        namespace = claims.get(f"{_PREFIX}namespace", "")
        name, account = claims.get(f"{_PREFIX}secret.name", ""), claims.get(f"{_PREFIX}service-account.name", "")
        uid = claims.get(f"{_PREFIX}service-account.uid", "")
        entry = self._hub.find(cluster, "", "secrets", f"{namespace}/{name}")
        owner = self._hub.find(cluster, "", "serviceaccounts", f"{namespace}/{account}")
        if cluster_of(claims) != cluster:
            return None
        if entry is None or owner is None or codec.head(owner.value).uid != uid:
            return None
        secret = entry.decode()
        if is_deleting(secret) or secret.get("type") != TYPE or not hmac.compare_digest(_token(secret), token.encode()):
            return None
        labels, today = labels_of(secret), now_text()[:10]
        if INVALID_SINCE in labels:
            return None
        if labels.get(LAST_USED) != today:
            self.used[cluster, namespace, name] = today
        groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", AUTHENTICATED)
        return User(f"system:serviceaccount:{namespace}:{account}", groups, uid)


def _token(secret: Obj) -> bytes:
    try:
        return base64.b64decode((secret.get("data") or {}).get("token", ""))
    except (binascii.Error, TypeError):
        return b""
