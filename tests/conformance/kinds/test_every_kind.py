"""Every served kind, walked through every verb: what the original does with any kind, ours does with each of them."""

import asyncio
import copy
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bouvier.apiserver.build import served_kinds
from bouvier.client.endpoint import Endpoint
from bouvier.client.rest import Client
from bouvier.kinds.kind import Kind
from bouvier.kinds.reviews import is_stored
from bouvier.meta.errors import ApiError
from tests.conformance.kinds.samples import NAMESPACE, has_sample, is_named_by_content, sample
from tests.support.apiserver import running_api

SECONDS = 30
MERGE, JSON_PATCH = "application/merge-patch+json", "application/json-patch+json"
STRATEGIC, APPLY = "application/strategic-merge-patch+json", "application/apply-patch+yaml"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
PARTIAL = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
LABEL = {"walk": "here"}
CARRIED_OUT = ("receivercalls",)
"""Kinds whose creation does something at once, to an object that must be there."""
CREATED = [
    kind
    for kind in served_kinds().values()
    if is_stored(kind) and "create" in kind.verbs and kind.resource.plural not in CARRIED_OUT
]
HELD_BACK = ("namespaces", "persistentvolumeclaims", "persistentvolumes", "clusters")
"""Whose objects wait for an actor before they go."""


class Walk:
    """One kind at one server."""

    def __init__(self, kind: Kind, client: Client, folder: Path) -> None:
        self.kind, self.client, self.folder = kind, client, folder
        self.resource = kind.resource
        self.namespace = NAMESPACE if kind.resource.namespaced else ""

    def new(self, name: str = "walker") -> dict:
        return sample(self.kind, self.folder, name)

    def path(self, name: str = "", subresource: str = "") -> str:
        return self.resource.path(self.namespace, name, subresource)

    async def ask(
        self, method: str, path: str, body: Any = None, content_type: str = "application/json", **query
    ) -> dict:
        return await self.client.request(method, path, query=query, body=body, content_type=content_type)

    async def refused(self, method: str, path: str, body: Any = None, **query) -> ApiError:
        with pytest.raises(ApiError) as caught:
            await self.ask(method, path, body, **query)
        return caught.value

    async def get(self, name: str) -> dict:
        return await self.ask("GET", self.path(name))

    async def shown(self, accept: str) -> dict:
        return json.loads((await self.client.raw("GET", self.path(), accept=accept)).body)


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    async with running_api(tmp_path) as api:
        made = Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token()), user_agent="walker")
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
        await made.request("POST", "/api/v1/namespaces", body=namespace)
        yield made
        await made.close()


def test_every_kind_has_a_sample() -> None:
    """A new kind comes with an object to walk with."""
    assert [kind.resource for kind in CREATED if not has_sample(kind)] == []


@pytest.mark.parametrize("group", sorted({kind.resource.group for kind in CREATED}), ids=lambda group: group or "core")
async def test_a_kind_does_what_every_kind_does(group: str, client: Client, tmp_path: Path) -> None:
    """Create, read, watch, change in every way and delete, dry and for good, one kind of the group after the other."""
    for kind in CREATED:
        if kind.resource.group == group:
            try:
                await _walk(Walk(kind, client, tmp_path))
            except (AssertionError, ApiError) as error:
                raise AssertionError(f"{kind.resource.api_version} {kind.resource.plural}: {error}") from error


async def _walk(walk: Walk) -> None:
    made = await _created(walk)
    name = made["metadata"]["name"]
    await _read(walk, made)
    await _watched(walk, made)
    await _patched(walk, name)
    await _replaced(walk, name)
    await _status(walk, name)
    await _deleted(walk, name)
    if not is_named_by_content(walk.kind):
        await _collection(walk)


async def _created(walk: Walk) -> dict:
    """A create leaves nothing when dry, refuses fields that do not exist, and fills the metadata."""
    new, kind = walk.new(), walk.kind
    name = new["metadata"]["name"]
    dry = await walk.ask("POST", walk.path(), new, dryRun="All")
    assert dry["metadata"]["uid"]
    assert (await walk.refused("GET", walk.path(name))).reason == "NotFound"
    if kind.definition:
        wrong = new | {"nonsense": 1}
        refusal = await walk.refused("POST", walk.path(), wrong, fieldValidation="Strict")
        assert refusal.code == 400
        assert 'unknown field "nonsense"' in refusal.message
    made = await walk.ask("POST", walk.path(), new, fieldValidation="Strict", fieldManager="maker")
    metadata = made["metadata"]
    assert made["kind"] == kind.resource.kind
    assert made["apiVersion"] == kind.resource.api_version
    assert metadata["creationTimestamp"]
    assert metadata["resourceVersion"]
    assert metadata.get("generation") == (1 if kind.has_generation else None)
    managers = [entry["manager"] for entry in metadata.get("managedFields") or ()]
    assert managers == ["maker"] or new.keys() == {"apiVersion", "kind", "metadata"}
    assert (await walk.refused("POST", walk.path(), walk.new(name))).reason == "AlreadyExists"
    return made


async def _read(walk: Walk, made: dict) -> None:
    """An object is found by name, in lists, by field, as a row and as metadata."""
    name = made["metadata"]["name"]
    found = await walk.get(name)
    assert (found.get("spec"), found["metadata"]["uid"]) == (made.get("spec"), made["metadata"]["uid"])
    listed = await walk.ask("GET", walk.path(), fieldSelector=f"metadata.name={name}")
    assert listed["kind"] == f"{walk.resource.kind}List"
    assert [one["metadata"]["name"] for one in listed["items"]] == [name]
    everywhere = await walk.ask("GET", walk.resource.path())
    assert made["metadata"]["uid"] in {one["metadata"]["uid"] for one in everywhere["items"]}
    assert {(one["apiVersion"], one["kind"]) for one in everywhere["items"]} == {(made["apiVersion"], made["kind"])}
    for field, read in walk.kind.selectable.items():
        value = read(_stored_form(walk.kind, made))
        chosen = await walk.ask("GET", walk.path(), fieldSelector=f"{field}={value}")
        assert name in {one["metadata"]["name"] for one in chosen["items"]}, field
    table = await walk.shown(TABLE)
    assert [column["name"] for column in table["columnDefinitions"]] == [c.name for c in walk.kind.columns]
    assert all(len(row["cells"]) == len(walk.kind.columns) for row in table["rows"])
    assert name in {row["object"]["metadata"]["name"] for row in table["rows"]}
    assert (await walk.shown(PARTIAL))["kind"] == "PartialObjectMetadataList"


async def _watched(walk: Walk, made: dict) -> None:
    """A watch from before sees the object, and its change."""
    name, since = made["metadata"]["name"], str(int(made["metadata"]["resourceVersion"]) - 1)
    seen: list[str] = []

    async def follow() -> None:
        events = walk.client.watch(
            walk.resource, walk.namespace, resource_version=since, field_selector=f"metadata.name={name}"
        )
        async for event, obj in events:
            seen.append(event)
            assert obj["apiVersion"] == walk.resource.api_version
            if event == "ADDED":
                body = {"metadata": {"annotations": {"seen": "yes"}}}
                await walk.ask("PATCH", walk.path(name), body, MERGE)
            elif event == "MODIFIED":
                return

    await asyncio.wait_for(follow(), SECONDS)
    assert seen[-1] == "MODIFIED"


async def _patched(walk: Walk, name: str) -> None:
    """Merge patch, JSON patch, strategic merge patch and apply change what they name, and nothing when dry."""
    path = walk.path(name)
    dry = await walk.ask("PATCH", path, {"metadata": {"labels": {"dry": "yes"}}}, MERGE, dryRun="All")
    assert dry["metadata"]["labels"]["dry"] == "yes"
    merged = await walk.ask("PATCH", path, {"metadata": {"labels": LABEL | {"b": "2"}}}, MERGE)
    assert LABEL.items() <= merged["metadata"]["labels"].items()
    assert "dry" not in merged["metadata"]["labels"]
    patched = await walk.ask("PATCH", path, [{"op": "remove", "path": "/metadata/labels/b"}], JSON_PATCH)
    assert "b" not in patched["metadata"]["labels"]
    if walk.kind.definition:
        strategic = await walk.ask("PATCH", path, {"metadata": {"finalizers": ["walk.example/one"]}}, STRATEGIC)
        assert "walk.example/one" in strategic["metadata"]["finalizers"]
        await walk.ask(
            "PATCH", path, {"metadata": {"$deleteFromPrimitiveList/finalizers": ["walk.example/one"]}}, STRATEGIC
        )
    head = {"apiVersion": walk.resource.api_version, "kind": walk.resource.kind}
    wanted = head | {"metadata": {"name": name, "annotations": {"applied": "yes"}}}
    applied = await walk.ask("PATCH", path, wanted, APPLY, fieldManager="applier")
    assert applied["metadata"]["annotations"]["applied"] == "yes"
    assert any(one["operation"] == "Apply" for one in applied["metadata"]["managedFields"])
    assert "walk.example/one" not in (applied["metadata"].get("finalizers") or ())


async def _replaced(walk: Walk, name: str) -> None:
    """An update replaces what it has seen, and is refused when that is old."""
    present = await walk.get(name)
    present["metadata"]["labels"] = LABEL | {"replaced": "yes"}
    replaced = await walk.ask("PUT", walk.path(name), present)
    assert replaced["metadata"]["labels"]["replaced"] == "yes"
    assert replaced["metadata"].get("generation") == present["metadata"].get("generation")
    assert (await walk.refused("PUT", walk.path(name), present)).reason == "Conflict"
    if walk.kind.needs_revision:
        del present["metadata"]["resourceVersion"]
        refusal = await walk.refused("PUT", walk.path(name), present)
        assert "metadata.resourceVersion: Invalid value: 0x0: must be specified for an update" in refusal.message


async def _status(walk: Walk, name: str) -> None:
    """A write to the status changes nothing else, and a write beside it leaves the status alone."""
    if not walk.kind.has_status:
        assert (await walk.refused("GET", walk.path(name, "status"))).code in (404, 405)
        return
    before = await walk.get(name)
    assert await walk.ask("GET", walk.path(name, "status")) == before
    body = {"metadata": {"annotations": {"patchedstatus": "true"}}, "status": before.get("status") or {}}
    after = await walk.ask("PATCH", walk.path(name, "status"), body, MERGE)
    assert after.get("spec") == before.get("spec")
    is_noted = "patchedstatus" in (after["metadata"].get("annotations") or {})
    assert is_noted == (walk.kind.has_open_status or _stored(walk.kind).has_open_status)
    sneaked = await walk.ask("PATCH", walk.path(name), {"status": {"observedGeneration": 77}}, MERGE)
    assert sneaked.get("status") == after.get("status")


def _stored_form(kind: Kind, obj: dict) -> dict:
    """Return an object as field selectors see it."""
    return kind.to_storage(copy.deepcopy(obj)) if kind.to_storage else obj


def _stored(kind: Kind) -> Kind:
    resource = kind.resource
    return served_kinds()[resource.group, kind.storage_version or resource.version, resource.plural]


async def _deleted(walk: Walk, name: str) -> None:
    """A deletion keeps to its preconditions, does nothing when dry, and then removes the object."""
    path = walk.path(name)
    wrong = {"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": {"uid": "another"}}
    assert (await walk.refused("DELETE", path, wrong)).reason == "Conflict"
    await walk.ask("DELETE", path, dryRun="All", propagationPolicy="Background")
    assert not (await walk.get(name))["metadata"].get("deletionTimestamp")
    # A policy is named because Jobs and ReplicationControllers leave their pods when there is none, which takes a while.
    await walk.ask("DELETE", path, gracePeriodSeconds="0", propagationPolicy="Background")
    try:
        left = await walk.get(name)
    except ApiError as error:
        assert error.reason == "NotFound"
        return
    assert walk.resource.plural in HELD_BACK
    assert left["metadata"]["deletionTimestamp"]


async def _collection(walk: Walk) -> None:
    """Names are drawn on demand, and a collection goes by its labels."""
    drawn = walk.new()
    del drawn["metadata"]["name"]
    drawn["metadata"] |= {"generateName": "drawn-", "labels": {"drawn": "yes"}}
    names = {(await walk.ask("POST", walk.path(), drawn))["metadata"]["name"] for _ in range(2)}
    assert len(names) == 2
    assert all(name.startswith("drawn-") for name in names)
    if "deletecollection" not in walk.kind.verbs:
        return
    await walk.ask(
        "DELETE", walk.path(), labelSelector="drawn=yes", gracePeriodSeconds="0", propagationPolicy="Background"
    )
    left = await walk.ask("GET", walk.path(), labelSelector="drawn=yes")
    assert all(one["metadata"].get("deletionTimestamp") for one in left["items"])
