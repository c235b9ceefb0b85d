"""What `bouvier explain` says of hosts, against a real API server."""

from bouvier.cli.commands.explain import story_of
from bouvier.client import Client
from bouvier.meta.objects import Obj
from bouvier.meta.resources import NODES, PODS
from tests.unit.scheduler.objects import node, pod


async def _pod(client: Client, name: str, **fields: object) -> Obj:
    made = pod(name, namespace="default", **fields)
    made["metadata"].pop("uid")
    return await client.create(PODS, made)


async def test_a_waiting_pod_is_told_what_would_help(client: Client) -> None:
    """Every host comes with its reason and the way out; a pod that has a host needs no such list."""
    for name, cpu in (("big", "4"), ("small", "1")):
        made = node(name, cpu=cpu)
        await client.create(NODES, made)
        await client.patch(NODES, name, {"status": made["status"]}, subresource="status")
    waiting = await _pod(client, "p", cpu="2")
    assert (await story_of(client, waiting))["hosts"] == [
        {"host": "big", "fits": True, "why": "", "help": ""},
        {
            "host": "small",
            "fits": False,
            "why": "Insufficient cpu",
            "help": "cpu: 2000m asked, 1000m of 1000m free; the host can never take it",
        },
    ]
    placed = await _pod(client, "q", nodeName="big")
    assert (await story_of(client, placed))["hosts"] == []
