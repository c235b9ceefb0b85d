"""Watches: where they begin, what they tell, when they end."""

import asyncio

import pytest

from tests.conformance.api.samples import BY_PLURAL
from tests.support.raw_api import MERGE, TABLE, RawApi

pytestmark = pytest.mark.asyncio(loop_scope="module")
MAPS = BY_PLURAL["configmaps.v1"]
PARTIAL = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
INITIAL = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}


async def make(api: RawApi, space: str, name: str, **metadata: object) -> dict:
    return await api.ok("POST", MAPS.path(space), MAPS.made(name, **metadata))


async def test_an_ended_watch_is_taken_up_again(api: RawApi, space: str) -> None:
    """A new watch goes on behind the last event that the one before has told."""
    first = await make(api, space, "a")
    async with api.watching(MAPS.path(space)) as watch:
        _, seen = await watch.next()
    assert seen == first
    await make(api, space, "b")
    await api.ok("DELETE", f"{MAPS.path(space)}/a")
    async with api.watching(MAPS.path(space), resourceVersion=seen["metadata"]["resourceVersion"]) as watch:
        told = [await watch.next() for _ in range(2)]
    assert [(event, obj["metadata"]["name"]) for event, obj in told] == [("ADDED", "b"), ("DELETED", "a")]
    assert int(told[1][1]["metadata"]["resourceVersion"]) > int(told[0][1]["metadata"]["resourceVersion"])


async def test_labels_decide_what_is_told(api: RawApi, space: str) -> None:
    """An object that leaves the selection is deleted for the watcher, one that comes back is added."""
    path = f"{MAPS.path(space)}/a"
    start = (await api.ok("GET", MAPS.path(space)))["metadata"]["resourceVersion"]
    async with (
        api.watching(MAPS.path(space), labelSelector="watch=a", resourceVersion=start) as one,
        api.watching(MAPS.path(space), labelSelector="watch in (a,b)", resourceVersion=start) as both,
    ):
        await make(api, space, "a", labels={"watch": "a"})
        for label in ("b", "a"):
            await api.ok("PATCH", path, {"metadata": {"labels": {"watch": label}}}, kind=MERGE)
        await api.ok("PATCH", path, {"data": {"mutation": "1"}}, kind=MERGE)
        await api.ok("DELETE", path)
        told = [await one.next() for _ in range(5)]
        others = [(await both.next())[0] for _ in range(5)]
    assert [event for event, _ in told] == ["ADDED", "DELETED", "ADDED", "MODIFIED", "DELETED"]
    assert others == ["ADDED", "MODIFIED", "MODIFIED", "MODIFIED", "DELETED"]
    # What left the selection is told as it was in it.
    assert told[1][1]["metadata"]["labels"] == {"watch": "a"}


async def test_concurrent_watchers_see_one_order(api: RawApi, space: str) -> None:
    """Watches from any event on see the same events in the same order."""
    start = (await api.ok("GET", MAPS.path(space)))["metadata"]["resourceVersion"]

    async def write() -> None:
        for n in range(20):
            await make(api, space, f"c{n}")
            await api.ok("PATCH", f"{MAPS.path(space)}/c{n // 2}", {"data": {"n": str(n)}}, kind=MERGE)

    async def versions(since: str, count: int) -> list[str]:
        async with api.watching(MAPS.path(space), resourceVersion=since) as watch:
            return [(await watch.next())[1]["metadata"]["resourceVersion"] for _ in range(count)]

    _, whole = await asyncio.gather(write(), versions(start, 40))
    parts = await asyncio.gather(*(versions(whole[n], 39 - n) for n in range(0, 39, 5)))
    assert [part for part in parts if part != whole[40 - len(part) :]] == []
    assert sorted(whole, key=int) == whole


async def test_bookmarks_are_for_those_who_ask(api: RawApi, space: str) -> None:
    """The state at the beginning ends with a marked bookmark, if both were asked for."""
    await make(api, space, "a")
    async with api.watching(MAPS.path(space), timeoutSeconds="1", allowWatchBookmarks="true", **INITIAL) as watch:
        assert (await watch.next())[0] == "ADDED"
        event, obj = await watch.next()
    assert (event, obj["kind"]) == ("BOOKMARK", "ConfigMap")
    assert obj["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
    assert set(obj["metadata"]) == {"annotations", "resourceVersion"}
    async with api.watching(MAPS.path(space), timeoutSeconds="1", **INITIAL) as watch:
        assert [event for event, _ in await watch.rest()] == ["ADDED"]


async def test_a_version_that_is_yet_to_come(api: RawApi, space: str) -> None:
    """A watch from the future waits no longer than it may, and tells nothing that it has not been asked for."""
    now = int((await api.ok("GET", MAPS.path(space)))["metadata"]["resourceVersion"])
    async with api.watching(MAPS.path(space), resourceVersion="999999999", timeoutSeconds="1") as watch:
        assert await watch.rest() == []
    async with api.watching(MAPS.path(space), resourceVersion=str(now + 1), timeoutSeconds="60") as watch:
        await make(api, space, "a")
        await make(api, space, "b")
        assert (await watch.next())[1]["metadata"]["name"] == "b"
    too_far = await api("GET", MAPS.path(space), watch="1", resourceVersion="999999999", **INITIAL)
    assert (too_far.status, too_far.body["reason"]) == (504, "Timeout")
    assert too_far.body["message"].startswith("Too large resource version: 999999999, current: ")
    assert too_far.body["details"]["causes"] == [
        {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    ]
    assert too_far.body["details"]["retryAfterSeconds"] == 1


async def test_one_object_and_older_paths(api: RawApi, space: str) -> None:
    """A watch of one object by its path, by a field, and by the paths below `/watch/` are the same."""
    made = await make(api, space, "a")
    await make(api, space, "b")
    older = f"/api/v1/watch/namespaces/{space}/configmaps"
    for path, query in (
        (f"{MAPS.path(space)}/a", {}),
        (MAPS.path(space), {"fieldSelector": "metadata.name=a"}),
        (f"{older}/a", {}),
        (older, {"fieldSelector": "metadata.name!=b"}),
        ("/api/v1/watch/configmaps", {"fieldSelector": f"metadata.name=a,metadata.namespace={space}"}),
    ):
        async with api.watching(path, timeoutSeconds="1", **query) as watch:
            assert await watch.rest() == [("ADDED", made)]


async def test_forms_of_events(api: RawApi, space: str) -> None:
    """Events are tables or metadata alone when the client asks for those."""
    await make(api, space, "a")
    async with api.watching(MAPS.path(space), headers={"Accept": TABLE}) as watch:
        event, table = await watch.next()
        assert (event, table["kind"], table["rows"][0]["cells"][0]) == ("ADDED", "Table", "a")
        assert table["columnDefinitions"][0]["name"] == "Name"
    async with api.watching(
        MAPS.path(space), headers={"Accept": PARTIAL}, allowWatchBookmarks="true", **INITIAL
    ) as watch:
        _, partial = await watch.next()
        assert set(partial) == {"kind", "apiVersion", "metadata"}
        assert (partial["kind"], partial["metadata"]["name"]) == ("PartialObjectMetadata", "a")
        assert (await watch.next())[1]["kind"] == "PartialObjectMetadata"


@pytest.mark.parametrize("value", ["1", "true", "TRUE", "yes", ""])
async def test_what_counts_as_true(api: RawApi, space: str, value: str) -> None:
    """Anything but `false` and `0` asks for a watch."""
    reply = await api("GET", MAPS.path(space), watch=value, timeoutSeconds="1")
    assert (reply.status, reply.body) == (200, "")
    assert (await api.ok("GET", MAPS.path(space), watch="false"))["kind"] == "ConfigMapList"
