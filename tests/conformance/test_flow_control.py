"""What the conformance tests of API priority and fairness do with FlowSchemas and PriorityLevelConfigurations."""

import asyncio
import copy
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bouvier.client import Client, Endpoint
from bouvier.kinds.flowcontrol_v1.flowschemas import FLOWSCHEMAS
from bouvier.kinds.flowcontrol_v1.prioritylevelconfigurations import PRIORITYLEVELCONFIGURATIONS
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import condition_of
from tests.contract.test_flow_control import level, schema
from tests.support.apiserver import RunningApi, running_api
from tests.support.waiting import eventually

LABEL = {"e2e-test": "flow"}


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[RunningApi]:
    async with running_api(tmp_path) as running:
        yield running


@pytest.fixture
async def client(api: RunningApi) -> AsyncIterator[Client]:
    made = Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token()))
    yield made
    await made.close()


@pytest.mark.parametrize(
    ("resource", "template"),
    [(FLOWSCHEMAS, schema("", "exempt", "x")), (PRIORITYLEVELCONFIGURATIONS, level(""))],
    ids=["flowschemas", "prioritylevelconfigurations"],
)
async def test_every_operation(client: Client, resource: Resource, template: dict) -> None:
    """Discovery, create, get, list, watch, patch, update, status, delete, delete of a collection."""
    group = resource.group
    groups = await client.request("GET", "/apis")
    assert "v1" in [v["version"] for g in groups["groups"] if g["name"] == group for v in g["versions"]]
    served = {one["name"]: one["verbs"] for one in (await client.request("GET", f"/apis/{group}/v1"))["resources"]}
    assert served[f"{resource.plural}/status"] == ["get", "patch", "update"]

    def made(name: str) -> dict:
        obj = copy.deepcopy(template)
        obj["metadata"] = {"name": name, "labels": LABEL}
        return obj

    one = await client.create(resource, made("one"))
    assert one["metadata"]["generation"] == 1
    listed = await client.list(resource, label_selector="e2e-test=flow")
    assert [o["metadata"]["name"] for o in listed.items] == ["one"]
    watch = client.watch(resource, resource_version=listed.resource_version, label_selector="e2e-test=flow")

    patched = await client.patch(resource, "one", {"metadata": {"annotations": {"patched": "true"}}})
    assert patched["metadata"]["annotations"]["patched"] == "true"
    updated = copy.deepcopy(await client.get(resource, "one"))
    updated["metadata"]["annotations"]["updated"] = "true"
    assert (await client.update(resource, updated))["metadata"]["generation"] == 1
    while True:
        event = await asyncio.wait_for(anext(watch), 30)
        assert event.type == "MODIFIED"
        if event.object["metadata"].get("annotations", {}).get("updated"):
            break
    await watch.aclose()

    condition = {"type": "FlowTest", "status": "True", "reason": "PatchStatusFailed", "message": "none"}
    body = {"metadata": {"annotations": {"patchedstatus": "true"}}, "status": {"conditions": [condition]}}
    shown = await client.patch(resource, "one", body, subresource="status")
    assert condition_of(shown, "FlowTest")["message"] == "none"
    assert "patchedstatus" not in shown["metadata"]["annotations"]
    found = await client.get(resource, "one")
    found["status"] = {"conditions": [condition | {"reason": "UpdateStatusFailed"}]}
    found["metadata"].pop("resourceVersion")
    shown = await client.update(resource, found, subresource="status")
    assert condition_of(shown, "FlowTest")["reason"] == "UpdateStatusFailed"

    await client.delete(resource, "one")
    with pytest.raises(ApiError) as gone:
        await client.get(resource, "one")
    assert gone.value.code == 404
    await client.create(resource, made("two"))
    await client.create(resource, made("three"))
    await client.request("DELETE", f"/apis/{group}/v1/{resource.plural}", query={"labelSelector": "e2e-test=flow"})
    assert (await client.list(resource, label_selector="e2e-test=flow")).items == []


async def test_schemas_are_shown_in_their_order(api: RunningApi) -> None:
    """`kubectl get` lists them by precedence, as they are asked."""
    shown = [line.split() for line in (await api.kubectl("get", "flowschemas", "--no-headers")).splitlines()]
    assert [name for name, *_ in shown][:3] == ["exempt", "probes", "system-leader-election"]
    assert [int(precedence) for _, _, precedence, *_ in shown] == sorted(int(row[2]) for row in shown)


async def test_requests_reach_their_new_schema(api: RunningApi, client: Client) -> None:
    """After the schema's level is found and the level's limit is in the metrics, impersonated requests name both."""
    plc = await client.create(PRIORITYLEVELCONFIGURATIONS, level("e2e", nominalConcurrencyShares=1))
    paths = {"verbs": ["*"], "nonResourceURLs": ["*"]}
    obj = schema("e2e", "e2e", "somebody")
    obj["spec"]["rules"][0] = {"subjects": obj["spec"]["rules"][0]["subjects"], "nonResourceRules": [paths]}
    fs = await client.create(FLOWSCHEMAS, obj)

    async def is_steady() -> bool:
        found = condition_of(await client.get(FLOWSCHEMAS, "e2e"), "Dangling") or {}
        return found.get("status") == "False"

    await eventually(is_steady)
    metrics = await api.kubectl("get", "--raw", "/metrics")
    assert re.search(r'^apiserver_flowcontrol_nominal_limit_seats\{priority_level="e2e"\} 1$', metrics, re.MULTILINE)
    for user, matches in (("somebody", True), ("else", False)):
        said = await api.kubectl("get", "--raw", "/version", "--as", user, "--as-group=system:authenticated", "-v=8")
        uids = dict(re.findall(r"X-Kubernetes-Pf-(\w+)-Uid: (\S+)", said))
        assert (uids["Flowschema"] == fs["metadata"]["uid"]) is matches
        assert (uids["Prioritylevel"] == plc["metadata"]["uid"]) is matches
