"""Watching: nothing missed, nothing twice, whatever the selector."""

import asyncio
from pathlib import Path

import pytest

from bouvier.client import MERGE, Client, Endpoint
from bouvier.meta.errors import ApiError
from bouvier.meta.resources import CONFIGMAPS, PODS
from bouvier.store.sqlite.store import SqliteStore
from tests.contract.test_api_verbs import config, pod
from tests.support.apiserver import running_api


async def take(watch: object, count: int) -> list[tuple[str, str]]:
    taken = []
    async with asyncio.timeout(10):
        while len(taken) < count:
            kind, obj = await anext(watch)  # type: ignore[call-overload]
            if kind != "BOOKMARK":
                taken.append((kind, obj["metadata"]["name"]))
    return taken


async def test_watch_replays_then_follows(client: Client) -> None:
    """From a list's version on, past and future changes arrive in order."""
    start = (await client.list(CONFIGMAPS, "default")).resource_version
    await client.create(CONFIGMAPS, config("a"))
    watch = client.watch(CONFIGMAPS, "default", resource_version=start)
    past = await take(watch, 1)
    await client.patch(CONFIGMAPS, "a", {"data": {"x": "1"}}, namespace="default", kind=MERGE)
    await client.delete(CONFIGMAPS, "a", "default")

    assert past == [("ADDED", "a")]
    assert await take(watch, 2) == [("MODIFIED", "a"), ("DELETED", "a")]
    await watch.aclose()


async def test_watch_without_version_starts_with_what_is(client: Client) -> None:
    """A bare watch first introduces every object."""
    await client.create(CONFIGMAPS, config("a"))
    watch = client.watch(CONFIGMAPS, "default")

    assert await take(watch, 1) == [("ADDED", "a")]
    await watch.aclose()


async def test_label_changes_enter_and_leave_the_selection(client: Client) -> None:
    """An object that starts or stops matching is added or deleted for the watcher."""
    await client.create(CONFIGMAPS, config("a"))
    start = (await client.list(CONFIGMAPS, "default")).resource_version
    watch = client.watch(CONFIGMAPS, "default", resource_version=start, label_selector="app=x")
    for labels in ({"app": "x"}, {"more": "1"}, {"app": "y"}):
        await client.patch(CONFIGMAPS, "a", {"metadata": {"labels": labels}}, namespace="default", kind=MERGE)

    assert await take(watch, 3) == [("ADDED", "a"), ("MODIFIED", "a"), ("DELETED", "a")]
    await watch.aclose()


async def test_field_selector_follows_the_binding(client: Client) -> None:
    """A host's watcher sees a pod from the moment that it is bound there."""
    start = (await client.list(PODS, "default")).resource_version
    watch = client.watch(PODS, "default", resource_version=start, field_selector="spec.nodeName=n1")
    await client.create(PODS, pod("a"))
    await client.create(PODS, pod("b"))
    binding = {
        "apiVersion": "v1",
        "kind": "Binding",
        "metadata": {"name": "b"},
        "target": {"kind": "Node", "name": "n1"},
    }
    await client.request("POST", "/api/v1/namespaces/default/pods/b/binding", body=binding)

    assert await take(watch, 1) == [("ADDED", "b")]
    await watch.aclose()


async def test_deleted_object_is_reported_at_the_deletion(client: Client) -> None:
    """The last event carries the version of the deletion, so that a watch can resume behind it."""
    made = await client.create(CONFIGMAPS, config("a"))
    watch = client.watch(CONFIGMAPS, "default", resource_version=made["metadata"]["resourceVersion"])
    await client.delete(CONFIGMAPS, "a", "default")
    async with asyncio.timeout(10):
        _, last = await anext(watch)

    assert int(last["metadata"]["resourceVersion"]) > int(made["metadata"]["resourceVersion"])
    await watch.aclose()


async def test_history_survives_a_restart_and_compaction_expires_it(tmp_path: Path) -> None:
    """After a restart a watcher resumes where it was; a version that was compacted away is Gone."""
    async with running_api(tmp_path, await SqliteStore.open(tmp_path / "s.db")) as api:
        client = Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token()))
        start = (await client.list(CONFIGMAPS, "default")).resource_version
        await client.create(CONFIGMAPS, config("a"))
        await client.close()
    store = await SqliteStore.open(tmp_path / "s.db")
    async with running_api(tmp_path, store) as api:
        client = Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token()))
        watch = client.watch(CONFIGMAPS, "default", resource_version=start)
        assert await take(watch, 1) == [("ADDED", "a")]
        await watch.aclose()
        await store.compact(store.revision)
        await client.close()
    async with running_api(tmp_path, await SqliteStore.open(tmp_path / "s.db")) as api:
        client = Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token()))
        watch = client.watch(CONFIGMAPS, "default", resource_version=start)
        with pytest.raises(ApiError) as gone:
            await take(watch, 1)
        await client.close()

    assert gone.value.code == 410
