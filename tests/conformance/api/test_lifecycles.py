"""What the conformance tests do to every kind: find it in discovery, create, get, list, watch, patch, update, delete."""

import asyncio

import pytest

from tests.conformance.api.samples import SAMPLES, Sample
from tests.support.raw_api import JSON_PATCH, MERGE, SECONDS, RawApi, Watch

pytestmark = pytest.mark.asyncio(loop_scope="module")
every_kind = pytest.mark.parametrize("sample", SAMPLES, ids=[f"{one.plural}.{one.version}" for one in SAMPLES])
every_status = pytest.mark.parametrize(
    "sample",
    [one for one in SAMPLES if one.status is not None],
    ids=[f"{one.plural}.{one.version}" for one in SAMPLES if one.status is not None],
)


async def seen(watch: Watch, name: str, kind: str, note: str = "") -> dict:
    """Return the object of the first event of this type about it, with this annotation if one is asked for."""
    while True:
        event, obj = await watch.next()
        annotations = obj["metadata"].get("annotations") or {}
        if obj["metadata"].get("name") == name and event == kind and (not note or note in annotations):
            return obj


async def annotated(api: RawApi, path: str, note: str, **query: str) -> dict:
    """Replace an object by itself with an annotation, again when somebody else was faster (as conformance tests do)."""
    while True:
        found = await api.ok("GET", path)
        found["metadata"].setdefault("annotations", {})[note] = "true"
        reply = await api("PUT", path, found, **query)
        if reply.status != 409:
            assert reply.status == 200, reply.body
            return reply.body


@every_kind
async def test_discovery(api: RawApi, sample: Sample) -> None:
    """The group, its version and the resource with its verbs stand in the discovery documents."""
    group = sample.version.rpartition("/")[0]
    if group:
        groups = (await api.ok("GET", "/apis"))["groups"]
        listed = {found["groupVersion"] for one in groups if one["name"] == group for found in one["versions"]}
        assert sample.version in listed
        alone = await api.ok("GET", f"/apis/{group}")
        assert sample.version in {one["groupVersion"] for one in alone["versions"]}
    document = await api.ok("GET", f"/apis/{sample.version}" if group else "/api/v1")
    resources = {one["name"]: one for one in document["resources"]}
    wanted = {"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"}
    assert document["groupVersion"] == sample.version
    assert set(resources[sample.plural]["verbs"]) == wanted
    assert resources[sample.plural]["namespaced"] is sample.namespaced
    if sample.status is not None:
        assert {"get", "patch", "update"} <= set(resources[f"{sample.plural}/status"]["verbs"])


@every_kind
async def test_life(api: RawApi, space: str, sample: Sample) -> None:
    """An object is created, read, chosen by label, watched through its changes, and deleted alone and with others."""
    labels = {"lifecycle": space}
    chosen = f"lifecycle={space}"
    path, names = sample.path(space), [f"{space}-{n}" for n in "abc"]
    for name in names:
        reply = await api("POST", path, sample.made(name, space, labels=labels))
        assert reply.status == 201, reply.body
    got = await api.ok("GET", f"{path}/{names[0]}")
    everywhere = await api.ok("GET", sample.path(), labelSelector=chosen)
    here = await api.ok("GET", path, labelSelector=chosen)
    assert [one["metadata"]["name"] for one in everywhere["items"]] == names
    assert got["metadata"] == here["items"][0]["metadata"]
    assert (here["kind"], here["apiVersion"]) == (f"{sample.kind}List", sample.version)
    start = here["metadata"]["resourceVersion"]
    async with api.watching(sample.path(), resourceVersion=start, labelSelector=chosen) as watch:
        note = {"metadata": {"annotations": {"patched": "true"}}}
        patched = await api.ok("PATCH", f"{path}/{names[0]}", note, kind=MERGE)
        assert patched["metadata"]["annotations"]["patched"] == "true"
        updated = await annotated(api, f"{path}/{names[0]}", "updated")
        assert {"patched", "updated"} <= set(updated["metadata"]["annotations"])
        assert updated["metadata"]["uid"] == got["metadata"]["uid"]
        await seen(watch, names[0], "MODIFIED", "updated")
        await api.ok("DELETE", f"{path}/{names[0]}", propagationPolicy="Background")
        if not sample.is_graceful:
            gone = await seen(watch, names[0], "DELETED")
            assert gone["metadata"]["annotations"]["updated"] == "true"
            assert (await api("GET", f"{path}/{names[0]}")).status == 404
        await api.ok("DELETE", path, labelSelector=chosen, propagationPolicy="Background")
        if not sample.is_graceful:
            await seen(watch, names[2], "DELETED")
    left = await api.ok("GET", path, labelSelector=chosen)
    assert all(one["metadata"].get("deletionTimestamp") for one in left["items"])
    assert sample.is_graceful or not left["items"]


async def without(api: RawApi, path: str, field: str) -> dict:
    """Replace a status by itself without a field; a controller's write in between is read and met again."""
    for _ in range(5):
        ready = await api.ok("GET", path)
        ready["status"].pop(field, None)
        reply = await api("PUT", path, ready)
        if reply.status != 409:
            break
    assert reply.status == 200, reply.body
    return reply.body


@every_status
async def test_status(api: RawApi, space: str, sample: Sample) -> None:
    """A status is read, patched and replaced at its own path, with annotations beside it, and the spec stays."""
    path = f"{sample.path(space)}/{space}-s"
    made = await api.ok("POST", sample.path(space), sample.made(f"{space}-s", space))
    async with asyncio.timeout(SECONDS):
        while sample.server_status not in {"", *((await api.ok("GET", path)).get("status") or {})}:
            await asyncio.sleep(0.02)
    read = await api.ok("GET", f"{path}/status")
    assert (read["kind"], read["metadata"]["uid"]) == (sample.kind, made["metadata"]["uid"])
    patch = {"metadata": {"annotations": {"patchedstatus": "true"}}, "status": sample.status}
    patched = await api.ok("PATCH", f"{path}/status", patch, kind=MERGE)
    assert sample.status is not None
    assert all(patched["status"][field] == value for field, value in sample.status.items())
    noted = (patched["metadata"].get("annotations") or {}).get("patchedstatus")
    assert noted == ("true" if sample.notes_by_status else None)
    updated = await without(api, f"{path}/status", next(iter(sample.status)))
    assert next(iter(sample.status)) not in updated.get("status", {})
    by_op = [{"op": "add", "path": "/status", "value": sample.status}]
    again = await api.ok("PATCH", f"{path}/status", by_op, kind=JSON_PATCH)
    assert again.get("spec") == made.get("spec")
    whole = await api.ok("PATCH", path, {"status": None}, kind=MERGE)
    assert sample.status.items() <= whole["status"].items()
    assert (await api("DELETE", f"{path}/status")).status == 405


@every_kind
async def test_dry_run(api: RawApi, space: str, sample: Sample) -> None:
    """A dry run answers as the write would, and nothing is left of it."""
    path, name = sample.path(space), f"{space}-d"
    dry = await api("POST", path, sample.made(name, space), dryRun="All")
    assert dry.status == 201, dry.body
    assert dry.body["metadata"]["name"] == name
    assert (await api("GET", f"{path}/{name}")).status == 404
    await api.ok("POST", path, sample.made(name, space))
    note = {"metadata": {"annotations": {"dry": "run"}}}
    patched = await api.ok("PATCH", f"{path}/{name}", note, kind=MERGE, dryRun="All")
    assert patched["metadata"]["annotations"]["dry"] == "run"
    replaced = await annotated(api, f"{path}/{name}", "dry", dryRun="All")
    assert replaced["metadata"]["annotations"]["dry"] == "true"
    await api.ok("DELETE", f"{path}/{name}", dryRun="All")
    await api.ok("DELETE", path, dryRun="All", fieldSelector=f"metadata.name={name}")
    after = await api.ok("GET", f"{path}/{name}")
    assert "dry" not in (after["metadata"].get("annotations") or {})
    assert "deletionTimestamp" not in after["metadata"]
