"""Objects with random content, whole and damaged, in every binary form: refused or made, never an internal error."""

import aiohttp
import cbor2
import pytest

from bouvier.apiserver.build import served_kinds
from bouvier.apiserver.wire.protobuf.table import table
from bouvier.client import Client
from bouvier.meta.errors import ApiError
from tests.support.apiserver import RunningApi
from tests.support.protobuf_objects import random_object, seeded, written

PROTOBUF = "application/vnd.kubernetes.protobuf"
SEEDS = range(4)


def sendable_kinds() -> list:
    return [kind for _, kind in sorted(served_kinds().items()) if message_key(kind) in table().kinds]


def message_key(kind: object) -> tuple[str, str]:
    return kind.resource.api_version, kind.resource.kind  # type: ignore[attr-defined]


def url_of(kind: object) -> str:
    resource = kind.resource  # type: ignore[attr-defined]
    root = f"/apis/{resource.api_version}" if resource.group else f"/api/{resource.version}"
    namespace = "/namespaces/default" if resource.namespaced else ""
    return f"http://api{root}{namespace}/{resource.plural}"


def named(obj: dict, name: str) -> dict:
    """Give an object the least that one needs to be looked at more closely."""
    return obj | {"metadata": {"name": name}}


def damaged(body: bytes, source: object) -> bytes:
    """Return a body with a changed byte, cut somewhere."""
    changed = bytearray(body)
    changed[source.randrange(len(body))] = source.randrange(256)  # type: ignore[attr-defined]
    return bytes(changed[: source.randrange(len(body)) + 1])  # type: ignore[attr-defined]


@pytest.mark.parametrize("seed", SEEDS)
async def test_random_objects(api: RunningApi, seed: int) -> None:
    """Every kind that can be created is sent random objects as protobuf and CBOR."""
    source = seeded(seed)
    connector = aiohttp.UnixConnector(path=str(api.socket))
    headers = {"Authorization": f"Bearer {api.token()}"}
    async with aiohttp.ClientSession(connector=connector, headers=headers) as http:
        for kind in sendable_kinds():
            key = message_key(kind)
            random = random_object(*key, source)
            for obj in (random, named(random, f"n{seed}")):
                whole = {PROTOBUF: written(*key, obj), "application/cbor": cbor2.dumps(obj)}
                bodies = [*whole.items(), *((form, damaged(body, source)) for form, body in whole.items())]
                for content_type, body in bodies:
                    async with http.post(url_of(kind), data=body, headers={"Content-Type": content_type}) as answer:
                        assert answer.status < 500, (key, content_type, body, await answer.text())


async def test_missing_names(client: Client) -> None:
    """A job without a name, and a definition whose stored version has none, are refused with the field that lacks."""
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "busybox"}]}}
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {}, "spec": {"template": template}}
    with pytest.raises(ApiError, match="metadata.name: Required value") as caught:
        await client.request("POST", "/apis/batch/v1/namespaces/default/jobs", body=job)
    assert caught.value.code == 422
    spec = {"group": "example.com", "scope": "Cluster", "names": {"plural": "xs", "kind": "X"}}
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "xs.example.com"},
        "spec": spec | {"versions": [{"served": True, "storage": True, "schema": {"openAPIV3Schema": {}}}]},
    }
    with pytest.raises(ApiError) as caught:
        await client.request("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", body=definition)
    assert caught.value.code == 422
    assert "spec.versions[0].name" in caught.value.message
