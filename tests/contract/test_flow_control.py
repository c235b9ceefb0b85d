"""No client starves the others: flow control with real clients."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bouvier.apiserver.flow.control import FlowControl, Seat
from bouvier.apiserver.flow.figures import Figures
from bouvier.apiserver.flow.rules import Digest
from bouvier.client import Client
from bouvier.kinds.flowcontrol_v1.flowschemas import FLOWSCHEMAS
from bouvier.kinds.flowcontrol_v1.prioritylevelconfigurations import PRIORITYLEVELCONFIGURATIONS
from bouvier.meta.objects import condition_of
from bouvier.meta.resources import CLUSTERROLEBINDINGS, CONFIGMAPS
from tests.contract.test_api_verbs import refused
from tests.support import flooding
from tests.support.apiserver import RunningApi
from tests.support.waiting import eventually, until

Clients = Callable[..., Client]
GROUP = "flowcontrol.apiserver.k8s.io"
CONNECTIONS = 200
WIDE = 1000
"""Objects in a list of the flood: it takes ten seats."""


def level(name: str, **limited: Any) -> dict:
    queuing = {"queues": 64, "handSize": 4, "queueLengthLimit": 50}
    filled = {"nominalConcurrencyShares": 100, "limitResponse": {"type": "Queue", "queuing": queuing}}
    spec = {"type": "Limited", "limited": filled | limited}
    return {"apiVersion": f"{GROUP}/v1", "kind": "PriorityLevelConfiguration", "metadata": {"name": name}, "spec": spec}


def schema(name: str, level_name: str, user: str) -> dict:
    everything = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "namespaces": ["*"], "clusterScope": True}
    rule = {"subjects": [{"kind": "User", "user": {"name": user}}], "resourceRules": [everything]}
    spec = {
        "priorityLevelConfiguration": {"name": level_name},
        "matchingPrecedence": 700,
        "distinguisherMethod": {"type": "ByUser"},
        "rules": [rule],
    }
    return {"apiVersion": f"{GROUP}/v1", "kind": "FlowSchema", "metadata": {"name": name}, "spec": spec}


def administrator(user: str) -> dict:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": user},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": user}],
    }


def control_of(api: RunningApi) -> FlowControl:
    return api.server.flow


def fill(control: FlowControl, user: str) -> list[Seat]:
    """Take every seat that a user may have."""
    digest = Digest("local", user, ("system:authenticated",), "list", "", "configmaps", "default")
    seats = []
    while (seat := control.enter_now(control.match(digest), 1, "list")) is not None:
        seats.append(seat)
    return seats


def figures_of(api: RunningApi, level_name: str, schema_name: str) -> Figures:
    return control_of(api).figures[level_name, schema_name]


@asynccontextmanager
async def flood(api: RunningApi, token: str) -> AsyncIterator[None]:
    """Let a rude client run."""
    program = Path(flooding.__file__)
    arguments = (str(program), str(api.socket), token, str(CONNECTIONS))
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert (await asyncio.wait_for(process.stdout.readline(), 120)).strip() == b"ready"
        yield
        assert process.returncode is None
    finally:
        process.kill()
        await process.wait()


async def test_a_flood_does_not_starve_the_modest(api: RunningApi, client: Client, client_of: Clients) -> None:
    """While 200 connections list and create as fast as they can, another user's reads go on steadily, and so does kubectl."""
    users = {}
    for user in ("greedy", "modest"):
        api.server.tokens.ensure(user, user, ())
        users[user] = api.token(user)
        await client.create(CLUSTERROLEBINDINGS, administrator(user))
        await client.create(FLOWSCHEMAS, schema(user, "shared", user))
    await client.create(PRIORITYLEVELCONFIGURATIONS, level("shared"))
    for number in range(WIDE):
        obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"c{number}", "namespace": "default"}}
        await client.create(CONFIGMAPS, obj | {"data": {"a": "b" * 100}})
    modest = client_of(token=users["modest"])

    async with flood(api, users["greedy"]):
        served, between, waiting = figures_of(api, "shared", "greedy"), [], 0
        for _ in range(50):
            before = served.dispatched
            await modest.get(CONFIGMAPS, "c7", "default")
            between.append(served.dispatched - before)
            waiting = max(waiting, served.waiting)
        shown = await api.kubectl("get", "configmap", "c7", "-n", "default", "-o", "name")

    assert shown.strip() == "configmap/c7"
    assert waiting > CONNECTIONS / 4, "the flood waited in our queues"
    # The level may use all 128 seats: 12 lists of ten seats, or 128 creates. A read waits for a turn or two.
    assert sorted(between)[len(between) // 2] < CONNECTIONS / 2, between
    assert max(between) < 4 * 128, between
    assert not figures_of(api, "shared", "modest").rejected
    await until(lambda: control_of(api).levels["shared"].is_idle, 30)


async def test_requests_are_classified(api: RunningApi, client: Client, client_of: Clients) -> None:
    """Answers name the FlowSchema and level that a new schema sends them to."""
    await client.create(PRIORITYLEVELCONFIGURATIONS, level("mine"))
    made = await client.create(FLOWSCHEMAS, schema("mine", "mine", "nobody"))
    wanted = await client.get(PRIORITYLEVELCONFIGURATIONS, "mine")

    async def lines() -> dict[str, str]:
        reader, writer = await asyncio.open_unix_connection(str(api.socket))
        writer.write(flooding.request(flooding.LIST, api.token("nobody")))
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        writer.close()
        return dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)

    found = await lines()
    assert found["X-Kubernetes-PF-FlowSchema-UID"] == made["metadata"]["uid"]
    assert found["X-Kubernetes-PF-PriorityLevel-UID"] == wanted["metadata"]["uid"]


async def test_dangling_schemas_say_so(client: Client) -> None:
    """The condition follows the level that a schema names."""
    await client.create(FLOWSCHEMAS, schema("stray", "later", "nobody"))

    async def dangling() -> dict:
        return condition_of(await client.get(FLOWSCHEMAS, "stray"), "Dangling") or {}

    async def has(status: str) -> bool:
        return (await dangling()).get("status") == status

    await eventually(lambda: has("True"))
    assert (await dangling())["message"] == (
        'This FlowSchema references the PriorityLevelConfiguration object named "later" but there is no such object'
    )
    await client.create(PRIORITYLEVELCONFIGURATIONS, level("later"))
    await eventually(lambda: has("False"))
    assert (await dangling())["reason"] == "Found"


async def test_a_full_level_answers_429(api: RunningApi, client: Client, client_of: Clients) -> None:
    """A level that rejects says in Kubernetes' words when to come again."""
    await client.create(PRIORITYLEVELCONFIGURATIONS, level("tight", limitResponse={"type": "Reject"}))
    await client.create(FLOWSCHEMAS, schema("tight", "tight", "nobody"))
    taken = fill(control_of(api), "nobody")
    error = await refused(client_of("nobody").list(CONFIGMAPS, "default"))
    for seat in taken:
        seat.release()
    assert (error.code, error.reason) == (429, "TooManyRequests")
    assert error.message == "Too many requests, please try again later."
    assert error.details["retryAfterSeconds"] == 1


async def test_watches_give_their_seats_back(api: RunningApi, client: Client, client_of: Clients) -> None:
    """Many open watches hold no seat."""
    watcher = client_of("controllers")
    streams = [watcher.watch(CONFIGMAPS, "default") for _ in range(30)]
    tasks = [asyncio.create_task(anext(stream)) for stream in streams]
    cache = api.server.hub.resource("local", "", "configmaps")
    await until(lambda: cache.watchers("default") == 30, 30)
    await until(lambda: control_of(api).levels["workload-high"].is_idle)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for stream in streams:
        await stream.aclose()


async def test_mandatory_objects_come_back(api: RunningApi, client: Client) -> None:
    """Deleted and changed objects are put right; what a user made his own stays; outdated ones go."""
    from bouvier.apiserver.flow import bootstrap

    await client.delete(FLOWSCHEMAS, "catch-all")
    await client.delete(PRIORITYLEVELCONFIGURATIONS, "system")
    owned = await client.get(PRIORITYLEVELCONFIGURATIONS, "workload-low")
    owned["metadata"]["annotations"]["apf.kubernetes.io/autoupdate-spec"] = "false"
    owned["spec"]["limited"]["nominalConcurrencyShares"] = 7
    await client.update(PRIORITYLEVELCONFIGURATIONS, owned)
    other = await client.get(PRIORITYLEVELCONFIGURATIONS, "workload-high")
    other["spec"]["limited"]["nominalConcurrencyShares"] = 7
    await client.update(PRIORITYLEVELCONFIGURATIONS, other)
    old = level("outdated")
    old["metadata"]["annotations"] = {"apf.kubernetes.io/autoupdate-spec": "true"}
    await client.create(PRIORITYLEVELCONFIGURATIONS, old)
    await client.create(PRIORITYLEVELCONFIGURATIONS, level("own"))

    await bootstrap.ensure(api.server.context)

    levels = {o["metadata"]["name"]: o for o in (await client.list(PRIORITYLEVELCONFIGURATIONS)).items}
    shares = {name: (o["spec"].get("limited") or {}).get("nominalConcurrencyShares") for name, o in levels.items()}
    assert (shares["system"], shares["workload-low"], shares["workload-high"]) == (30, 7, 40)
    assert "own" in levels
    assert "outdated" not in levels
    assert (await client.get(FLOWSCHEMAS, "catch-all"))["spec"]["matchingPrecedence"] == 10_000
    revision = api.server.hub.revision
    await bootstrap.ensure(api.server.context)
    await asyncio.sleep(0)
    assert levels["exempt"] == await client.get(PRIORITYLEVELCONFIGURATIONS, "exempt")
    assert api.server.hub.resource("local", GROUP, "prioritylevelconfigurations").revision <= revision


async def test_administrators_look_inside(api: RunningApi, client: Client, client_of: Clients) -> None:
    """Metrics and tables are there for those who may read them, and tell of a request that waits."""
    await client.create(PRIORITYLEVELCONFIGURATIONS, level("tight"))
    await client.create(FLOWSCHEMAS, schema("tight", "tight", "nobody"))
    taken = fill(control_of(api), "nobody")
    asking = asyncio.create_task(client_of("nobody").list(CONFIGMAPS, "default"))
    await until(lambda: control_of(api).levels["tight"].queues.waiting == 1)
    prefix = "/debug/api_priority_and_fairness"
    levels, queues, requests, metrics = [
        await api.kubectl("get", "--raw", path)
        for path in (
            f"{prefix}/dump_priority_levels",
            f"{prefix}/dump_queues",
            f"{prefix}/dump_requests?includeRequestDetails=1",
            "/metrics",
        )
    ]
    for seat in taken:
        seat.release()
    await refused(asking)

    assert levels.splitlines()[0].startswith("PriorityLevelName, ActiveQueues, IsIdle")
    row = next(line for line in levels.splitlines() if line.startswith("tight"))
    assert row.replace(" ", "").split(",")[1:5] == ["1", "false", "false", "1"]
    assert next(line for line in queues.splitlines() if line.startswith("tight")).split(",")[2].strip() == "1"
    shown = next(line for line in requests.splitlines() if line.startswith("tight"))
    assert "nobody" in shown
    assert "list" in shown
    labels = 'flow_schema="tight",priority_level="tight"'
    assert f"apiserver_flowcontrol_current_inqueue_requests{{{labels}}} 1" in metrics
    assert (await refused(client_of("nobody").request("GET", "/metrics"))).code == 403
