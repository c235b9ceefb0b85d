"""Joining against a real API server: token, certificate, and what is refused."""

import asyncio
import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from bouvier.apiserver.authn.bootstrap_tokens import GROUP
from bouvier.cli.commands.token import secret_of
from bouvier.client import Client
from bouvier.client.certificates import DeniedError, obtain
from bouvier.client.endpoint import Endpoint, from_kubeconfig
from bouvier.client.informer import InformerSet
from bouvier.controllers.certificates.requests import CertificateController
from bouvier.controllers.runtime.manager import Manager
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import name_of
from bouvier.meta.resources import CERTIFICATESIGNINGREQUESTS, NODES, SECRETS
from bouvier.util.pki import Authority
from bouvier.util.signing_requests import make_request, new_key
from tests.support.apiserver import RunningApi

TOKEN = "abcdef.0123456789abcdef"
HOST = "kubernetes.io/kube-apiserver-client-kubelet"
USAGES = ("digital signature", "client auth")


@pytest.fixture
async def signing(api: RunningApi) -> AsyncIterator[Client]:
    """The certificate controller at work; gives an administrator's client."""
    token = api.token("controllers")
    worker = Client.connect(Endpoint(unix_socket=str(api.socket), token=token))
    admin = Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token()))
    informers = InformerSet(worker)
    manager = Manager(informers, [CertificateController(worker, Authority.open(api.folder / "pki", "ca", "test-ca"))])
    tasks = [asyncio.create_task(informers.run()), asyncio.create_task(manager.run())]
    yield admin
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await worker.close()
    await admin.close()


async def add_token(admin: Client, *, seconds: int = 3600, many: bool = False) -> None:
    expiration = (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
    await admin.create(SECRETS, secret_of(*TOKEN.split("."), expiration, "", many=many))


def joining(api: RunningApi, token: str = TOKEN) -> Client:
    return Client.connect(Endpoint(unix_socket=str(api.socket), token=token))


async def ask(client: Client, name: str, key: bytes) -> bytes:
    request = make_request(key, f"system:node:{name}", ("system:nodes",))
    return await obtain(client, f"host-{name}", request, signer=HOST, usages=USAGES, seconds=10)


async def test_a_token_makes_one_host(api: RunningApi, signing: Client) -> None:
    """The certificate works as the host's; the same wish again finds it; a second host is told that the token is used."""
    await add_token(signing)
    client, key = joining(api), new_key()
    certificate = await ask(client, "h1", key)
    assert await ask(client, "h1", key) == certificate
    known = from_kubeconfig(api.kubeconfig)
    endpoint = Endpoint(url=known.url, ca_pem=known.ca_pem, cert_pem=certificate.decode(), key_pem=key.decode())
    host = Client.connect(endpoint)
    await host.create(NODES, {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "h1"}})
    with pytest.raises(ApiError, match="used already, by host h1: make another one"):
        await ask(client, "h2", new_key())
    await host.close()
    await client.close()


async def test_two_hosts_at_once(api: RunningApi, signing: Client) -> None:
    """Of two hosts with one token exactly one joins, whatever the order."""
    await add_token(signing)
    client = joining(api)
    asked = await asyncio.gather(ask(client, "h1", new_key()), ask(client, "h2", new_key()), return_exceptions=True)
    assert sum(isinstance(answer, bytes) for answer in asked) == 1
    assert sum(isinstance(answer, ApiError | DeniedError) and "used" in str(answer) for answer in asked) == 1
    await client.close()


async def test_a_token_for_many(api: RunningApi, signing: Client) -> None:
    """A token made for many hosts is not used up."""
    await add_token(signing, many=True)
    client = joining(api)
    assert await ask(client, "h1", new_key()) != await ask(client, "h2", new_key())
    await client.close()


async def test_tokens_that_are_no_good(api: RunningApi, signing: Client) -> None:
    """Unknown, wrong and expired tokens say what to do, and a good one opens nothing but requests."""
    await add_token(signing, seconds=-10)
    for token, why in ((TOKEN, "expired"), (TOKEN[:-1] + "0", "not known"), ("zzzzzz.0123456789abcdef", "not known")):
        client = joining(api, token)
        with pytest.raises(ApiError, match=f"{why}.*bouvier token"):
            await client.list(CERTIFICATESIGNINGREQUESTS)
        await client.close()
    fresh = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = {"data": {"expiration": base64.b64encode(fresh.encode()).decode()}}
    await signing.patch(SECRETS, "bootstrap-token-abcdef", body, namespace="kube-system")
    client = joining(api)
    with pytest.raises(ApiError) as refused:
        await client.list(SECRETS, "kube-system")
    assert refused.value.reason == "Forbidden"
    await client.close()


async def test_who_asks_is_noted_by_the_server(api: RunningApi, signing: Client) -> None:
    """A request cannot claim to come from somebody else."""
    await add_token(signing)
    client = joining(api)
    spec = {
        "request": base64.b64encode(make_request(new_key(), "jane")).decode(),
        "signerName": "kubernetes.io/kube-apiserver-client",
        "usages": ["client auth"],
        "username": "admin",
        "groups": ["system:masters"],
    }
    body = {"apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest", "metadata": {"name": "x"}}
    made = await client.create(CERTIFICATESIGNINGREQUESTS, body | {"spec": spec})
    assert made["spec"]["username"] == "system:bootstrap:abcdef"
    assert GROUP in made["spec"]["groups"]
    assert name_of(made) == "x"
    await api.kubectl("certificate", "approve", "x")
    assert "Approved,Issued" in await until_issued(api)
    await client.close()


async def until_issued(api: RunningApi) -> str:
    async with asyncio.timeout(10):
        while "Issued" not in (text := await api.kubectl("get", "csr", "x")):
            continue
    return text
