"""Tokens of service accounts for projected volumes, renewed before they end.

A token is asked for anew when four fifths of its life are over, or after a day; as the kubelet does.
Source: https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-token-volume
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from bouvier.client.rest import Client
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, name_of, namespace_of, uid_of
from bouvier.meta.resources import SERVICEACCOUNTS
from bouvier.node.pods.environment import ConfigError
from bouvier.node.volumes.contents import TokenRequest
from bouvier.util.clock import parse_time

_RENEW_AFTER_PART = 0.8
_LONGEST_SECONDS = 24 * 3600.0
_RETRY_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    renew_at: float


class PodTokens:
    """The tokens of one pod."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._tokens: dict[TokenRequest, _Token] = {}

    @property
    def renew_at(self) -> float:
        """Return when the first token must be renewed, in seconds since the epoch; 0 when there are none."""
        return min((token.renew_at for token in self._tokens.values()), default=0.0)

    async def get(self, pod: Obj, request: TokenRequest) -> str:
        """Return a token that is good for a while; an old one when no new one can be had.

        Raises:
            ConfigError: the API refuses or does not answer, and there is no old token.
        """
        token = self._tokens.get(request)
        if token and time.time() < token.renew_at:
            return token.text
        try:
            fresh = await self._ask(pod, request)
        except (ApiError, ConnectionError) as error:
            if token is None:
                raise ConfigError(f"failed to fetch token: {error}") from error
            fresh = _Token(token.text, time.time() + _RETRY_SECONDS)
        self._tokens[request] = fresh
        return fresh.text

    async def _ask(self, pod: Obj, request: TokenRequest) -> _Token:
        account = pod["spec"].get("serviceAccountName") or "default"
        reference = {"apiVersion": "v1", "kind": "Pod", "name": name_of(pod), "uid": uid_of(pod)}
        spec: Obj = {"expirationSeconds": request.expiration_seconds, "boundObjectRef": reference}
        spec["audiences"] = [request.audience] if request.audience else []
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
        answer = await self._client.create(
            SERVICEACCOUNTS, body, namespace=namespace_of(pod), name=account, subresource="token"
        )
        status = answer["status"]
        now = time.time()
        life = parse_time(status["expirationTimestamp"]).timestamp() - now
        return _Token(status["token"], now + min(life * _RENEW_AFTER_PART, _LONGEST_SECONDS))
