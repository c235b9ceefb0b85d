"""Inviting another server: a token for administrators, and the platform's keys for whoever brings it.

A token is `ID.SECRET`. It is kept as a Secret `server-token-ID` in `kube-system` that holds a keyed hash, made with the key
of the certificate authority: whoever may write Secrets there cannot make a token. It serves once, because serving
removes the Secret, and of two who try at once only one removes it. The keys travel over TLS that the new server has
checked against the hash in its command.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import string
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import structlog

from bouvier.apiserver import codec
from bouvier.apiserver.authz.rules import MASTERS
from bouvier.apiserver.clusters.directory import LOCAL
from bouvier.apiserver.context import Call, Context
from bouvier.apiserver.internal import SELF, internal_request
from bouvier.apiserver.request import Answer, Request, Response, Target
from bouvier.apiserver.verbs.creating import create_object
from bouvier.apiserver.verbs.storing import store_removed
from bouvier.daemons.server_bundle import pack
from bouvier.daemons.settings import Settings
from bouvier.meta.errors import ApiError, bad_request
from bouvier.meta.objects import Obj
from bouvier.meta.resources import SECRETS

TOKEN_PATH = "/bouvier/v1/server-tokens"  # noqa: S105 - a path
BUNDLE_PATH = "/bouvier/v1/server-bundle"
NAMESPACE = "kube-system"
TYPE = "bouvier.io/server-token"
DEFAULT_SECONDS, MOST_SECONDS = 3600, 7 * 86400
"""An hour: whoever has the token in time becomes the platform."""
ID_LENGTH, SECRET_LENGTH = 6, 32
_LETTERS = string.ascii_lowercase + string.digits
_REFUSED = "the server token is wrong, was used already, or has expired: make another one by `bouvier server token`"

log = structlog.get_logger(__name__)
Handler = Callable[[Request], Awaitable[Answer]]


class ServerPaths:
    """The handlers of both paths."""

    def __init__(self, context: Context, settings: Settings) -> None:
        self._context = context
        self._settings = settings

    def handlers(self) -> dict[str, Handler]:
        """Return them by path."""
        return {TOKEN_PATH: self.make_token, BUNDLE_PATH: self.give_keys}

    async def make_token(self, request: Request) -> Answer:
        """Make a token; for administrators alone, since it is worth as much as all keys.

        Raises:
            ApiError: Forbidden, BadRequest, or Conflict where the objects lie in a file.
        """
        if request.method != "POST":
            raise ApiError("MethodNotAllowed", "POST makes a server token")
        if MASTERS not in request.user.groups:
            raise ApiError(
                "Forbidden", f"server tokens are for members of {MASTERS}: they are worth as much as all keys"
            )
        if not self._settings.platform.store:
            raise ApiError(
                "Conflict",
                "this platform keeps its objects in a file of its own, which one server can use: several need an etcd "
                "(bouvier up --store etcd://HOST:PORT, or bouvier server --store …, in a new data directory)",
            )
        seconds = (await _body(request)).get("seconds", DEFAULT_SECONDS)
        if not isinstance(seconds, int) or not 0 < seconds <= MOST_SECONDS:
            raise bad_request(f"seconds: expected a number between 1 and {MOST_SECONDS}")
        identifier, secret = _draw(ID_LENGTH), _draw(SECRET_LENGTH)
        expiration = (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
        await self._remove_expired()
        await create_object(self._call(), self._secret(identifier, secret, expiration))
        document = {"token": f"{identifier}.{secret}", "expires": expiration, "store": self._settings.platform.store}
        return Response(201, codec.dumps(document))

    async def give_keys(self, request: Request) -> Answer:
        """Give the platform's keys for a token, once.

        Raises:
            ApiError: Unauthorized.
        """
        if request.method != "POST":
            raise ApiError("MethodNotAllowed", "POST a server token")
        body = await _body(request)
        identifier, _, secret = str(body.get("token", "")).partition(".")
        entry = self._cache().entries.get(f"{NAMESPACE}/server-token-{identifier}")
        if entry is None or not self._is_good(entry.decode(), identifier, secret):
            raise ApiError("Unauthorized", _REFUSED)
        call = self._call(entry.name)
        try:
            await store_removed(call, call.key(entry.name), entry)
        except ApiError:
            raise ApiError("Unauthorized", _REFUSED) from None
        log.warning("a server joins: it was given the platform's keys", name=str(body.get("name", ""))[:64])
        bundle = pack(self._settings.pki_dir, self._settings.platform)
        return Response(200, codec.dumps(msgspec.to_builtins(bundle)))

    def _is_good(self, stored: Obj, identifier: str, secret: str) -> bool:
        data = {name: base64.b64decode(value).decode() for name, value in (stored.get("data") or {}).items()}
        proof = self._proof(identifier, secret, data.get("expiration", ""))
        if stored.get("type") != TYPE or not hmac.compare_digest(proof, data.get("proof", "")):
            return False
        return datetime.fromisoformat(data["expiration"]) > datetime.now(UTC)

    def _secret(self, identifier: str, secret: str, expiration: str) -> Obj:
        data = {"expiration": expiration, "proof": self._proof(identifier, secret, expiration)}
        return {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": f"server-token-{identifier}", "namespace": NAMESPACE},
            "type": TYPE,
            "data": {name: base64.b64encode(value.encode()).decode() for name, value in data.items()},
        }

    def _proof(self, identifier: str, secret: str, expiration: str) -> str:
        """Return what only a holder of the authority's key can make of a token."""
        key = hashlib.sha256(b"server token\0" + (self._settings.pki_dir / "ca.key").read_bytes()).digest()
        return hmac.new(key, f"{identifier}.{secret} {expiration}".encode(), "sha256").hexdigest()

    async def _remove_expired(self) -> None:
        for entry in list(self._cache().in_namespace(NAMESPACE)):
            if not entry.name.startswith("server-token-"):
                continue
            stored = entry.decode()
            text = base64.b64decode((stored.get("data") or {}).get("expiration", "")).decode()
            if stored.get("type") == TYPE and text and datetime.fromisoformat(text) < datetime.now(UTC):
                call = self._call(entry.name)
                await store_removed(call, call.key(entry.name), entry)

    def _cache(self) -> Any:
        return self._context.hub.resource(LOCAL, SECRETS.group, SECRETS.plural)

    def _call(self, name: str = "") -> Call:
        kind = self._context.kinds.by_kind(LOCAL, SECRETS.group, SECRETS.version, SECRETS.kind)
        assert kind is not None
        target = Target(SECRETS.group, SECRETS.version, SECRETS.plural, NAMESPACE, name, "", "")
        return Call(self._context, internal_request(LOCAL, SELF), kind, target)


def _draw(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


async def _body(request: Request) -> dict[str, Any]:
    try:
        document = msgspec.json.decode(await request.read() or b"{}")
    except msgspec.DecodeError as error:
        raise bad_request(f"the body is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise bad_request("the body must be a JSON object")
    return document
