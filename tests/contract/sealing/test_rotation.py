"""Sealed values of a real API server: rotation, interruption, configurations, and lost keys."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bouvier.apiserver.sealing.sealer import MissingKeyError, SealError
from bouvier.client import Client, Endpoint
from bouvier.meta.errors import ApiError
from bouvier.meta.resources import CONFIGMAPS, SECRETS
from bouvier.store.sqlite.store import SqliteStore
from tests.support.apiserver import RunningApi, running_api

PATH = "/bouvier/v1/sealing"
HEAD = "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n"
VALUE = base64.b64encode(b"hunter2").decode()


@asynccontextmanager
async def server(folder: Path, encryption: str = "") -> AsyncIterator[tuple[RunningApi, Client]]:
    """Run a server on the store file of the folder."""
    file = folder / "encryption.yaml"
    file.write_text(HEAD + encryption)
    store = await SqliteStore.open(folder / "store.db")
    async with running_api(folder, store, encryption=file if encryption else None) as api:
        client = Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token()))
        try:
            yield api, client
        finally:
            await client.close()


def obj(kind: str, name: str, **data: str) -> dict:
    return {
        "apiVersion": "v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": "default"},
        "data": data or {"p": VALUE},
    }


async def forms(api: RunningApi, plural: str) -> set[bytes]:
    """Return the beginnings of the stored values of a resource: the key's name, or `{` for plain ones."""
    page = await api.server.context.store.list(f"/local/core/{plural}/")
    return {stored.value[3:].split(b":")[1] if stored.value[:1] == b"\0" else b"{" for stored in page.items}


async def rotated(client: Client) -> dict:
    """Rotate and wait for the end."""
    await client.request("POST", PATH)
    return await done(client)


async def done(client: Client) -> dict:
    async with asyncio.timeout(60):
        while (report := await client.request("GET", PATH))["phase"] not in ("done", "failed"):
            await asyncio.sleep(0.02)
    return report


async def test_a_rotation_writes_everything_anew_and_drops_the_old_key(tmp_path: Path) -> None:
    """Objects keep their content, writers are not disturbed, and the server starts with the new key alone."""
    async with server(tmp_path) as (api, client):
        for number in range(30):
            await client.create(SECRETS, obj("Secret", f"s{number}"))

        async def write() -> None:
            for number in range(30):
                await client.patch(SECRETS, "s0", {"data": {f"k{number}": VALUE}}, namespace="default")

        writer = asyncio.create_task(write())
        report = await rotated(client)
        await writer
        assert (report["phase"], len(report["keys"])) == ("done", 1)
        assert report["keys"] != ["1"]
        assert await forms(api, "secrets") == {report["keys"][0].encode()}
    async with server(tmp_path) as (api, client):
        assert len((await client.get(SECRETS, "s0", "default"))["data"]) == 31
        assert (await client.get(SECRETS, "s29", "default"))["data"] == {"p": VALUE}


async def test_an_interrupted_rotation_goes_on(tmp_path: Path) -> None:
    """With two keys in the ring the next start finishes by itself, and draws no third key."""
    async with server(tmp_path) as (api, client):
        await client.create(SECRETS, obj("Secret", "s"))
        api.server.context.sealer.ring.add("second")  # killed right after the first step
    async with server(tmp_path) as (api, client):
        report = await done(client)
        assert report["keys"] == ["second"]
        assert await forms(api, "secrets") == {b"second"}


async def test_a_lost_key_is_named(tmp_path: Path) -> None:
    """The server does not start over values that it cannot read; with the key put back it does."""
    async with server(tmp_path) as (_api, client):
        await client.create(SECRETS, obj("Secret", "s"))
    file = tmp_path / "seal.keys"
    kept = json.loads(file.read_text())
    file.write_text(json.dumps({"keys": [{"name": "new", "secret": base64.b64encode(b"n" * 32).decode()}]}))
    with pytest.raises(MissingKeyError, match='secrets/default/s.*"aesgcm:1"'):
        async with server(tmp_path):
            pass
    both = json.loads(file.read_text())["keys"] + kept["keys"]
    file.write_text(json.dumps({"keys": both}))
    async with server(tmp_path) as (_api, client):
        assert (await client.get(SECRETS, "s", "default"))["data"] == {"p": VALUE}
        assert (await done(client))["keys"] == ["new"]


async def test_a_swapped_value_is_found(tmp_path: Path) -> None:
    """Somebody with the disk cannot give one secret the content of another."""
    async with server(tmp_path) as (_api, client):
        await client.create(SECRETS, obj("Secret", "a"))
        await client.create(SECRETS, obj("Secret", "b"))
    store = await SqliteStore.open(tmp_path / "store.db")
    one, two = [await store.get(f"/local/core/secrets/default/{name}") for name in "ab"]
    await store.update(two.key, one.value, two.revision)
    await store.close()
    with pytest.raises(SealError, match="default/b does not open"):
        async with server(tmp_path):
            pass


async def test_a_configuration_seals_what_it_names(tmp_path: Path) -> None:
    """Upstream's way: a new file, a restart, and every object replaced by itself; back to plain as well."""
    secret = base64.b64encode(b"k" * 32).decode()
    keys = f"{{keys: [{{name: k1, secret: {secret}}}]}}"
    async with server(tmp_path) as (api, client):
        await client.create(SECRETS, obj("Secret", "s"))
        await client.create(CONFIGMAPS, obj("ConfigMap", "c"))
        assert await forms(api, "configmaps") == {b"{"}
    sealing = f"- resources: [secrets, configmaps]\n  providers: [{{aescbc: {keys}}}, {{identity: {{}}}}]\n"
    async with server(tmp_path, sealing) as (api, client):
        for plural in ("secrets", "configmaps"):
            text = await api.kubectl("get", plural, "-A", "-o", "json")
            await api.kubectl("replace", "-f", "-", stdin=text)
            assert await forms(api, plural) == {b"k1"}
        shown = await client.get(SECRETS, "s", "default")
        again = await client.update(SECRETS, shown)
        assert again["metadata"]["resourceVersion"] == shown["metadata"]["resourceVersion"]
    plain = f"- resources: [configmaps]\n  providers: [{{identity: {{}}}}, {{aescbc: {keys}}}]\n"
    async with server(
        tmp_path, plain + f"- resources: [secrets]\n  providers: [{{secretbox: {keys}}}, {{aescbc: {keys}}}]\n"
    ) as (
        api,
        client,
    ):
        report = await rotated(client)
        assert (report["phase"], report["usesPlatformKeys"], report["keys"]) == ("done", True, report["keys"])
        assert await forms(api, "configmaps") == {b"{"}
        assert await forms(api, "secrets") == {b"k1"}
        assert (await client.get(SECRETS, "s", "default"))["data"] == {"p": VALUE}


async def test_custom_resources_can_be_sealed(tmp_path: Path) -> None:
    """A wildcard of a group covers kinds that are made later."""
    secret = base64.b64encode(b"k" * 16).decode()
    sealing = f"- resources: ['*.example.com']\n  providers: [{{aesgcm: {{keys: [{{name: k1, secret: {secret}}}]}}}}]\n"
    async with server(tmp_path, sealing) as (api, client):
        schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
        names = {"plural": "widgets", "singular": "widget", "kind": "Widget"}
        version = {"name": "v1", "served": True, "storage": True, "schema": schema}
        definition = {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": "widgets.example.com"},
            "spec": {"group": "example.com", "names": names, "scope": "Namespaced", "versions": [version]},
        }
        await client.request("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", body=definition)
        widgets = "/apis/example.com/v1/namespaces/default/widgets"
        async with asyncio.timeout(20):
            while True:
                try:
                    body = {
                        "apiVersion": "example.com/v1",
                        "kind": "Widget",
                        "metadata": {"name": "w"},
                        "secret": "hunter2",
                    }
                    await client.request("POST", widgets, body=body)
                    break
                except ApiError as error:
                    assert error.reason == "NotFound"
                    await asyncio.sleep(0.05)
        stored = await api.server.context.store.get("/local/example.com/widgets/default/w")
        assert b"hunter2" not in stored.value
        assert (await client.request("GET", f"{widgets}/w"))["secret"] == "hunter2"


async def test_rotating_is_for_administrators(tmp_path: Path) -> None:
    """Others may neither rotate nor look."""
    async with server(tmp_path) as (api, _client):
        nobody = Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token("nobody")))
        for method in ("GET", "POST"):
            with pytest.raises(ApiError, match="cannot (get|post) path"):
                await nobody.request(method, PATH)
        await nobody.close()
        assert api.server.context.sealer.ring.names == ["1"]
