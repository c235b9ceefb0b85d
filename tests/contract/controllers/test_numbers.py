"""Repair of claims, and the life of ServiceCIDRs, on the real API server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bouvier.client import Client, Endpoint
from bouvier.client.events import Recorder
from bouvier.client.informer import InformerSet
from bouvier.controllers.numbers import cidrs_plan
from bouvier.controllers.numbers.cidrs import ServiceCidrController
from bouvier.controllers.numbers.claims import ClaimRepair
from bouvier.controllers.runtime.manager import Manager
from bouvier.meta.errors import ApiError
from bouvier.meta.resources import EVENTS, IPADDRESSES, NODEPORTCLAIMS, SERVICECIDRS, SERVICES
from tests.support.apiserver import RunningApi, running_api
from tests.support.waiting import eventually

FINALIZER = "networking.k8s.io/service-cidr-finalizer"


@asynccontextmanager
async def controllers(api: RunningApi) -> AsyncIterator[None]:
    client = Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token("controllers")))
    informers = InformerSet(client)
    both = [ClaimRepair(client, Recorder(client, "c"), rest_seconds=0.2), ServiceCidrController(client)]
    manager = Manager(informers, both)
    tasks = [asyncio.create_task(informers.run()), asyncio.create_task(manager.run())]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await client.close()


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[RunningApi]:
    async with running_api(tmp_path) as running:
        yield running


@pytest.fixture
async def client(api: RunningApi) -> AsyncIterator[Client]:
    made = Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token()))
    yield made
    await made.close()


def service(name: str, **spec: object) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "default"}, "spec": {"ports": [{"port": 80}]} | spec}


async def names(client: Client, resource: Any) -> set[str]:
    return {one["metadata"]["name"] for one in (await client.list(resource)).items}


async def test_missing_claims_are_made(api: RunningApi, client: Client) -> None:
    """A Service whose claims are gone (or never were) has them again."""
    made = await client.create(SERVICES, service("web", type="NodePort"))
    address, port = made["spec"]["clusterIP"], str(made["spec"]["ports"][0]["nodePort"])
    await client.delete(IPADDRESSES, address)
    await client.delete(NODEPORTCLAIMS, port)
    async with controllers(api):
        await eventually(lambda: _has(client, IPADDRESSES, address))
        await eventually(lambda: _has(client, NODEPORTCLAIMS, port))
        await client.delete(IPADDRESSES, address)
        await eventually(lambda: _has(client, IPADDRESSES, address))


async def _has(client: Client, resource: Any, name: str) -> bool:
    return name in await names(client, resource)


async def test_claims_left_over_are_removed(api: RunningApi, client: Client) -> None:
    """A claim whose Service never came goes after a rest; those of others and those in use stay."""
    parent = {"group": "", "resource": "services", "namespace": "default", "name": "never"}
    labels = {"ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io"}
    lost = {"metadata": {"name": "10.43.7.7", "labels": labels}, "spec": {"parentRef": parent}}
    foreign = {"metadata": {"name": "10.43.7.8"}, "spec": {"parentRef": parent}}
    await client.create(IPADDRESSES, lost)
    await client.create(IPADDRESSES, foreign)
    await client.create(NODEPORTCLAIMS, {"metadata": {"name": "31000"}, "spec": {"parentRef": parent}})
    async with controllers(api):

        async def are_gone() -> bool:
            return not {"10.43.7.7", "31000"} & (await names(client, IPADDRESSES) | await names(client, NODEPORTCLAIMS))

        await eventually(are_gone)
        assert {"10.43.7.8", "10.43.0.1"} <= await names(client, IPADDRESSES)


async def test_services_that_share_an_address_are_told(api: RunningApi, client: Client) -> None:
    """Where another Service holds the claim, the one without it gets a warning."""
    made = await client.create(SERVICES, service("web"))
    address = made["spec"]["clusterIP"]
    await client.delete(IPADDRESSES, address)
    parent = {"group": "", "resource": "services", "namespace": "default", "name": "other"}
    await client.create(IPADDRESSES, {"metadata": {"name": address}, "spec": {"parentRef": parent}})
    async with controllers(api):

        async def is_told() -> bool:
            events = (await client.list(EVENTS, "default")).items
            return any(e["reason"] == "ClusterIPAlreadyAllocated" and "default/other" in e["message"] for e in events)

        await eventually(is_told)


async def test_a_range_in_use_stays(api: RunningApi, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is protected, says why it cannot go, gives nothing away meanwhile, and goes when the last address has gone."""
    monkeypatch.setattr(cidrs_plan, "DELETION_SECONDS", 0.5)
    async with controllers(api):
        await client.create(SERVICECIDRS, {"metadata": {"name": "more"}, "spec": {"cidrs": ["203.0.113.0/24"]}})

        async def is_ready() -> bool:
            found = await client.get(SERVICECIDRS, "more")
            conditions = found.get("status", {}).get("conditions", [])
            return found["metadata"].get("finalizers") == [FINALIZER] and [c["status"] for c in conditions] == ["True"]

        await eventually(is_ready)
        await client.create(SERVICES, service("web", clusterIP="203.0.113.10"))
        await client.delete(SERVICECIDRS, "more")

        async def says_why() -> bool:
            [condition] = (await client.get(SERVICECIDRS, "more"))["status"]["conditions"]
            return condition["reason"] == "Terminating" and "still IPAddresses" in condition["message"]

        await eventually(says_why)
        await client.delete(SERVICES, "web", "default")

        async def is_gone() -> bool:
            return not await _has(client, SERVICECIDRS, "more")

        await eventually(is_gone)


async def test_a_range_within_another_may_go(api: RunningApi, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its addresses are in the wider one."""
    monkeypatch.setattr(cidrs_plan, "DELETION_SECONDS", 0.0)
    async with controllers(api):
        await client.create(SERVICECIDRS, {"metadata": {"name": "part"}, "spec": {"cidrs": ["10.43.128.0/24"]}})
        await client.create(SERVICES, service("web", clusterIP="10.43.128.9"))
        await client.delete(SERVICECIDRS, "part")

        async def is_gone() -> bool:
            return not await _has(client, SERVICECIDRS, "part")

        await eventually(is_gone)


async def test_bad_ranges_and_addresses_are_refused(client: Client) -> None:
    """Each mistake is named."""
    for cidrs, said in (
        ([], "at least one CIDR required"),
        (["10.1.0.0/16", "10.2.0.0/16"], "no more than one IP for each IP family"),
        (["10.1.0.0/16", "a", "b"], "may only hold up to 2 values"),
        (["10.1.0.1/16"], "must not have bits set beyond the prefix length"),
        (["FD00::/64"], 'must be in canonical form ("fd00::/64")'),
        (["10.1.0.0"], "must be a valid CIDR value"),
    ):
        with pytest.raises(ApiError) as refused:
            await client.create(SERVICECIDRS, {"metadata": {"name": "wrong"}, "spec": {"cidrs": cidrs}})
        assert said in str(refused.value)
    parent = {"resource": "services", "name": "x"}
    for name, said in (("10.1.2", "must be a valid IP address"), ("FD00::1", 'must be in canonical form ("fd00::1")')):
        with pytest.raises(ApiError) as refused:
            await client.create(IPADDRESSES, {"metadata": {"name": name}, "spec": {"parentRef": parent}})
        assert said in str(refused.value)
    with pytest.raises(ApiError, match=r"spec.parentRef.name: Required value"):
        await client.create(IPADDRESSES, {"metadata": {"name": "10.1.2.3"}, "spec": {"parentRef": {"resource": "a"}}})
    await client.create(SERVICECIDRS, {"metadata": {"name": "fixed"}, "spec": {"cidrs": ["10.1.0.0/16"]}})
    with pytest.raises(ApiError, match=r"spec.cidrs\[0\].*field is immutable"):
        await client.patch(SERVICECIDRS, "fixed", {"spec": {"cidrs": ["10.2.0.0/16"]}})
    await client.patch(SERVICECIDRS, "fixed", {"spec": {"cidrs": ["10.1.0.0/16", "fd00::/64"]}})
