"""The recorder on a real API server: pods that came and went, traffic and restarts."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bouvier.billing import recorder as recorder_module
from bouvier.billing.ledger import Ledger
from bouvier.billing.recorder import UsageRecorder
from bouvier.billing.sums import usage
from bouvier.client import Client, Endpoint
from bouvier.client.informer import InformerSet
from bouvier.client.workqueue import WorkQueue
from bouvier.meta.resources import NODES, PODS, SERVICES, TRAFFICREPORTS
from bouvier.util.clock import now_text
from tests.support.apiserver import RunningApi, running_api
from tests.support.waiting import until


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[RunningApi]:
    async with running_api(tmp_path) as running:
        yield running


@asynccontextmanager
async def recording(api: RunningApi, path: Path) -> AsyncIterator[UsageRecorder]:
    """A recorder that knows the cluster, and writes when it is told to."""
    client = Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token("controllers")))
    informers = InformerSet(client)
    made = UsageRecorder(client, path)
    made.register(informers, WorkQueue())
    task = asyncio.create_task(informers.run())
    await informers.wait_synced()
    try:
        yield made
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await client.close()


async def run_pod(admin: Client, name: str) -> None:
    """Make a pod that runs on a host."""
    container = {"name": "c", "image": "i", "resources": {"requests": {"cpu": "1"}}}
    metadata = {"name": name, "namespace": "default"}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {"nodeName": "n1", "containers": [container]},
    }
    await admin.create(PODS, pod)
    status = {"phase": "Running", "startTime": now_text()}
    await admin.patch(PODS, name, {"status": status}, namespace="default", subresource="status")


async def test_what_came_and_went_is_billed_once(
    api: RunningApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pod of a moment and the balancer's bytes are in the ledger, also when the recorder begins again in between."""
    admin = Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token()))
    await admin.create(NODES, {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}})
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "default"}}
    await admin.create(SERVICES, service | {"spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}})
    entry = {"namespace": "default", "name": "web", "received": 1000, "sent": 5000}
    report = {"apiVersion": TRAFFICREPORTS.api_version, "kind": "TrafficReport", "metadata": {"name": "n1"}}
    node = Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token("node-n1")))
    await node.create(TRAFFICREPORTS, report | {"epoch": "e", "services": [entry]})
    path, now = tmp_path / "ledger.db", time.time()
    for offset in (30, 60):
        async with recording(api, path) as made:
            if offset == 30:
                await run_pod(admin, "brief")
                await until(lambda made=made: any(p["metadata"]["name"] == "brief" for p in made._pods.items()), 60)
                await admin.delete(PODS, "brief", "default", grace_seconds=0)
                await until(lambda made=made: made._gone, 60)
            monkeypatch.setattr(recorder_module.time, "time", lambda offset=offset: now + offset)
            ledger = Ledger(path)
            await made._write_ended(ledger)
            await made._write_ended(ledger)
            ledger.close()
            monkeypatch.undo()
    ledger = Ledger(path)
    found = usage(ledger, "app", 0, int(now) + 1000)

    assert found["web"].traffic == 6000
    assert 1000 <= found["(none)"].cpu <= 3000
    rows = ledger.db.execute("SELECT pod, seconds FROM usage").fetchall()
    assert [name for name, _ in rows] == ["brief"]
    ledger.close()
    await admin.close()
    await node.close()


async def test_hosts_report_for_themselves_alone(api: RunningApi) -> None:
    """An agent may not write what another host's balancer carried."""
    node = Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token("node-n1")))
    report = {"apiVersion": TRAFFICREPORTS.api_version, "kind": "TrafficReport", "metadata": {"name": "n2"}}
    with pytest.raises(Exception, match="is not allowed to change it"):
        await node.create(TRAFFICREPORTS, report | {"epoch": "e", "services": []})
    await node.close()
