import asyncio
from collections.abc import AsyncIterator

import pytest

from bouvier.client import Client
from bouvier.client.informer import Informer, InformerSet
from bouvier.meta.objects import name_of
from bouvier.meta.resources import CONFIGMAPS, PODS
from tests.support.small_api import SmallApi
from tests.support.waiting import until

PATH = "api/v1/configmaps"


def config_map(name: str, value: str = "") -> dict:
    managed = [{"manager": "someone"}]
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "managedFields": managed},
        "data": {"v": value},
    }


class Log:
    """What a handler saw."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, str, str]] = []

    def __call__(self, event_type: str, old: dict | None, new: dict) -> None:
        self.lines.append((event_type, name_of(new), old["data"]["v"] if old else "-", new["data"]["v"]))


@pytest.fixture
async def running(client: Client) -> AsyncIterator:
    tasks = []

    async def start(**options):
        informer = Informer(client, CONFIGMAPS, **options)
        log = Log()
        informer.add_handler(log)
        tasks.append(asyncio.create_task(informer.run()))
        await asyncio.wait_for(informer.synced.wait(), 10)
        return informer, log

    yield start
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_follows_changes(running, api: SmallApi) -> None:
    """Everything that exists comes as ADDED, later changes in order, and the lister shows the present."""
    api.put(PATH, "x", config_map("a", "1"))
    informer, log = await running()
    assert log.lines == [("ADDED", "a", "-", "1")]
    api.put(PATH, "x", config_map("a", "2"))
    api.put(PATH, "y", config_map("b", "1"))
    api.remove(PATH, "x", "a")
    await until(lambda: len(log.lines) == 4)
    assert log.lines[1:] == [("MODIFIED", "a", "1", "2"), ("ADDED", "b", "-", "1"), ("DELETED", "a", "2", "2")]
    assert [name_of(obj) for obj in informer.items()] == ["b"]
    assert informer.items("x") == []
    kept = informer.get("y/b")
    assert kept["kind"] == "ConfigMap"
    assert "managedFields" not in kept["metadata"]


async def test_resumes_after_a_broken_connection(running, api: SmallApi) -> None:
    """What happened while the connection was away is seen once, without listing again."""
    _, log = await running()
    api.put(PATH, "x", config_map("a", "1"))
    await until(lambda: log.lines)
    api.break_connections()
    api.put(PATH, "x", config_map("b", "1"))
    await until(lambda: len(log.lines) == 2)
    assert [line[:2] for line in log.lines] == [("ADDED", "a"), ("ADDED", "b")]
    assert sum("limit=500" in path for _, path in api.requests) == 1


async def test_lists_again_when_the_version_expired(running, api: SmallApi) -> None:
    """After 410 the difference is worked out: deletions that nobody reported are reported."""
    for name in ("gone", "kept", "changed", "replaced"):
        api.put(PATH, "x", config_map(name, "1"))
    informer, log = await running()
    await until(lambda: api.watches)
    api.objects.pop((PATH, "x", "gone"))
    api.objects.pop((PATH, "x", "replaced"))
    log.lines.clear()
    api.log.clear()
    api._changed = asyncio.Event()
    api.put(PATH, "x", config_map("changed", "2"))
    api.put(PATH, "x", config_map("replaced", "2"))
    api.log.clear()
    api.oldest = api.revision
    api.break_connections()
    await until(lambda: len(log.lines) >= 4)
    assert sorted(log.lines) == [
        ("ADDED", "replaced", "-", "2"),
        ("DELETED", "gone", "1", "1"),
        ("DELETED", "replaced", "1", "1"),
        ("MODIFIED", "changed", "1", "2"),
    ]
    assert sorted(name_of(obj) for obj in informer.items()) == ["changed", "kept", "replaced"]


async def test_waits_for_a_server_that_refuses(api: SmallApi, running) -> None:
    """A refused list is tried again."""
    api.refuse["GET"] = (403, "Forbidden")
    api.put(PATH, "x", config_map("a"))
    informer, _ = await running()
    assert len(informer.items()) == 1


async def test_a_failing_handler_harms_nobody(running, api: SmallApi) -> None:
    """Other handlers see the change, and the informer goes on."""
    informer, _ = await running()

    def fail(*_args: object) -> None:
        raise RuntimeError("mistake")

    informer.add_handler(fail)
    late = Log()
    informer.add_handler(late)
    api.put(PATH, "x", config_map("a", "1"))
    api.put(PATH, "x", config_map("a", "2"))
    await until(lambda: len(late.lines) == 2)


async def test_late_handler_sees_what_exists(running, api: SmallApi) -> None:
    """A handler added after the first list gets an ADDED for every object."""
    api.put(PATH, "x", config_map("a", "1"))
    informer, _ = await running(indexes={"value": lambda obj: obj["data"]["v"]})
    late = Log()
    informer.add_handler(late)
    assert late.lines == [("ADDED", "a", "-", "1")]
    assert [name_of(obj) for obj in informer.indexed("value", "1")] == ["a"]


async def test_informers_are_shared(client: Client, api: SmallApi) -> None:
    """One list and one watch serve all users of a resource; one asked for later starts too."""
    informers = InformerSet(client)
    first = informers.informer(CONFIGMAPS)
    task = asyncio.create_task(informers.run())
    await asyncio.wait_for(informers.wait_synced(), 10)
    assert informers.informer(CONFIGMAPS) is first
    pods = informers.informer(PODS, field_selector="spec.nodeName=")
    await asyncio.wait_for(pods.synced.wait(), 10)
    await until(lambda: len(api.watches) == 2)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await until(lambda: not api.watches)
