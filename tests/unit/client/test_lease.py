import asyncio

import pytest

from bouvier.client import Client
from bouvier.client.lease import Elector
from tests.support.small_api import SmallApi
from tests.support.waiting import until

PATH = "apis/coordination.k8s.io/v1/leases"
FAST = {"lease_seconds": 1, "renew_seconds": 0.6, "retry_seconds": 0.05}


def holder(api: SmallApi) -> str:
    return api.objects[PATH, "kube-system", "work"]["spec"].get("holderIdentity", "")


def candidate(client: Client, identity: str, log: list[str]) -> asyncio.Task:
    async def work() -> None:
        log.append(identity)
        try:
            await asyncio.Event().wait()
        finally:
            log.append(f"{identity} stopped")

    return asyncio.create_task(Elector(client, "work", identity, **FAST).run(work))


async def test_one_leads_and_gives_up_on_cancel(client: Client, api: SmallApi) -> None:
    """Of two candidates one works; when it is cancelled the other takes over without waiting for the lease to expire."""
    log: list[str] = []
    a = candidate(client, "a", log)
    await until(lambda: log == ["a"])
    b = candidate(client, "b", log)
    renewals = api.revision
    await until(lambda: api.revision > renewals + 3)
    assert log == ["a"]
    a.cancel()
    await until(lambda: log == ["a", "a stopped", "b"])
    assert holder(api) == "b"
    assert api.objects[PATH, "kube-system", "work"]["spec"]["leaseTransitions"] == 1
    b.cancel()
    await asyncio.gather(a, b, return_exceptions=True)
    assert holder(api) == ""


async def test_expired_lease_is_taken_over(client: Client, api: SmallApi) -> None:
    """A holder that does not renew is replaced after the time that its own lease names."""
    spec = {"holderIdentity": "dead", "leaseDurationSeconds": 1}
    api.put(PATH, "kube-system", {"metadata": {"name": "work"}, "spec": spec})
    log: list[str] = []
    task = candidate(client, "b", log)
    await until(lambda: log == ["b"])
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_same_identity_leads_again_at_once(client: Client, api: SmallApi) -> None:
    """A process that was killed and started again does not wait for its own lease to expire."""
    spec = {"holderIdentity": "a", "leaseDurationSeconds": 3600}
    api.put(PATH, "kube-system", {"metadata": {"name": "work"}, "spec": spec})
    log: list[str] = []
    task = candidate(client, "a", log)
    await until(lambda: log == ["a"])
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_leader_stops_when_it_cannot_renew(client: Client, api: SmallApi) -> None:
    """A leader that lost the lease stops its work, and contends again."""
    log: list[str] = []
    task = candidate(client, "a", log)
    await until(lambda: log == ["a"])
    spec = {"holderIdentity": "thief", "leaseDurationSeconds": 2}
    api.put(PATH, "kube-system", {"metadata": {"name": "work"}, "spec": spec})
    await until(lambda: log == ["a", "a stopped"])
    assert holder(api) == "thief"
    await until(lambda: log == ["a", "a stopped", "a"])
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_end_of_work_ends_the_election(client: Client, api: SmallApi) -> None:
    """An error of the work comes out of run, and the lease is given up."""

    async def fail() -> None:
        raise RuntimeError("mistake")

    with pytest.raises(RuntimeError, match="mistake"):
        await Elector(client, "work", "a", **FAST).run(fail)
    assert holder(api) == ""
