"""Inviting a server: who may make a token, and what a token gives, once."""

import asyncio
import base64
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bouvier.client import Client, Endpoint
from bouvier.daemons.server_paths import BUNDLE_PATH, TOKEN_PATH, ServerPaths
from bouvier.daemons.settings import Platform, Settings
from bouvier.meta.errors import ApiError
from bouvier.meta.resources import SECRETS
from bouvier.util.pki import Authority
from tests.support.apiserver import RunningApi, running_api


def settings(folder: Path, store: str) -> Settings:
    platform = Platform(
        id="a1b2c3",
        port=6443,
        pod_cidr="10.42.0.0/16",
        service_cidr="10.43.0.0/16",
        node_port_range="30000-32767",
        http_port=80,
        https_port=443,
        store=store,
    )
    Authority.open(folder / "pki", "ca", "test-ca")
    return Settings(data_dir=folder, platform=platform, engine_socket=folder / "none", node_name="n1")


@pytest.fixture(params=["etcd://db:2379/farm"])
async def api(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[RunningApi]:
    async with running_api(tmp_path) as running:
        paths = ServerPaths(running.server.context, settings(tmp_path, request.param))
        for prefix, handler in paths.handlers().items():
            running.server.add_path(prefix, handler)
        yield running


def client_of(api: RunningApi, component: str | None = "admin") -> Client:
    return Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token(component) if component else ""))


async def post(api: RunningApi, path: str, body: dict, component: str | None = "admin") -> dict:
    client = client_of(api, component)
    try:
        return await client.request("POST", path, body=body)
    finally:
        await client.close()


async def test_a_token_gives_the_keys_once(api: RunningApi) -> None:
    """Nobody needs another proof than the token; of several who bring it one gets the keys."""
    made = await post(api, TOKEN_PATH, {"seconds": 60})
    answers = await asyncio.gather(
        *(post(api, BUNDLE_PATH, {"token": made["token"]}, None) for _ in range(4)), return_exceptions=True
    )
    given = [answer for answer in answers if isinstance(answer, dict)]
    assert len(given) == 1
    assert {answer.reason for answer in answers if isinstance(answer, ApiError)} == {"Unauthorized"}
    assert base64.b64decode(given[0]["files"]["ca.key"]).startswith(b"-----BEGIN")
    assert given[0]["facts"]["id"] == "a1b2c3"


@pytest.mark.parametrize("component", ["nobody", "controllers", "node-n1"])
async def test_only_administrators_make_tokens(api: RunningApi, component: str) -> None:
    """Not even the platform's own processes may."""
    with pytest.raises(ApiError) as refused:
        await post(api, TOKEN_PATH, {}, component)
    assert refused.value.reason == "Forbidden"


async def test_wrong_and_forged_tokens_give_nothing(api: RunningApi) -> None:
    """A wrong secret is refused, and who may write Secrets cannot make a token that works."""
    made = await post(api, TOKEN_PATH, {"seconds": 60})
    identifier, _, _ = made["token"].partition(".")
    for token in ("", "x", f"{identifier}.wrong", f"{identifier}.", "../../x.y"):
        with pytest.raises(ApiError, match="wrong, was used already, or has expired"):
            await post(api, BUNDLE_PATH, {"token": token}, None)
    data = {"expiration": "2999-01-01T00:00:00Z", "proof": "0" * 64}
    encoded = {name: base64.b64encode(value.encode()).decode() for name, value in data.items()}
    forged = {"metadata": {"name": "server-token-forged", "namespace": "kube-system"}, "data": encoded}
    client = client_of(api)
    await client.create(SECRETS, forged | {"type": "bouvier.io/server-token"})
    kept = await client.get(SECRETS, f"server-token-{identifier}", "kube-system")
    later = kept["data"] | {"expiration": encoded["expiration"]}
    await client.update(SECRETS, kept | {"data": later})
    await client.close()
    for token in ("forged.secret", made["token"]):
        with pytest.raises(ApiError) as refused:
            await post(api, BUNDLE_PATH, {"token": token}, None)
        assert refused.value.reason == "Unauthorized"


@pytest.mark.parametrize("api", [""], indirect=True)
async def test_a_platform_on_a_file_invites_nobody(api: RunningApi) -> None:
    """The way to several servers is named."""
    with pytest.raises(ApiError, match="several need an etcd"):
        await post(api, TOKEN_PATH, {})
