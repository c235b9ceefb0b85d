"""Objects are written anew in the version that is stored today, on the real API server."""

import json

import pytest

from bouvier.apiserver.cache.hub import StoreKey
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import is_condition_true
from bouvier.meta.resources import CUSTOMRESOURCEDEFINITIONS, STORAGEVERSIONMIGRATIONS
from tests.contract.controllers.world import NAMESPACE, world

BOATS = Resource("sea.example", "v1", "boats", "Boat")


@pytest.fixture
async def here(tmp_path):
    async with world(tmp_path, hosts=()) as made:
        yield made


def definition(stored):
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    versions = [{"name": v, "served": True, "storage": v == stored, "schema": schema} for v in ("v1", "v2")]
    names = {"plural": "boats", "kind": "Boat"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "boats.sea.example"},
        "spec": {"group": "sea.example", "scope": "Namespaced", "names": names, "versions": versions},
    }


def migration(group, plural):
    return {
        "apiVersion": "storagemigration.k8s.io/v1",
        "kind": "StorageVersionMigration",
        "metadata": {"name": "m"},
        "spec": {"resource": {"group": group, "resource": plural}},
    }


async def stored_version(here, name):
    key = StoreKey("local", "sea.example", "boats", NAMESPACE, name).text()
    return json.loads((await here.api.server.context.store.get(key)).value)["apiVersion"]


def is_established(found):
    return is_condition_true(found, "Established")


async def test_objects_move_to_the_new_storage_version(here):
    """A definition stores another version from now on; a migration rewrites what was stored before."""
    await here.admin.create(CUSTOMRESOURCEDEFINITIONS, definition("v1"))
    await here.object(CUSTOMRESOURCEDEFINITIONS, "boats.sea.example", is_established)
    for name in ("a", "b"):
        boat = {"apiVersion": "sea.example/v1", "kind": "Boat", "metadata": {"name": name, "namespace": NAMESPACE}}
        await here.admin.create(BOATS, boat)
    versions = {"spec": {"versions": definition("v2")["spec"]["versions"]}}
    await here.admin.patch(CUSTOMRESOURCEDEFINITIONS, "boats.sea.example", versions)
    both = lambda found: found["status"]["storedVersions"] == ["v1", "v2"]  # noqa: E731
    await here.object(CUSTOMRESOURCEDEFINITIONS, "boats.sea.example", both)
    assert await stored_version(here, "a") == "sea.example/v1"

    await here.admin.create(STORAGEVERSIONMIGRATIONS, migration("sea.example", "boats"))
    ended = await here.object(STORAGEVERSIONMIGRATIONS, "m", lambda found: is_condition_true(found, "Succeeded"))

    assert not is_condition_true(ended, "Running")
    assert ended["status"]["resourceVersion"]
    assert [await stored_version(here, name) for name in ("a", "b")] == ["sea.example/v2"] * 2


async def test_what_is_not_served_cannot_be_migrated(here):
    """The order fails and says why."""
    await here.admin.create(STORAGEVERSIONMIGRATIONS, migration("sea.example", "ships"))
    failed = await here.object(STORAGEVERSIONMIGRATIONS, "m", lambda found: is_condition_true(found, "Failed"))
    assert "ships.sea.example is not served" in failed["status"]["conditions"][0]["message"]
