"""Finding out who calls: trusted proxy, client certificate, bearer token, session cookie, in this order.

Tokens that others issue are verified in `prepare`, which may wait; `authenticate` never does.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

from bouvier.apiserver.authn.apikeys import ApiKeys
from bouvier.apiserver.authn.bootstrap_tokens import BootstrapTokens
from bouvier.apiserver.authn.oidc.configuration import HEALTH_PATHS, Configuration
from bouvier.apiserver.authn.oidc.tokens import OidcTokens
from bouvier.apiserver.authn.proxies import Proxies
from bouvier.apiserver.authn.serviceaccounts import DEFAULT_AUDIENCE, ServiceAccountTokens
from bouvier.apiserver.authn.sessions import Sessions
from bouvier.apiserver.authn.tokens import ComponentTokens
from bouvier.apiserver.authn.webhook import WebhookTokens
from bouvier.apiserver.request import ANONYMOUS, Request, User
from bouvier.kinds.clusters_v1.clusters import HOSTS_GROUP, LOCAL
from bouvier.meta.errors import ApiError

REGISTRY_TOKEN_PATH = "/bouvier/v1/registry/token"  # noqa: S105 - a path
NODE_PREFIX = "system:node:"
STALE = "authentication.k8s.io/stale-token"


@dataclass
class Proofs:
    """Everything that can prove who calls."""

    components: ComponentTokens
    accounts: ServiceAccountTokens
    sessions: Sessions
    joining: BootstrapTokens
    keys: ApiKeys
    proxies: Proxies
    oidc: OidcTokens
    webhook: WebhookTokens | None = None


class Authenticator:
    """Tries each kind of proof; a wrong one is refused, none at all is anonymous."""

    def __init__(self, proofs: Proofs) -> None:
        self._proofs = proofs
        self._anonymous: tuple[str, ...] | None = HEALTH_PATHS
        self._has_remote = proofs.webhook is not None

    def configure(self, configuration: Configuration) -> None:
        """Take over issuers, and what is shown to everybody."""
        self._proofs.oidc.configure(configuration)
        self._anonymous = configuration.anonymous_paths
        self._has_remote = self._proofs.webhook is not None or self._proofs.oidc.is_used

    def is_public(self, path: str) -> bool:
        """Tell whether somebody without any proof may ask for a path."""
        return self._anonymous is None or path in self._anonymous or (path.rstrip("/") or path) in self._anonymous

    def authenticate(self, request: Request) -> User:
        """Return who calls.

        Raises:
            ApiError: Unauthorized for a token that is not (or no longer) good.

        """
        if request.is_proxied:
            user = self._proofs.proxies.user(request.headers)
            if user is not None:
                check_home(user, request.cluster)
                return user
        if request.certificate is not None:
            check_home(request.certificate, request.cluster)
            return request.certificate
        header = request.headers.get("Authorization")
        if header:
            return self._bearer(header, request)
        return self._proofs.sessions.find(request) or ANONYMOUS

    def route(self, request: Request) -> None:
        """Lead a service account to its own cluster: pods know the address of an API, not a path below it."""
        if request.cluster != LOCAL or not request.headers.get("Authorization"):
            return
        token = _bearer_token(request)
        if token:
            request.cluster = self._proofs.accounts.home(token) or LOCAL

    def must_wait(self, request: Request) -> bool:
        """Tell whether the caller's token has to be verified elsewhere first."""
        if not self._has_remote or request.certificate is not None:
            return False
        token = _bearer_token(request)
        return bool(token) and self._remote(token) is None and not self._is_own(token)

    async def prepare(self, request: Request) -> None:
        """Verify the caller's token, where that takes others."""
        if self._has_remote and self.must_wait(request):
            await self.prepare_token(_bearer_token(request))

    async def prepare_token(self, token: str) -> None:
        """Verify a token that is not our own."""
        if not self._has_remote or self._is_own(token):
            return
        await self._proofs.oidc.prepare(token)
        if self._proofs.webhook is not None and not self._proofs.oidc.is_ours(token):
            await self._proofs.webhook.prepare(token)

    def review(self, token: str, cluster: str, audiences: tuple[str, ...]) -> tuple[User, tuple[str, ...]] | None:
        """Return whose token this is and for which of the audiences it is good; the API's own when none are named."""
        wanted = audiences or (DEFAULT_AUDIENCE,)
        proof = self._proofs.accounts.prove(token, cluster)
        if proof is not None:
            shared = tuple(one for one in wanted if one in proof.audiences)
            return (proof.user, shared) if shared else None
        user = self._token(token, cluster, "GET")
        return (user, (DEFAULT_AUDIENCE,)) if user is not None and DEFAULT_AUDIENCE in wanted else None

    def _bearer(self, header: str, request: Request) -> User:
        scheme, _, token = header.partition(" ")
        if scheme.lower() == "basic" and request.path == REGISTRY_TOKEN_PATH:
            scheme, token = "bearer", _password(token)
        if scheme.lower() == "bearer" and token.strip():
            token, cluster = token.strip(), request.cluster
            user = self._token(token, cluster, request.method) or self._account(token, request)
            if user is not None:
                check_home(user, request.cluster)
                return user
        raise unauthorized()

    def _token(self, token: str, cluster: str, method: str) -> User | None:
        proofs = self._proofs
        user = proofs.components.find(token) or proofs.joining.find(token, cluster, method)
        return user or proofs.keys.find(token, cluster) or (self._remote(token) if self._has_remote else None)

    def _account(self, token: str, request: Request) -> User | None:
        proof = self._proofs.accounts.prove(token, request.cluster)
        if proof is None or DEFAULT_AUDIENCE not in proof.audiences:
            return None
        if proof.stale_seconds:
            text = f"subject: {proof.user.name}, seconds after warning threshold: {proof.stale_seconds}"
            request.annotate(STALE, text)
        return proof.user

    def _remote(self, token: str) -> User | None:
        webhook = self._proofs.webhook
        return self._proofs.oidc.find(token) or (webhook.find(token) if webhook is not None else None)

    def _is_own(self, token: str) -> bool:
        return self._proofs.components.find(token) is not None or bool(self._proofs.accounts.home(token))


def _bearer_token(request: Request) -> str:
    scheme, _, token = (request.headers.get("Authorization") or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _password(credentials: str) -> str:
    """Return the password of Basic credentials: `docker login` can send a token in no other way."""
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[2]
    except ValueError:
        return ""


def check_home(user: User, cluster: str) -> None:
    """Keep hosts to their own cluster.

    Raises:
        ApiError: Forbidden for a host of another one.

    """
    if not user.name.startswith(NODE_PREFIX):
        return
    own = f"{HOSTS_GROUP}:{cluster}:"
    if any((group == HOSTS_GROUP and cluster == LOCAL) or group.startswith(own) for group in user.groups):
        return
    raise ApiError("Forbidden", f'user "{user.name}" is a host of another cluster and has no part in "{cluster}"')


def unauthorized() -> ApiError:
    """Return the error for a caller who has proved nothing."""
    return ApiError("Unauthorized", "Unauthorized")
