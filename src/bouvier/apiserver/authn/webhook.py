"""Asking a web server whose token it is, and remembering the answer for a while.

Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#webhook-token-authentication
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import structlog

from bouvier.apiserver.authn.serviceaccounts import DEFAULT_AUDIENCE
from bouvier.apiserver.authn.settings import Authentication
from bouvier.apiserver.authn.tokens import AUTHENTICATED
from bouvier.apiserver.request import User
from bouvier.apiserver.webhook_file import WebhookClient, WebhookError

log = structlog.get_logger(__name__)
REMEMBERED = 4096


class WebhookTokens:
    """Knows users by the answers of one web server."""

    def __init__(self, client: WebhookClient, audiences: tuple[str, ...], ttl_seconds: float = 120.0) -> None:
        self._client = client
        self._audiences = audiences
        self._ttl = ttl_seconds
        self._found: dict[str, tuple[float, User]] = {}

    def find(self, token: str) -> User | None:
        """Return whose token this is, if the server has said so lately."""
        until, user = self._found.get(token, (0.0, None))
        return user if time.monotonic() < until else None

    async def prepare(self, token: str) -> None:
        """Ask about a token that is not known."""
        if self.find(token) is not None:
            return
        question = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenReview",
            "metadata": {},
            "spec": {"token": token, "audiences": list(self._audiences)},
        }
        try:
            answer = await self._client.ask(question)
        except WebhookError as error:
            log.warning("the token webhook does not answer", error=str(error))
            return
        user = _user(answer.get("status") or {}, self._audiences)
        if user is not None:
            if len(self._found) >= REMEMBERED:
                self._found.clear()
            self._found[token] = (time.monotonic() + self._ttl, user)


def token_webhook(authentication: Authentication) -> WebhookTokens | None:
    """Return the server that the options name, if any.

    Raises:
        ValueError: its file cannot be used.
    """
    path = authentication.text("authentication-token-webhook-config-file")
    return WebhookTokens(WebhookClient(Path(path)), (DEFAULT_AUDIENCE,)) if path else None


def _user(status: dict[str, Any], audiences: tuple[str, ...]) -> User | None:
    given = status.get("user") or {}
    if status.get("authenticated") is not True or not given.get("username"):
        return None
    if status.get("audiences") and not set(status["audiences"]).intersection(audiences):
        return None
    extra = tuple((str(key), tuple(map(str, values))) for key, values in (given.get("extra") or {}).items())
    groups = dict.fromkeys([*map(str, given.get("groups") or ()), AUTHENTICATED])
    return User(str(given["username"]), tuple(groups), str(given.get("uid") or ""), extra)
