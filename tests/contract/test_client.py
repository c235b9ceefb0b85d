"""The client against a real API server."""

import asyncio
from collections.abc import Callable

import pytest

from bouvier.client import APPLY, JSON_PATCH, STRATEGIC, Client, from_kubeconfig
from bouvier.client.events import Recorder
from bouvier.client.informer import Informer
from bouvier.client.lease import Elector
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import name_of
from bouvier.meta.resources import CONFIGMAPS, EVENTS, LEASES, NAMESPACES
from tests.support.apiserver import RunningApi
from tests.support.waiting import until


def config_map(name: str, **data: str) -> dict:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}, "data": data}


async def test_kubeconfig_over_tls(api: RunningApi) -> None:
    """The kubeconfig that the server writes is enough for the client, and the server knows the user."""
    client = Client.connect(from_kubeconfig(api.kubeconfig))
    review = await client.request("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", body={})
    assert review["status"]["userInfo"]["username"] == "admin"
    assert {name_of(obj) for obj in (await client.list(NAMESPACES)).items} >= {"default", "kube-system"}
    await client.close()


async def test_every_kind_of_patch(client: Client) -> None:
    """JSON, strategic and apply patches are sent in the form that the server expects."""
    await client.create(CONFIGMAPS, config_map("a", k="1"))
    ops = [{"op": "replace", "path": "/data/k", "value": "2"}]
    assert (await client.patch(CONFIGMAPS, "a", ops, namespace="default", kind=JSON_PATCH))["data"] == {"k": "2"}
    body = {"data": {"j": "3"}}
    patched = await client.patch(CONFIGMAPS, "a", body, namespace="default", kind=STRATEGIC)
    assert patched["data"] == {"k": "2", "j": "3"}
    applied = config_map("a", k="9")
    with pytest.raises(ApiError) as refused:
        await client.patch(CONFIGMAPS, "a", applied, namespace="default", kind=APPLY, manager="me")
    assert refused.value.reason == "Conflict"
    forced = await client.patch(CONFIGMAPS, "a", applied, namespace="default", kind=APPLY, manager="me", force=True)
    assert forced["data"]["k"] == "9"


async def test_deletion_with_preconditions(client: Client) -> None:
    """An object is not deleted when it is no longer the one that was meant."""
    created = await client.create(CONFIGMAPS, config_map("a"))
    with pytest.raises(ApiError) as refused:
        await client.delete(CONFIGMAPS, "a", "default", uid="00000000-0000-0000-0000-000000000000")
    assert refused.value.reason == "Conflict"
    await client.delete(CONFIGMAPS, "a", "default", uid=created["metadata"]["uid"], grace_seconds=0)
    with pytest.raises(ApiError, match="not found"):
        await client.get(CONFIGMAPS, "a", "default")


async def test_pages(client: Client) -> None:
    """A collection in pages is the same as in one piece."""
    await asyncio.gather(*(client.create(CONFIGMAPS, config_map(f"c{number:03}", n="1")) for number in range(30)))
    whole = await client.list(CONFIGMAPS, "default")
    pages, token = [], ""
    while True:
        page = await client.list(CONFIGMAPS, "default", limit=7, continue_token=token)
        pages += page.items
        token = page.continue_token
        if not token:
            break
    assert [name_of(obj) for obj in pages] == [name_of(obj) for obj in whole.items]


async def test_informer_keeps_up(client: Client) -> None:
    """An informer ends with exactly the objects that the server has."""
    informer = Informer(client, CONFIGMAPS, namespace="default")
    task = asyncio.create_task(informer.run())
    await informer.synced.wait()
    for number in range(40):
        await client.create(CONFIGMAPS, config_map(f"c{number}", n=str(number)))
    for number in range(0, 40, 2):
        await client.patch(CONFIGMAPS, f"c{number}", {"data": {"n": "changed"}}, namespace="default")
        await client.delete(CONFIGMAPS, f"c{number + 1}", "default")
    listed = {name_of(o): o["metadata"]["resourceVersion"] for o in (await client.list(CONFIGMAPS, "default")).items}
    await until(lambda: {name_of(o): o["metadata"]["resourceVersion"] for o in informer.items()} == listed)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_lease_and_events_as_components_use_them(client: Client, client_of: Callable[[str], Client]) -> None:
    """The scheduler's own rights are enough to lead by a Lease and to report Events."""
    own = client_of("scheduler")
    led = asyncio.Event()

    async def work() -> None:
        led.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(Elector(own, "bouvier-scheduler", "me").run(work))
    await asyncio.wait_for(led.wait(), 10)
    assert (await client.get(LEASES, "bouvier-scheduler", "kube-system"))["spec"]["holderIdentity"] == "me"
    recorder = Recorder(own, "scheduler")
    subject = await client.create(CONFIGMAPS, config_map("a"))
    for _ in range(3):
        recorder.event(subject, "Normal", "Tested", "all is well")
    await recorder.flush()
    recorder.event(subject, "Normal", "Tested", "all is well")
    await recorder.flush()
    (event,) = (await client.list(EVENTS, "default", field_selector="involvedObject.name=a")).items
    assert (event["count"], event["reason"], recorder.dropped) == (4, "Tested", 0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert (await client.get(LEASES, "bouvier-scheduler", "kube-system"))["spec"].get("holderIdentity", "") == ""
