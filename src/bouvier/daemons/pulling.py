"""Pulling images of the platform's own registry on behalf of pods, and the way to it from hosts that joined.

A pod pulls what its service account may pull: the agent asks for a token of that account and hands it to the API server
for one of the registry. Images are named by the loopback address; on hosts that joined, connections to it are passed on
to the server's host.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
from dataclasses import replace

import orjson

from bouvier.apiserver.paas.registry import SERVICE, TOKEN_PATH
from bouvier.client.endpoint import Endpoint
from bouvier.client.rest import Client
from bouvier.engine.errors import EngineError
from bouvier.engine.specs import RegistryAuth
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, namespace_of
from bouvier.meta.resources import SERVICEACCOUNTS

TOKEN_SECONDS = 600
"""The least that a TokenRequest may ask for."""

_log = logging.getLogger(__name__)


class PlatformPulls:
    """Credentials for images of the platform's registry."""

    def __init__(self, client: Client, endpoint: Endpoint, address: str) -> None:
        self._client = client
        self._endpoint = endpoint
        self._prefix = address + "/"

    async def auth_for(self, pod: Obj, image: str) -> RegistryAuth | None:
        """Return the credentials with which a pod may have an image, None for one from elsewhere.

        Raises:
            EngineError: the API server does not hand them out; the pull is tried again.
        """
        if not image.startswith(self._prefix):
            return None
        repository = image.removeprefix(self._prefix).partition("@")[0].partition(":")[0]
        try:
            token = await self._token(pod, repository)
        except (ApiError, ConnectionError) as error:
            raise EngineError(f"no access to the platform's registry: {error}") from error
        # An engine that has the manifest already would not even ask the registry.
        if not may_pull(token):
            account = pod["spec"].get("serviceAccountName") or "default"
            raise EngineError(f"service account {account} may not get imagestreams/layers of {repository}")
        return RegistryAuth(registry_token=token)

    async def _token(self, pod: Obj, repository: str) -> str:
        account = pod["spec"].get("serviceAccountName") or "default"
        reference = {"kind": "Pod", "apiVersion": "v1", "name": pod["metadata"]["name"], "uid": pod["metadata"]["uid"]}
        request = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": TOKEN_SECONDS, "boundObjectRef": reference},
        }
        made = await self._client.create(
            SERVICEACCOUNTS, request, namespace=namespace_of(pod), name=account, subresource="token"
        )
        own = replace(self._endpoint, token=made["status"]["token"], cert_file="", key_file="", cert_pem="", key_pem="")
        client = Client.connect(own, user_agent="bouvier-node")
        try:
            query = {"service": SERVICE, "scope": f"repository:{repository}:pull"}
            return str((await client.request("GET", TOKEN_PATH, query=query))["token"])
        finally:
            await client.close()


def may_pull(token: str) -> bool:
    """Tell whether a registry token allows a pull; it comes from the API server itself, so its signature is not checked."""
    body = token.split(".")[1]
    claims = orjson.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return any("pull" in entry["actions"] for entry in claims.get("access") or ())


async def forward_registry(port: int, server: str) -> None:
    """Pass connections to the loopback address on to the server's registry, until cancelled."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there_reader, there_writer = await asyncio.open_connection(server, port)
        except OSError as error:
            _log.warning("the registry on %s cannot be reached: %s", server, error)
            writer.close()
            return
        await asyncio.gather(_copy(reader, there_writer), _copy(there_reader, writer))

    while True:
        try:
            listener = await asyncio.start_server(serve, "127.0.0.1", port)
        except OSError as error:
            _log.info("port %d is taken, which is right when the server is on this machine: %s", port, error)
            await asyncio.sleep(60)
            continue
        async with listener:
            await listener.serve_forever()


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(64 * 1024):
            sink.write(data)
            await sink.drain()
    with contextlib.suppress(OSError, RuntimeError):
        sink.close()
