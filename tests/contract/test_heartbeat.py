"""The Node object of a host, kept in the API by its agent while others write to it too."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bouvier.client import MERGE, STRATEGIC, Client
from bouvier.engine.states import EngineInfo, ImageInfo
from bouvier.meta.objects import Obj, condition_of
from bouvier.meta.resources import NODES
from bouvier.node.host.facts import MachineIds
from bouvier.node.host.heartbeat import Heartbeat
from bouvier.node.host.status import HostView
from bouvier.node.settings import NodeSettings

INFO = EngineInfo("docker", "20.10", "linux", "Debian", "amd64", "6.1", 2, 4 * 2**30, "cgroupfs", 1)
VIEW = HostView(INFO, MachineIds("m", "s", "b"), 100 * 2**30, (ImageInfo("sha256:1", ("a:1",), (), 5),))
ADDRESSES = (("InternalIP", "192.0.2.1"), ("InternalIP", "2001:db8::1"), ("Hostname", "n1"))
DONGLE = "example.com/dongle"


@pytest.fixture
async def node(client: Client, tmp_path: Path) -> AsyncIterator[Callable[[Callable[[Obj], Any]], Any]]:
    """A host that beats; wait for what its Node says."""
    settings = replace(NodeSettings("n1", tmp_path, "abc", ADDRESSES), heartbeat_seconds=0.05)
    beating = asyncio.create_task(Heartbeat(client, settings, lambda: VIEW).run())

    async def seen(condition: Callable[[Obj], Any]) -> Obj:
        async with asyncio.timeout(10):
            while True:
                listed = (await client.list(NODES)).items
                if listed and "status" in listed[0] and condition(listed[0]):
                    return listed[0]
                await asyncio.sleep(0.02)

    yield seen
    beating.cancel()
    await asyncio.gather(beating, return_exceptions=True)


def is_ready(node: Obj) -> bool:
    ready = condition_of(node, "Ready")
    return ready is not None and ready["status"] == "True"


async def test_a_host_with_nothing_to_say_writes_nothing(node) -> None:
    """What was stored is recognised as what was meant: all addresses of one kind included."""
    first = await node(is_ready)
    assert tuple((each["type"], each["address"]) for each in first["status"]["addresses"]) == ADDRESSES
    await asyncio.sleep(1.2)  # a write in the same second would change nothing
    assert await node(is_ready) == first


async def test_what_others_wrote_is_answered(client: Client, node) -> None:
    """A host that was called unknown is ready at its next beat, and one whose Node was deleted comes back."""
    await node(is_ready)
    silent = {"status": {"conditions": [{"type": "Ready", "status": "Unknown"}, {"type": "Other", "status": "True"}]}}
    await client.patch(NODES, "n1", silent, kind=STRATEGIC, subresource="status")
    found = await node(is_ready)
    assert condition_of(found, "Other") is not None
    await client.delete(NODES, "n1")
    await node(lambda seen: is_ready(seen) and seen["metadata"]["uid"] != found["metadata"]["uid"])


async def test_added_resources(client: Client, node) -> None:
    """Administrators add resources to the capacity of a host: pods may have them until they are taken back."""
    await node(is_ready)
    await client.patch(NODES, "n1", {"status": {"capacity": {DONGLE: "4"}}}, kind=MERGE, subresource="status")
    with_it = await node(lambda seen: seen["status"]["allocatable"].get(DONGLE) == "4")
    await asyncio.sleep(1.2)
    assert await node(is_ready) == with_it
    await client.patch(NODES, "n1", {"status": {"capacity": {DONGLE: None}}}, kind=MERGE, subresource="status")
    await node(lambda seen: DONGLE not in seen["status"]["allocatable"])
