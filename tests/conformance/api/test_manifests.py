"""Writes of manifests as they were first written: what the platform added is neither owned nor taken away."""

from typing import Any

import pytest

from tests.conformance.api.samples import BY_PLURAL
from tests.support.raw_api import MERGE, STRATEGIC, TABLE, RawApi

pytestmark = pytest.mark.asyncio(loop_scope="module")
PODS, NODES, MAPS = BY_PLURAL["pods.v1"], BY_PLURAL["nodes.v1"], BY_PLURAL["configmaps.v1"]


async def test_what_admission_adds_is_nobodys(api: RawApi, space: str) -> None:
    """Who creates a pod owns what the manifest says, not its priority, tolerations or service account."""
    pod = await api.ok("POST", PODS.path(space), PODS.made("a"))
    entry = pod["metadata"]["managedFields"][0]
    assert "f:containers" in entry["fieldsV1"]["f:spec"]
    assert {"priority", "tolerations", "serviceAccountName"} <= set(pod["spec"])
    assert not {"f:priority", "f:preemptionPolicy", "f:tolerations", "f:serviceAccountName"} & set(
        entry["fieldsV1"]["f:spec"]
    )


async def test_a_pod_is_replaced_by_its_manifest(api: RawApi, space: str) -> None:
    """Priority and tolerations that the manifest does not say stay as they were."""
    made = PODS.made("a")
    made["spec"] |= {"automountServiceAccountToken": False, "serviceAccountName": "default"}
    pod = await api.ok("POST", PODS.path(space), made)
    again: dict[str, Any] = PODS.made("a", annotations={"b": "c"})
    again["spec"] |= {"automountServiceAccountToken": False, "serviceAccountName": "default"}
    again["spec"]["serviceAccount"] = pod["spec"]["serviceAccount"]
    replaced = await api.ok("PUT", f"{PODS.path(space)}/a", again)
    assert replaced["metadata"]["annotations"] == {"b": "c"}
    assert {k: pod["spec"].get(k) for k in ("priority", "preemptionPolicy", "tolerations")} == {
        k: replaced["spec"].get(k) for k in ("priority", "preemptionPolicy", "tolerations")
    }


async def test_version_zero_is_no_version(api: RawApi, space: str) -> None:
    """An update or patch that says it replaces version 0 replaces whatever is there."""
    await api.ok("POST", MAPS.path(space), MAPS.made("a"))
    body = MAPS.made("a", annotations={"x": "1"})
    body["metadata"]["resourceVersion"] = "0"
    put = await api.ok("PUT", f"{MAPS.path(space)}/a", body)
    assert put["metadata"]["annotations"] == {"x": "1"}
    patch = {"metadata": {"resourceVersion": "0", "annotations": {"x": "2"}}}
    patched = await api.ok("PATCH", f"{MAPS.path(space)}/a", patch, kind=MERGE)
    assert patched["metadata"]["annotations"] == {"x": "2"}


async def test_a_host_registers_with_its_status(api: RawApi, space: str) -> None:
    """What a new host can hold is stored, other kinds' first status is not."""
    node = NODES.made(space) | {"status": {"capacity": {"memory": "1Gi"}}}
    made = await api.ok("POST", NODES.path(), node)
    assert made["status"] == {"capacity": {"memory": "1Gi"}, "allocatable": {"memory": "1Gi"}}
    await api.ok("DELETE", f"{NODES.path()}/{space}")


@pytest.mark.parametrize(
    ("patch", "why"),
    [
        ({"metadata": {"labels": "invalid"}}, "cannot restore map from string"),
        ({"spec": {"containers": 1}}, "cannot restore slice from int64"),
        ({"spec": {"securityContext": [True]}}, "cannot restore struct from: slice"),
        ({"spec": {"terminationGracePeriodSeconds": "x"}}, "unrecognized type: int64"),
    ],
)
async def test_strategic_patches_of_wrong_type(api: RawApi, space: str, patch: dict[str, Any], why: str) -> None:
    """They are Invalid, of the field `patch`, and show the patch."""
    await api.ok("POST", PODS.path(space), PODS.made("a"))
    reply = await api("PATCH", f"{PODS.path(space)}/a", patch, kind=STRATEGIC)
    assert (reply.status, reply.body["reason"]) == (422, "Invalid"), reply.body
    assert reply.body["message"].startswith(' "" is invalid: patch: Invalid value: "map[')
    assert reply.body["message"].endswith(f'": {why}')
    assert reply.body["details"]["causes"][0]["field"] == "patch"


async def test_merged_patches_of_wrong_type(api: RawApi, space: str) -> None:
    """The refusal shows the object that would have resulted."""
    await api.ok("POST", MAPS.path(space), MAPS.made("a"))
    document = [{"op": "add", "path": "/data", "value": "x"}]
    for body, kind in (({"data": "x"}, MERGE), (document, "application/json-patch+json")):
        reply = await api("PATCH", f"{MAPS.path(space)}/a", body, kind=kind)
        assert (reply.status, reply.body["reason"]) == (422, "Invalid"), reply.body
        assert '\\"kind\\":\\"ConfigMap\\"' in reply.body["message"]
        assert reply.body["message"].endswith(
            "json: cannot unmarshal string into Go struct field ConfigMap.data of type map[string]string"
        )
    strict = await api("PATCH", f"{MAPS.path(space)}/a", {"wrong": 1}, kind=MERGE, fieldValidation="Strict")
    assert (strict.status, strict.body["reason"]) == (422, "Invalid"), strict.body
    assert strict.body["message"].endswith('strict decoding error: unknown field "wrong"')


async def test_a_scale_has_columns_of_its_own(api: RawApi, space: str) -> None:
    """A table of a scale shows how many there should be and are."""
    sets = BY_PLURAL["replicasets.apps/v1"]
    await api.ok("POST", sets.path(space), sets.made("a"))
    table = await api.ok("GET", f"{sets.path(space)}/a/scale", headers={"Accept": TABLE})
    assert [column["name"] for column in table["columnDefinitions"]] == ["Name", "Desired", "Available", "Age"]
    assert table["rows"][0]["cells"][0] == "a"
    assert [type(cell) for cell in table["rows"][0]["cells"]] == [str, int, int, str]
    assert table["rows"][0]["object"]["metadata"]["name"] == "a"
