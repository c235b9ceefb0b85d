"""Finding out who calls: client certificate, bearer token, session cookie, in this order; then impersonation."""

from __future__ import annotations

import base64

from bouvier.apiserver.authn.apikeys import ApiKeys
from bouvier.apiserver.authn.bootstrap_tokens import BootstrapTokens
from bouvier.apiserver.authn.serviceaccounts import ServiceAccountTokens
from bouvier.apiserver.authn.sessions import Sessions
from bouvier.apiserver.authn.tokens import AUTHENTICATED, ComponentTokens
from bouvier.apiserver.request import ANONYMOUS, Request, User
from bouvier.kinds.clusters_v1.clusters import HOSTS_GROUP, LOCAL
from bouvier.meta.errors import ApiError

REGISTRY_TOKEN_PATH = "/bouvier/v1/registry/token"  # noqa: S105 - a path
NODE_PREFIX = "system:node:"


class Authenticator:
    """Tries each kind of proof; a wrong one is refused, none at all is anonymous."""

    def __init__(
        self,
        components: ComponentTokens,
        accounts: ServiceAccountTokens,
        sessions: Sessions,
        joining: BootstrapTokens,
        keys: ApiKeys,
    ) -> None:
        self._components = components
        self._accounts = accounts
        self._joining = joining
        self._keys = keys
        self._sessions = sessions

    def authenticate(self, request: Request) -> User:
        """Return who calls.

        Raises:
            ApiError: Unauthorized for a token that is not (or no longer) good.

        """
        if request.certificate is not None:
            check_home(request.certificate, request.cluster)
            return request.certificate
        header = request.headers.get("Authorization")
        if header:
            return self._bearer(header, request)
        return self._sessions.find(request) or ANONYMOUS

    def route(self, request: Request) -> None:
        """Lead a service account to its own cluster: pods know the address of an API, not a path below it."""
        if request.cluster != LOCAL:
            return
        scheme, _, token = (request.headers.get("Authorization") or "").partition(" ")
        if scheme.lower() == "bearer":
            request.cluster = self._accounts.home(token.strip()) or LOCAL

    def _bearer(self, header: str, request: Request) -> User:
        scheme, _, token = header.partition(" ")
        if scheme.lower() == "basic" and request.path == REGISTRY_TOKEN_PATH:
            scheme, token = "bearer", _password(token)
        if scheme.lower() == "bearer" and token:
            token, cluster = token.strip(), request.cluster
            user = self._components.find(token) or self._joining.find(token, cluster, request.method)
            user = user or self._keys.find(token, cluster) or self._accounts.find(token, cluster)
            if user is not None:
                check_home(user, request.cluster)
                return user
        raise unauthorized()


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


def impersonated(request: Request) -> tuple[User, list[tuple[str, str, str]]] | None:
    """Return the user that the caller wants to act as, with the checks `(resource, subresource, name)` it takes.

    Source: Kubernetes "User impersonation".
    """
    given = [pair for pair in request.headers.pairs() if pair[0].startswith("impersonate-")]
    if not given:
        return None
    name = request.headers.get("Impersonate-User")
    if not name:
        raise ApiError("InternalError", "requested impersonation of a group, uid or extra without a user", code=500)
    groups = tuple(request.headers.getall("Impersonate-Group"))
    checks = [("users", "", name)]
    if name.startswith("system:serviceaccount:") and name.count(":") == 3:
        _, _, namespace, account = name.split(":")
        checks = [("serviceaccounts", namespace, account)]
        if not groups:
            groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}")
    checks += [("groups", "", group) for group in groups]
    if AUTHENTICATED not in groups and name != ANONYMOUS.name:
        groups = (*groups, AUTHENTICATED)
    uid = request.headers.get("Impersonate-Uid", "")
    if uid:
        checks.append(("uids", "", uid))
    extra = []
    for key, value in given:
        if key.startswith("impersonate-extra-"):
            field = key[len("impersonate-extra-") :]
            extra.append((field, (value,)))
            checks.append((f"userextras/{field}", "", value))
    return User(name, groups, uid, tuple(extra)), checks
