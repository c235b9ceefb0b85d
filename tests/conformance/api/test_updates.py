"""Updates that create, that need a version, and dry runs that take nothing."""

import pytest

from tests.conformance.api.samples import BY_PLURAL, SAMPLES, Sample
from tests.support.raw_api import MERGE, RawApi

pytestmark = pytest.mark.asyncio(loop_scope="module")
CREATED = {
    "endpoints.v1",
    "events.v1",
    "events.events.k8s.io/v1",
    "limitranges.v1",
    "podtemplates.v1",
    "services.v1",
    "leases.coordination.k8s.io/v1",
    "runtimeclasses.node.k8s.io/v1",
    "roles.rbac.authorization.k8s.io/v1",
    "clusterroles.rbac.authorization.k8s.io/v1",
    "rolebindings.rbac.authorization.k8s.io/v1",
    "clusterrolebindings.rbac.authorization.k8s.io/v1",
}
SERVICES = BY_PLURAL["services.v1"]


@pytest.mark.parametrize("sample", SAMPLES, ids=[f"{one.plural}.{one.version}" for one in SAMPLES])
async def test_put_where_nothing_is(api: RawApi, space: str, sample: Sample) -> None:
    """Some kinds are created by it, the others not found."""
    name = f"{space}-put"
    reply = await api("PUT", f"{sample.path(space)}/{name}", sample.made(name, space))
    if f"{sample.plural}.{sample.version}" in CREATED:
        assert (reply.status, reply.body["metadata"]["name"]) == (201, name), reply.body
    else:
        assert (reply.status, reply.body["reason"]) == (404, "NotFound"), reply.body
    nothing = await api("PATCH", f"{sample.path(space)}/{name}-2", {"metadata": {"labels": {"a": "b"}}}, kind=MERGE)
    assert (nothing.status, nothing.body["reason"]) == (404, "NotFound")


@pytest.mark.parametrize("sample", SAMPLES, ids=[f"{one.plural}.{one.version}" for one in SAMPLES])
async def test_updates_without_a_version(api: RawApi, space: str, sample: Sample) -> None:
    """Where an update need not name what it replaces it replaces whatever is there, else it is refused."""
    name = f"{space}-blind"
    await api.ok("POST", sample.path(space), sample.made(name, space))
    body = sample.made(name, space, annotations={"blind": "yes"})
    if sample.plural in ("pods", "services"):  # what was filled in may not be taken away
        body["spec"] = (await api.ok("GET", f"{sample.path(space)}/{name}"))["spec"]
    reply = await api("PUT", f"{sample.path(space)}/{name}", body)
    if reply.status == 422:
        assert "metadata.resourceVersion: Invalid value: 0x0: must be specified for an update" in reply.body["message"]
    else:
        assert (reply.status, reply.body["metadata"]["annotations"]["blind"]) == (200, "yes"), reply.body


async def test_version_zero_is_no_version(api: RawApi, space: str) -> None:
    """An update of version 0 replaces whatever is there, as one that names none; a stale version is a conflict."""
    path = f"/api/v1/namespaces/{space}/configmaps"
    made = await api.ok("POST", path, {"metadata": {"name": "zero"}, "data": {"a": "1"}})
    await api.ok("PUT", f"{path}/zero", {"metadata": {"name": "zero"}, "data": {"a": "2"}})
    body = {"metadata": {"name": "zero", "resourceVersion": "0"}, "data": {"a": "3"}}
    assert (await api.ok("PUT", f"{path}/zero", body))["data"] == {"a": "3"}
    body["metadata"]["resourceVersion"] = made["metadata"]["resourceVersion"]
    assert (await api("PUT", f"{path}/zero", body)).status == 409


async def test_a_write_that_changes_nothing(api: RawApi, space: str) -> None:
    """It is no new version and no event."""
    maps = BY_PLURAL["configmaps.v1"]
    made = await api.ok("POST", maps.path(space), maps.made("a"))
    path = f"{maps.path(space)}/a"
    for method, body, kind in (("PUT", made, None), ("PATCH", {"data": made["data"]}, MERGE)):
        same = await api.ok(method, path, body, **({"kind": kind} if kind else {}))
        assert same["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


async def test_dry_runs_take_no_numbers(api: RawApi, space: str) -> None:
    """Neither ports nor addresses nor quota are used up by what was never made."""
    ports = [{"port": 80, "nodePort": 30333}]
    body = SERVICES.made("a") | {"spec": {"type": "NodePort", "ports": ports, "clusterIP": "10.43.77.77"}}
    for _ in range(2):
        dry = await api("POST", SERVICES.path(space), body, dryRun="All")
        assert (dry.status, dry.body["spec"]["ports"][0]["nodePort"]) == (201, 30333), dry.body
    await api.ok("POST", SERVICES.path(space), body)
    taken = await api("POST", SERVICES.path(space), body | {"metadata": {"name": "b"}}, dryRun="All")
    assert (taken.status, taken.body["reason"]) == (422, "Invalid")
    free = SERVICES.made("c") | {"spec": {"type": "NodePort", "ports": [{"port": 80}]}}
    drawn = await api.ok("POST", SERVICES.path(space), free, dryRun="All")
    assert drawn["spec"]["clusterIP"].startswith("10.43.")
    await api.ok("DELETE", f"{SERVICES.path(space)}/a", dryRun="All")
    await api.ok("DELETE", f"{SERVICES.path(space)}/a")
    await api.ok("POST", SERVICES.path(space), body | {"metadata": {"name": "b"}})
