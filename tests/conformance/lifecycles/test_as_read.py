"""Everything that is served can be listed in its own words and written back as it was read."""

import pytest

from bouvier.apiserver.build import served_kinds
from bouvier.kinds.kind import Kind
from bouvier.kinds.reviews import is_stored
from tests.conformance.kinds.samples import NAMESPACE, has_sample, sample
from tests.contract.controllers.world import World
from tests.support.raw_api import RawApi

pytestmark = pytest.mark.asyncio(loop_scope="module")

KINDS = [kind for kind in served_kinds().values() if {"list", "update"} <= set(kind.verbs) and is_stored(kind)]
ACTED_UPON = ("receivercalls", "resourcequotas")
"""Kinds whose creation does something at once, or bars others."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> object:
    return tmp_path_factory.mktemp("samples")


async def test_objects_are_written_as_they_were_read(api: RawApi, here: World, folder: object) -> None:
    """One object of every kind, and all that the platform made itself; controllers write in between."""
    await api.ok("POST", "/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
    for kind in KINDS:
        if "create" in kind.verbs and has_sample(kind) and kind.resource.plural not in ACTED_UPON:
            where = kind.resource.path(NAMESPACE if kind.resource.namespaced else "")
            reply = await api("POST", where, sample(kind, folder, "as-read"))  # type: ignore[arg-type]
            assert reply.status in (201, 409), reply.body
    for kind in KINDS:
        await _written(api, kind)


async def _written(api: RawApi, kind: Kind) -> None:
    resource = kind.resource
    listed = await api.ok("GET", resource.path())
    for obj in listed["items"]:
        assert (obj["apiVersion"], obj["kind"]) == (resource.api_version, resource.kind)
        metadata = obj["metadata"]
        path = resource.path(metadata.get("namespace", ""), metadata["name"])
        reply = await api("PUT", path, obj)
        assert reply.status in (200, 404, 409), (path, reply.body)
        if reply.status == 200:
            assert reply.body.get("spec") == obj.get("spec")
            assert reply.body["metadata"].get("generation") == metadata.get("generation")
