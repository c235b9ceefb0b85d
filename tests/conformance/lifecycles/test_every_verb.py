"""Kinds that the original walks through every verb by one recipe, with informers that must see each step, in order."""

import asyncio
import re
from typing import Any, NamedTuple

import pytest

from bouvier.client.informer import Informer
from bouvier.meta.gvk import Resource
from bouvier.meta.resources import STORAGECLASSES
from tests.conformance.lifecycles.go_client import GoClient, Obj
from tests.contract.controllers.world import World
from tests.support.raw_api import JSON, STRATEGIC
from tests.support.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

STEPS = {"ADDED": "add", "MODIFIED": "update", "DELETED": "delete"}
CLASS = {"selectors": [{"cel": {"expression": "true"}}]}
DEVICES = {"requests": [{"name": "req-0", "exactly": {"deviceClassName": "some-class"}}]}
POOL = {"name": "some-pool", "generation": 1, "resourceSliceCount": 1}
RESULT = {"request": "req-0", "driver": "dra.example.com", "pool": "some-pool", "device": "some-device"}
LABEL = {"metadata": {"labels": {"foo": "bar"}}}


class Recipe(NamedTuple):
    """How objects of one kind are made and changed."""

    resource: Resource
    fields: Obj
    update: Obj
    """Laid over the object by the update."""
    status: Obj | None = None


def _resource(plural: str, kind: str, *, namespaced: bool = False, group: str = "resource.k8s.io") -> Resource:
    return Resource(group, "v1", plural, kind, namespaced=namespaced)


RECIPES = (
    Recipe(
        STORAGECLASSES,
        {"provisioner": "e2e-fake-provisioner", "parameters": {"foo": "bar"}},
        {"mountOptions": ["ro", "soft"]},
    ),
    Recipe(
        _resource("volumeattributesclasses", "VolumeAttributesClass", group="storage.k8s.io"),
        {"driverName": "e2e-fake-csi-driver", "parameters": {"foo": "bar"}},
        {},
    ),
    Recipe(_resource("deviceclasses", "DeviceClass"), {"spec": CLASS}, {"spec": {"selectors": []}}),
    Recipe(
        _resource("resourceclaims", "ResourceClaim", namespaced=True),
        {"spec": {"devices": DEVICES}},
        {},
        {"allocation": {"devices": {"results": [RESULT]}}},
    ),
    Recipe(
        _resource("resourceclaimtemplates", "ResourceClaimTemplate", namespaced=True),
        {"spec": {"spec": {"devices": DEVICES}}},
        {},
    ),
    Recipe(
        _resource("resourceslices", "ResourceSlice"),
        {"spec": {"driver": "dra.example.com", "pool": POOL, "nodeName": "h1", "devices": [{"name": "dev-0"}]}},
        {"spec": {"driver": "dra.example.com", "pool": POOL, "nodeName": "h1", "devices": [{"name": "dev-1"}]}},
    ),
)


class Seen:
    """What an informer was told since somebody last asked."""

    def __init__(self, informer: Informer) -> None:
        self.informer = informer
        self._steps: list[str] = []
        self._version = 0
        informer.add_handler(self._note)

    def _note(self, event: str, _old: Obj | None, new: Obj) -> None:
        self._steps.append(STEPS[event])
        version = int(new["metadata"]["resourceVersion"])
        assert version >= self._version
        self._version = version

    async def exactly(self, pattern: str, held: int) -> None:
        """Wait until the steps have this form and so many objects are held; forget them."""
        await until(lambda: re.fullmatch(pattern, "".join(f"{one}," for one in self._steps)), 30)
        await until(lambda: len(self.informer.items()) == held, 30)
        self._steps.clear()


@pytest.mark.parametrize("recipe", RECIPES, ids=[one.resource.plural for one in RECIPES])
async def test_a_kind_in_every_verb(go: GoClient, here: World, recipe: Recipe) -> None:
    """Created strictly, updated, patched anew in every way, listed and deleted with its collection."""
    resource, name = recipe.resource, f"test-{go.namespace}"
    label = {"e2e-test.example.com": go.namespace}
    chosen = f"e2e-test.example.com={go.namespace}"
    informer = Informer(here.admin, resource, label_selector=chosen)
    seen = Seen(informer)
    task = asyncio.create_task(informer.run())
    try:
        await asyncio.wait_for(informer.synced.wait(), 30)
        await _walk(go, recipe, name, label, chosen, seen)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _walk(go: GoClient, recipe: Recipe, name: str, label: dict[str, str], chosen: str, seen: Seen) -> None:
    resource = recipe.resource
    head = {"apiVersion": resource.api_version, "kind": resource.kind}
    path = resource.path(go.namespace if resource.namespaced else "")
    body: Obj = head | {"metadata": {"name": name, "labels": label}} | recipe.fields
    resources = (await go.api.ok("GET", f"/apis/{resource.api_version}"))["resources"]
    assert resource.plural in {one["name"] for one in resources}

    async def create() -> Obj:
        return await go.api.ok("POST", path, body, fieldValidation="Strict")

    async def put(obj: Obj) -> Obj:
        metadata = obj["metadata"] | {"labels": obj["metadata"]["labels"] | {"foo": "bar"}}
        return await go.api.ok("PUT", f"{path}/{name}", obj | recipe.update | {"metadata": metadata})

    async def delete() -> None:
        await go.api.ok("DELETE", f"{path}/{name}")
        assert (await go.api("GET", f"{path}/{name}")).status == 404
        await seen.exactly("(update,)*delete,", 0)

    made = await create()
    await seen.exactly("add,(update,)*", 1)
    read = await go.api.ok("GET", f"{path}/{name}")
    updated = await put(read)
    assert recipe.update.items() <= updated.items()
    assert int(updated["metadata"]["resourceVersion"]) > int(made["metadata"]["resourceVersion"])
    await seen.exactly("(update,)+", 1)
    if recipe.status is not None:
        await _status(go, f"{path}/{name}", updated, recipe.status, seen)
    for kind, patch, more in _patches(head, name):
        await delete()
        made = await create()
        sent = patch if isinstance(patch, list) else patch | {"metadata": patch["metadata"] | {"uid": _uid(made)}}
        patched = await go.api.ok("PATCH", f"{path}/{name}", sent, kind=kind, fieldValidation="Strict", **more)
        assert patched["metadata"]["labels"]["foo"] == "bar"
        await seen.exactly("add,(update,)+", 1)
    assert len((await go.api.ok("GET", path, labelSelector=chosen))["items"]) == 1
    assert len((await go.api.ok("GET", resource.path(), labelSelector=chosen))["items"]) == 1
    await go.api.ok("DELETE", path, {"kind": "DeleteOptions", "apiVersion": "v1"}, kind=JSON, labelSelector=chosen)
    assert (await go.api("GET", f"{path}/{name}")).status == 404
    await seen.exactly("(update,)*delete,", 0)


def _uid(obj: Obj) -> Any:
    return obj["metadata"]["uid"]


def _patches(head: Obj, name: str) -> list[tuple[str, Any, dict[str, str]]]:
    named = head | {"metadata": {"name": name, "labels": {"foo": "bar"}}}
    return [
        (STRATEGIC, named, {}),
        ("application/merge-patch+json", named, {}),
        ("application/apply-patch+yaml", named, {"fieldManager": "test-apply", "force": "true"}),
        ("application/json-patch+json", [{"op": "add", "path": "/metadata/labels/foo", "value": "bar"}], {}),
    ]


async def _status(go: GoClient, path: str, obj: Obj, status: Obj, seen: Seen) -> None:
    """Update the status, read it, take it back, and write it by each patch."""
    updated = await go.api.ok("PUT", f"{path}/status", obj | {"status": status})
    field = next(iter(status))
    assert updated["status"][field]
    await seen.exactly("(update,)+", 1)
    assert (await go.api.ok("GET", f"{path}/status"))["status"] == updated["status"]
    taken = await go.api.ok("PATCH", f"{path}/status", {"status": {field: None}}, kind="application/merge-patch+json")
    assert field not in taken.get("status", {})
    patched = await go.api.ok("PATCH", f"{path}/status", {"status": status}, kind=STRATEGIC, fieldValidation="Strict")
    assert patched["status"][field] == updated["status"][field]
    await go.api.ok("PATCH", f"{path}/status", {"status": {field: None}}, kind="application/merge-patch+json")
    await seen.exactly("(update,)+", 1)
