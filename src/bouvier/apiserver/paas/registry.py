"""`/bouvier/v1/registry/…`: access to the platform's registry, and what the registry reports.

`token` answers docker-registry's token protocol: who the caller is (a bearer token, a client certificate, or a token as
the password of `docker login`) and what RBAC lets them do with the layers of an image stream becomes a short-lived JWT.
Repository `NAMESPACE/STREAM` is image stream STREAM of NAMESPACE: pulling needs `get`, pushing `update` of
`imagestreams/layers`; service accounts may pull what is in their own namespace. `events` takes the registry's
notifications and writes pushes into the streams, making those that are not there.
Source: Distribution "Token Authentication Specification", "Work with notifications".
"""

from __future__ import annotations

import base64
import secrets
import time
from dataclasses import dataclass
from typing import Any

import orjson
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from joserfc import jwt
from joserfc.jwk import ECKey

from bouvier.apiserver.authn.authenticator import unauthorized
from bouvier.apiserver.authz.rules import Attributes
from bouvier.apiserver.context import Context
from bouvier.apiserver.paas.calls import internal_call
from bouvier.apiserver.paas.streams import tag_image
from bouvier.apiserver.request import ANONYMOUS, Answer, Request, Response, User
from bouvier.apiserver.verbs.creating import create_object
from bouvier.meta.errors import ApiError, bad_request
from bouvier.meta.resources import IMAGESTREAMS

PATH = "/bouvier/v1/registry/"
TOKEN_PATH = PATH + "token"
SERVICE, ISSUER = "bouvier-registry", "bouvier"
REPORTER = "system:registry"
"""User of the registry itself, who alone may report pushes."""
TOKEN_SECONDS = 300
"""Docker asks for a new one for each push and pull; a push of very large layers asks again."""
_VERBS = {"pull": "get", "push": "update"}
_SERVICE_ACCOUNT = "system:serviceaccount:"


@dataclass(frozen=True)
class RegistryKeys:
    """What tokens are signed with; the registry trusts the authority of the certificate."""

    certificate_pem: bytes
    key_pem: bytes


class RegistryPaths:
    """Answers the paths."""

    def __init__(self, context: Context, keys: RegistryKeys, address: str) -> None:
        self._context = context
        self._address = address
        self._key = ECKey.import_key(keys.key_pem)
        certificate = x509.load_pem_x509_certificate(keys.certificate_pem)
        der = certificate.public_bytes(serialization.Encoding.DER)
        self._header = {"alg": "ES256", "typ": "JWT", "x5c": [base64.b64encode(der).decode()]}

    async def answer(self, request: Request) -> Answer:
        """Answer either path."""
        if request.user is ANONYMOUS:
            raise unauthorized()
        if request.path == TOKEN_PATH and request.method == "GET":
            return self._token(request)
        if request.path == PATH + "events" and request.method == "POST":
            return await self._events(request)
        raise ApiError("NotFound", f"there is nothing at {request.path}")

    def _token(self, request: Request) -> Response:
        if request.query.get("service", SERVICE) != SERVICE:
            raise bad_request(f"service: this registry is {SERVICE}")
        scopes = [scope for text in request.query_list("scope") for scope in text.split()]
        access = [entry for scope in scopes if (entry := self._access(request.user, scope))]
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "sub": request.user.name,
            "aud": SERVICE,
            "iat": now,
            "nbf": now - 10,
            "exp": now + TOKEN_SECONDS,
            "jti": secrets.token_hex(8),
            "access": access,
        }
        token = jwt.encode(self._header, claims, self._key, algorithms=["ES256"])
        issued = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
        answer = {"token": token, "access_token": token, "expires_in": TOKEN_SECONDS, "issued_at": issued}
        return Response(200, orjson.dumps(answer))

    def _access(self, user: User, scope: str) -> dict[str, Any] | None:
        """Return what of a scope the user may do; what they may not is left out, as the protocol asks."""
        kind, _, rest = scope.partition(":")
        name, _, actions = rest.rpartition(":")
        namespace, slash, stream = name.partition("/")
        if kind != "repository" or not slash or "/" in stream:
            return None
        allowed = [a for a in actions.split(",") if a in _VERBS and self._may(user, _VERBS[a], namespace, stream)]
        return {"type": kind, "name": name, "actions": allowed}

    def _may(self, user: User, verb: str, namespace: str, stream: str) -> bool:
        if verb == "get" and user.name.startswith(f"{_SERVICE_ACCOUNT}{namespace}:"):
            return True
        wanted = Attributes(verb, IMAGESTREAMS.group, "imagestreams/layers", namespace, stream)
        return self._context.authorizer.allowed("local", user, wanted)

    async def _events(self, request: Request) -> Response:
        if request.user.name != REPORTER:
            raise ApiError("Forbidden", "only the registry reports pushes")
        for event in orjson.loads(await request.read()).get("events") or ():
            target = event.get("target") or {}
            if event.get("action") == "push" and target.get("tag"):
                await self._note_push(target)
        return Response(200, b"{}")

    async def _note_push(self, target: dict[str, Any]) -> None:
        namespace, _, stream = str(target["repository"]).partition("/")
        digest, tag = str(target["digest"]), str(target["tag"])
        reference = f"{self._address}/{namespace}/{stream}@{digest}"
        image = {"metadata": {"name": digest}, "dockerImageReference": reference}
        mapping = {"metadata": {"name": stream, "namespace": namespace}, "tag": tag, "image": image}
        try:
            await tag_image(self._context, "local", namespace, mapping)
        except ApiError as error:
            if error.reason != "NotFound":
                raise
            new = {"apiVersion": IMAGESTREAMS.api_version, "kind": IMAGESTREAMS.kind, "metadata": mapping["metadata"]}
            await create_object(internal_call(self._context, "local", IMAGESTREAMS, namespace), new)
            await tag_image(self._context, "local", namespace, mapping)
