"""Tokens with which hosts join: Secrets of type `bootstrap.kubernetes.io/token` in `kube-system`.

A token is `ID.SECRET`; its Secret is `bootstrap-token-ID`. One that has served (`used-by` is set) may still read, so that
the host which used it can fetch what it asked for, but writes nothing any more.
Source: Kubernetes "Authenticating with Bootstrap Tokens".
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from datetime import UTC, datetime

from bouvier.apiserver.cache.hub import CacheHub
from bouvier.apiserver.request import User
from bouvier.meta.errors import ApiError

NAMESPACE = "kube-system"
TYPE = "bootstrap.kubernetes.io/token"
GROUP = "system:bootstrappers"
_AUTHENTICATED = "system:authenticated"
_FORM = re.compile(r"([a-z0-9]{6})\.([a-z0-9]{16})")
_ADVICE = "make another one on the server: bouvier token"


class BootstrapTokens:
    """Knows the join tokens of a cluster."""

    def __init__(self, hub: CacheHub) -> None:
        self._hub = hub

    def find(self, token: str, cluster: str, method: str) -> User | None:
        """Return whose token this is; None for a text that has not the form of a join token.

        Raises:
            ApiError: Unauthorized for one that is unknown, wrong, expired or used, with what to do.
        """
        form = _FORM.fullmatch(token)
        if form is None:
            return None
        identifier, secret = form.groups()
        data = self._data(cluster, identifier)
        if not data or not hmac.compare_digest(data.get("token-secret", ""), secret):
            raise _refused(f"the join token {identifier} is not known here (wrong, or long expired)")
        if data.get("usage-bootstrap-authentication") != "true":
            raise _refused(f"the join token {identifier} may not be used to join")
        if _is_over(data.get("expiration", "")):
            raise _refused(f"the join token {identifier} expired at {data['expiration']}")
        if data.get("used-by") and method not in ("GET", "HEAD"):
            raise _refused(f"the join token {identifier} was used already, by host {data['used-by']}")
        more = tuple(group for group in data.get("auth-extra-groups", "").split(",") if group.startswith(f"{GROUP}:"))
        return User(f"system:bootstrap:{identifier}", (GROUP, *more, _AUTHENTICATED))

    def _data(self, cluster: str, identifier: str) -> dict[str, str]:
        entry = self._hub.find(cluster, "", "secrets", f"{NAMESPACE}/bootstrap-token-{identifier}")
        secret = entry.decode() if entry else {}
        if secret.get("type") != TYPE:
            return {}
        try:
            return {key: base64.b64decode(value).decode() for key, value in (secret.get("data") or {}).items()}
        except (binascii.Error, UnicodeDecodeError):
            return {}


def _is_over(expiration: str) -> bool:
    """Tell whether a moment has passed; a text that is none counts as passed, an empty one means never."""
    if not expiration:
        return False
    try:
        return datetime.fromisoformat(expiration) <= datetime.now(UTC)
    except (ValueError, TypeError):
        return True


def _refused(why: str) -> ApiError:
    return ApiError("Unauthorized", f"{why}: {_ADVICE}")
