"""An API server and extensions that it can call."""

import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bouvier.client import Client, Endpoint
from bouvier.util.pki import Authority
from tests.support.apiserver import RunningApi, running_api


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[RunningApi]:
    async with running_api(tmp_path) as running:
        yield running


@pytest.fixture
async def client(api: RunningApi) -> AsyncIterator[Client]:
    made = Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token()))
    yield made
    await made.close()


@pytest.fixture
async def client_of(api: RunningApi) -> AsyncIterator[Callable[[str], Client]]:
    """Make a client for a component."""
    made: list[Client] = []

    def make(component: str) -> Client:
        made.append(Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token(component))))
        return made[-1]

    yield make
    for one in made:
        await one.close()


class Extension:
    """An HTTPS server whose answers a test decides; keeps what it was sent."""

    def __init__(self, url: str, bundle: str, port: int) -> None:
        self.url, self.bundle, self.port = url, bundle, port
        self.seen: list[Any] = []
        self.answer: Callable[[dict], Any] = lambda request: {"uid": request["uid"], "allowed": True}
        self.kind, self.version = "AdmissionReview", "admission.k8s.io/v1"

    def config(self, path: str = "") -> dict:
        return {"url": self.url + path, "caBundle": self.bundle}

    async def handle(self, request: web.Request) -> web.StreamResponse:
        document = await request.json()
        self.seen.append(document["request"])
        answer = self.answer(document["request"])
        if hasattr(answer, "__await__"):
            answer = await answer
        if isinstance(answer, web.StreamResponse):
            return answer
        return web.json_response({"kind": self.kind, "apiVersion": self.version, "response": answer})


@pytest.fixture
async def extension(tmp_path: Path) -> AsyncIterator[Extension]:
    import base64

    authority = Authority.open(tmp_path / "extension-pki", "ca", "extension-ca")
    certificate, key = authority.issue("hook", hosts=("127.0.0.1", "hook.default.svc"), server=True)
    (tmp_path / "hook.crt").write_bytes(certificate)
    (tmp_path / "hook.key").write_bytes(key)
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trust.load_cert_chain(tmp_path / "hook.crt", tmp_path / "hook.key")
    made = Extension("", base64.b64encode(authority.pem).decode(), 0)
    application = web.Application()
    application.router.add_route("*", "/{rest:.*}", made.handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=trust)
    await site.start()
    made.port = site._server.sockets[0].getsockname()[1]
    made.url = f"https://127.0.0.1:{made.port}"
    yield made
    await runner.cleanup()
