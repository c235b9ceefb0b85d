"""Clients that take protobuf and nothing else: every kind, lists, refusals and watches as the JSON clients see them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

import aiohttp
import pytest

from bouvier.apiserver.cache.resource import ResourceCache
from bouvier.apiserver.wire.pieces import PIECE_ITEMS
from bouvier.apiserver.wire.protobuf.envelope import decode, has_message
from bouvier.apiserver.wire.protobuf.table import table
from bouvier.client import Client, Endpoint
from bouvier.meta.errors import ApiError
from bouvier.meta.resources import CONFIGMAPS
from tests.conformance.kinds.samples import NAMESPACE, sample
from tests.conformance.kinds.test_every_kind import CREATED
from tests.support.apiserver import running_api
from tests.support.protobuf_answers import LENGTH_BYTES, events_of, items_of, without_empties
from tests.support.protobuf_objects import written

PROTOBUF = "application/vnd.kubernetes.protobuf"
SEQUENCE = f"{PROTOBUF};stream=watch"
PARTIAL = ";as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
PARTIAL_LIST = ";as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
MAPS = "/api/v1/namespaces/default/configmaps"
STORED = sorted(
    (kind for kind in CREATED if has_message(kind.resource.api_version, kind.resource.kind)),
    key=lambda kind: kind.resource.plural == "resourcequotas",  # nobody counts here: what it limits comes before it
)
DEFINITION = {
    "metadata": {"name": "samples.sample.example"},
    "spec": {
        "group": "sample.example",
        "scope": "Namespaced",
        "names": {"plural": "samples", "kind": "Sample"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
                "subresources": {
                    "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}
                },
            }
        ],
    },
}


class Answer(NamedTuple):
    """What came back, whole."""

    status: int
    content_type: str
    body: bytes


class Server(NamedTuple):
    """Two clients of one server."""

    client: Client
    """It takes JSON."""
    session: aiohttp.ClientSession
    """It takes protobuf."""

    async def ask(self, method: str, path: str, *, form: str = "", body: bytes = b"", **query: str) -> Answer:
        """Send a request that accepts protobuf alone."""
        headers = {"Accept": PROTOBUF + form, "Content-Type": PROTOBUF}
        url = f"http://api{path}"
        async with self.session.request(method, url, params=query, data=body, headers=headers) as answer:
            return Answer(answer.status, answer.headers["Content-Type"], await answer.read())


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with running_api(tmp_path) as api:
        client = Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token()))
        connector = aiohttp.UnixConnector(path=str(api.socket))
        headers = {"Authorization": f"Bearer {api.token()}"}
        async with aiohttp.ClientSession(connector=connector, headers=headers) as session:
            yield Server(client, session)
        await client.close()


async def made(server: Server, name: str, **data: str) -> dict:
    """Return a new ConfigMap."""
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}, "data": data}
    return await server.client.create(CONFIGMAPS, obj)


async def test_every_kind(server: Server, tmp_path: Path) -> None:
    """One object of every built-in kind, by its name and in a list, is what JSON clients see of it."""
    await server.client.request("POST", "/api/v1/namespaces", body={"metadata": {"name": NAMESPACE}})
    for kind in STORED:
        resource = kind.resource
        path = resource.path(NAMESPACE if resource.namespaced else "", "")
        api_version, name = resource.api_version, await there(server, path, sample(kind, tmp_path))
        wanted, answer = await seen_by_both(server, f"{path}/{name}")
        assert (answer.status, answer.content_type) == (200, PROTOBUF)
        assert decode(answer.body) == without_empties(api_version, resource.kind, wanted)
        listed = await server.ask("GET", path)
        kinds, metadata, items = items_of(listed.body, table().kinds[api_version, resource.kind])
        assert kinds == (api_version, f"{resource.kind}List")
        assert int(metadata["resourceVersion"]) > 0
        assert name in [one["metadata"]["name"] for one in items]


async def there(server: Server, path: str, obj: dict) -> str:
    """Create an object unless another version of its kind has made it already; return its name."""
    try:
        obj = await server.client.request("POST", path, body=obj, query={"fieldManager": "maker"})
    except ApiError as error:
        if error.reason != "AlreadyExists":
            raise
    return obj["metadata"]["name"]


async def seen_by_both(server: Server, path: str) -> tuple[dict, Answer]:
    """Return what both clients see of an object while nobody changes it."""
    while True:
        before = await server.client.request("GET", path)
        answer = await server.ask("GET", path)
        if await server.client.request("GET", path) == before:
            return before, answer


async def test_life_of_an_object(server: Server) -> None:
    """Create, replace, patch and delete answer in protobuf, and so do refusals, with their details."""
    obj = {"metadata": {"name": "a"}, "data": {"x": "ö"}}
    created = await server.ask("POST", MAPS, body=written("v1", "ConfigMap", obj))
    assert (created.status, created.content_type) == (201, PROTOBUF)
    found = decode(created.body)
    assert (found["data"], found["metadata"]["namespace"]) == ({"x": "ö"}, "default")
    again = await server.ask("POST", MAPS, body=written("v1", "ConfigMap", obj))
    assert (again.status, decode(again.body)["reason"]) == (409, "AlreadyExists")
    replaced = await server.ask("PUT", f"{MAPS}/a", body=written("v1", "ConfigMap", found | {"data": {"y": "1"}}))
    assert decode(replaced.body)["data"] == {"y": "1"}
    deleted = await server.ask("DELETE", f"{MAPS}/a")
    assert decode(deleted.body)["status"] == "Success"
    gone = await server.ask("GET", f"{MAPS}/a")
    assert (gone.status, gone.content_type) == (404, PROTOBUF)
    assert decode(gone.body)["details"] == {"name": "a", "kind": "configmaps"}
    wrong = await server.ask("POST", MAPS.replace("configmaps", "pods"), body=written("v1", "Pod", obj))
    assert "spec.containers" in [cause["field"] for cause in decode(wrong.body)["details"]["causes"]]


async def test_long_lists(server: Server) -> None:
    """A list of more than one piece is whole, as objects and as metadata, and so are its pages."""
    names = [f"m-{number:03}" for number in range(2 * PIECE_ITEMS + 5)]
    for name in names:
        await made(server, name, x=name)
    listed = await server.ask("GET", MAPS)
    _, _, items = items_of(listed.body, "core.ConfigMap")
    assert [one["data"]["x"] for one in items if "data" in one and "x" in one["data"]] == names
    partial = await server.ask("GET", MAPS, form=PARTIAL_LIST)
    kind, _, items = items_of(partial.body, "meta.PartialObjectMetadata")
    assert kind == ("meta.k8s.io/v1", "PartialObjectMetadataList")
    assert [one["metadata"]["name"] for one in items if one["metadata"]["name"].startswith("m-")] == names
    page = await server.ask("GET", MAPS, limit="2")
    _, metadata, items = items_of(page.body, "core.ConfigMap")
    assert len(items) == 2
    assert metadata["continue"]


async def test_watch(server: Server) -> None:
    """Past changes, new ones, bookmarks and the end of what was there are frames."""
    since = (await made(server, "a"))["metadata"]["resourceVersion"]

    async def change() -> None:
        await server.client.patch(CONFIGMAPS, "a", {"data": {"n": "1"}}, namespace="default")

    events = await watched(server, 1, change, resourceVersion=since, fieldSelector="metadata.name=a")
    assert [(one["type"], one["object"]["data"]) for one in events] == [("MODIFIED", {"n": "1"})]
    query = {"sendInitialEvents": "true", "allowWatchBookmarks": "true", "resourceVersionMatch": "NotOlderThan"}
    events = await watched(server, 2, None, fieldSelector="metadata.name=a", **query)
    assert [one["type"] for one in events] == ["ADDED", "BOOKMARK"]
    assert events[1]["object"]["kind"] == "ConfigMap"
    assert events[1]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
    events = await watched(server, 1, None, form=PARTIAL, fieldSelector="metadata.name=a")
    assert (events[0]["object"]["kind"], events[0]["object"]["metadata"]["name"]) == ("PartialObjectMetadata", "a")


async def test_a_watch_from_too_long_ago(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not remembered any more is told as a Status in a frame."""
    monkeypatch.setattr(ResourceCache, "complete_from", property(lambda _cache: 2))
    events = await watched(server, 1, None, resourceVersion="1")
    assert [(one["type"], one["object"]["reason"], one["object"]["code"]) for one in events] == [
        ("ERROR", "Expired", 410)
    ]


async def watched(
    server: Server,
    count: int,
    begin: Callable[[], Awaitable[None]] | None,
    form: str = "",
    **query: str,
) -> list[dict]:
    """Return so many events; `begin` is called when the watch is open."""
    headers = {"Accept": PROTOBUF + form}
    url = f"http://api{MAPS}"
    async with (
        server.session.get(url, params={"watch": "1", **query}, headers=headers) as answer,
        asyncio.timeout(60),
    ):
        assert answer.headers["Content-Type"] == SEQUENCE
        if begin is not None:
            await begin()
        frames = b""
        for _ in range(count):
            head = await answer.content.readexactly(LENGTH_BYTES)
            frames += head + await answer.content.readexactly(int.from_bytes(head, "big"))
    return events_of(frames)


async def test_custom_kinds_have_no_form(server: Server) -> None:
    """They are refused before anything changes; their metadata and their scale have a form."""
    definition = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"} | DEFINITION
    await server.client.request("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", body=definition)
    path = "/apis/sample.example/v1/namespaces/default/samples"
    obj = {"apiVersion": "sample.example/v1", "kind": "Sample", "metadata": {"name": "a"}, "spec": {"replicas": 2}}
    async with asyncio.timeout(60):
        while True:
            try:
                await server.client.request("POST", path, body=obj)
            except ApiError as error:
                assert error.code == 404
                await asyncio.sleep(0.05)
                continue
            break
    for method, url in (("GET", f"{path}/a"), ("GET", path), ("GET", f"{path}?watch=1"), ("DELETE", f"{path}/a")):
        refused = await server.ask(method, url)
        assert (refused.status, decode(refused.body)["reason"]) == (406, "NotAcceptable")
    assert decode((await server.ask("GET", f"{path}/a/scale")).body)["spec"] == {"replicas": 2}
    partial = await server.ask("GET", f"{path}/a", form=PARTIAL)
    assert decode(partial.body)["metadata"]["name"] == "a"


async def test_discovery(server: Server) -> None:
    """The plain documents of discovery have a form."""
    groups = decode((await server.ask("GET", "/apis")).body)
    assert "apps" in [group["name"] for group in groups["groups"]]
    resources = decode((await server.ask("GET", "/api/v1")).body)
    pods = next(one for one in resources["resources"] if one["name"] == "pods")
    assert "watch" in pods["verbs"]
    assert decode((await server.ask("GET", "/api")).body)["versions"] == ["v1"]


async def test_who_takes_json_gets_it(server: Server) -> None:
    """Clients that take JSON too are answered in JSON, wherever it stands in their list."""
    for accept in (f"{PROTOBUF}, */*", f"{PROTOBUF},application/json"):
        async with server.session.get(f"http://api{MAPS}", headers={"Accept": accept}) as answer:
            assert answer.content_type == "application/json"
