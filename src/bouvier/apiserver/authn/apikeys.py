"""API keys: tokens `bvk_NAME_SECRET`, known by the hash that stands in the ApiKey of that name."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime

from bouvier.apiserver.authn.tokens import AUTHENTICATED
from bouvier.apiserver.cache.hub import CacheHub
from bouvier.apiserver.request import User
from bouvier.kinds.keys_v1.apikeys import RESOURCE, TOKEN_PREFIX, USER_PREFIX
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj

_ADVICE = "make another one: bouvier key create"
OWNER_EXTRA = "keys.bouvier.io/owner"


class ApiKeys:
    """Knows the keys of every cluster, and when each was used last."""

    def __init__(self, hub: CacheHub) -> None:
        self._hub = hub
        self.uses: dict[tuple[str, str], datetime] = {}
        """Moment of the last use by cluster and name; `extras.key_uses` writes them down and empties it."""

    def find(self, token: str, cluster: str) -> User | None:
        """Return whose token this is; None for a text that has not the form of an API key.

        Raises:
            ApiError: Unauthorized for one that is unknown, wrong, expired or disabled.
        """
        if not token.startswith(TOKEN_PREFIX):
            return None
        name, _, _ = token.removeprefix(TOKEN_PREFIX).partition("_")
        entry = self._hub.find(cluster, RESOURCE.group, RESOURCE.plural, f"/{name}")
        key = entry.decode() if entry else None
        digest = "sha256:" + hashlib.sha256(token.encode()).hexdigest()
        kept = key["spec"].get("tokenHash", "") if key else "sha256:" + "0" * 64
        if not hmac.compare_digest(digest.encode(), kept.encode()) or key is None:
            raise _refused("the API key is not known here (wrong, or revoked)")
        now = datetime.now(UTC)
        if why := void(key, now):
            raise _refused(f"the API key {name} {why}")
        self.uses[cluster, name] = now
        owner = (key["spec"].get("owner") or {}).get("username", "")
        extra = ((OWNER_EXTRA, (owner,)),)
        return User(USER_PREFIX + name, (AUTHENTICATED,), key["metadata"]["uid"], extra)


def void(key: Obj, now: datetime) -> str:
    """Return why a key may not be used, empty when it may."""
    spec = key["spec"]
    if spec.get("disabled"):
        return "is disabled"
    if spec.get("expires") and datetime.fromisoformat(spec["expires"]) <= now:
        return f"expired at {spec['expires']}"
    return ""


def _refused(why: str) -> ApiError:
    return ApiError("Unauthorized", f"{why}: {_ADVICE}")
