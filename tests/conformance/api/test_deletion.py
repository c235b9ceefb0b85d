"""Deletion: what it answers, what it waits for, and what it takes."""

from typing import Any

import pytest

from tests.conformance.api.samples import BY_PLURAL
from tests.support.raw_api import MERGE, RawApi

pytestmark = pytest.mark.asyncio(loop_scope="module")
PODS = BY_PLURAL["pods.v1"]
MAPS = BY_PLURAL["configmaps.v1"]


async def bound(api: RawApi, space: str, name: str) -> str:
    """Create a pod on a host and return its path."""
    await api.ok("POST", PODS.path(space), PODS.made(name))
    path = f"{PODS.path(space)}/{name}"
    target = {"kind": "Node", "name": "n1"}
    await api.ok("POST", f"{path}/binding", {"metadata": {"name": name}, "target": target})
    return path


@pytest.mark.parametrize(
    ("plural", "is_object"), [("configmaps.v1", False), ("secrets.v1", False), ("pods.v1", True), ("services.v1", True)]
)
async def test_the_answer(api: RawApi, space: str, plural: str, is_object: bool) -> None:
    """A deletion is answered with a Status that names the object, for some kinds with the object itself."""
    sample = BY_PLURAL[plural]
    made = await api.ok("POST", sample.path(space), sample.made("a"))
    answer = await api.ok("DELETE", f"{sample.path(space)}/a")
    if is_object:
        assert (answer["kind"], answer["metadata"]["uid"]) == (sample.kind, made["metadata"]["uid"])
        return
    assert answer["status"] == "Success"
    assert answer["details"] == {"name": "a", "kind": sample.plural, "uid": made["metadata"]["uid"]}


async def test_grace_only_gets_shorter(api: RawApi, space: str) -> None:
    """A deletion may be asked for again with less time, never with more; a negative time is a second."""
    path = await bound(api, space, "a")
    seconds = []
    for asked in (20, 30, 7, -1):
        marked = await api.ok("DELETE", path, {"gracePeriodSeconds": asked})
        seconds.append(marked["metadata"]["deletionGracePeriodSeconds"])
    assert seconds == [20, 20, 7, 1]
    kept = await api.ok("PATCH", path, {"metadata": {"deletionTimestamp": None}}, kind=MERGE)
    assert kept["metadata"]["deletionTimestamp"]
    await api.ok("DELETE", path, gracePeriodSeconds="0")
    assert (await api("GET", path)).status == 404


@pytest.mark.parametrize(
    ("policy", "expected"), [("Foreground", "foregroundDeletion"), ("Orphan", "orphan"), ("Background", "")]
)
async def test_policies_leave_finalizers(api: RawApi, space: str, policy: str, expected: str) -> None:
    """What is to be done with dependents stands in the finalizers; the last word counts."""
    path = f"{MAPS.path(space)}/a"
    await api.ok("POST", MAPS.path(space), MAPS.made("a", finalizers=["example.com/wait"]))
    await api.ok("DELETE", path, {"propagationPolicy": "Orphan"})
    marked = await api.ok("DELETE", path, {"propagationPolicy": policy})
    assert marked["metadata"]["finalizers"] == ["example.com/wait", *([expected] if expected else [])]
    refused = await api("PATCH", path, {"metadata": {"finalizers": ["example.com/new"]}}, kind=MERGE)
    assert refused.status == 422
    assert "no new finalizers can be added if the object is being deleted" in refused.body["message"]
    await api.ok("PATCH", path, {"metadata": {"finalizers": None}}, kind=MERGE)
    assert (await api("GET", path)).status == 404


@pytest.mark.parametrize("orphan", [True, False])
async def test_the_older_option(api: RawApi, space: str, orphan: bool) -> None:
    """`orphanDependents` still means what it meant."""
    await api.ok("POST", MAPS.path(space), MAPS.made("a", finalizers=["example.com/wait"]))
    marked = await api.ok("DELETE", f"{MAPS.path(space)}/a", {"orphanDependents": orphan})
    assert ("orphan" in marked["metadata"]["finalizers"]) is orphan


@pytest.mark.parametrize("field", ["uid", "resourceVersion"])
async def test_preconditions(api: RawApi, space: str, field: str) -> None:
    """A deletion of another incarnation is a conflict, of this one it is done."""
    made = await api.ok("POST", MAPS.path(space), MAPS.made("a"))
    path = f"{MAPS.path(space)}/a"
    wrong = await api("DELETE", path, {"preconditions": {field: "7"}})
    assert (wrong.status, wrong.body["reason"]) == (409, "Conflict")
    assert "Precondition failed:" in wrong.body["message"]
    await api.ok("DELETE", path, {"preconditions": {field: made["metadata"][field]}})


async def test_part_of_a_collection(api: RawApi, space: str) -> None:
    """Selectors and a limit choose what goes; the answer lists it."""
    for name in "abcde":
        await api.ok("POST", MAPS.path(space), MAPS.made(name, labels={"x": "y" if name < "d" else "z"}))
    answer = await api.ok("DELETE", MAPS.path(space), labelSelector="x=y", limit="2")
    assert [one["metadata"]["name"] for one in answer["items"]] == ["a", "b"]
    assert answer["metadata"]["continue"]
    await api.ok("DELETE", MAPS.path(space), fieldSelector="metadata.name=d")
    left = await api.ok("GET", MAPS.path(space))
    assert [one["metadata"]["name"] for one in left["items"]] == ["c", "e"]


async def test_a_collection_waits_as_one_object_does(api: RawApi, space: str) -> None:
    """Finalizers and grace hold back objects of a collection too, and dry runs all of it."""
    path = await bound(api, space, "a")
    await api.ok("DELETE", PODS.path(space), {"gracePeriodSeconds": 60, "dryRun": ["All"]})
    assert "deletionTimestamp" not in (await api.ok("GET", path))["metadata"]
    await api.ok("DELETE", PODS.path(space), {"gracePeriodSeconds": 60, "propagationPolicy": "Foreground"})
    held: dict[str, Any] = (await api.ok("GET", path))["metadata"]
    assert (held["deletionGracePeriodSeconds"], held["finalizers"]) == (60, ["foregroundDeletion"])


async def test_a_namespace_and_its_finalizers(api: RawApi, space: str) -> None:
    """The `finalize` path alone changes `spec.finalizers`; the last one gone, a deleted namespace goes."""
    path = f"/api/v1/namespaces/{space}"
    ignored = await api.ok("PATCH", path, {"spec": {"finalizers": ["example.com/x"]}}, kind=MERGE)
    assert ignored["spec"]["finalizers"] == ["kubernetes"]
    ignored["spec"]["finalizers"].append("example.com/fake")
    added = await api.ok("PUT", f"{path}/finalize", ignored)
    assert added["spec"]["finalizers"] == ["kubernetes", "example.com/fake"]
    dying = await api.ok("DELETE", path)
    assert (dying["kind"], dying["status"]["phase"]) == ("Namespace", "Terminating")
    refused = await api("POST", MAPS.path(space), MAPS.made("late"))
    assert (refused.status, refused.body["reason"]) == (403, "Forbidden")
    assert "because it is being terminated" in refused.body["message"]
    dying["spec"]["finalizers"] = []
    await api.ok("PUT", f"{path}/finalize", dying)
    assert (await api("GET", path)).status == 404


@pytest.mark.parametrize(
    ("finalizers", "options", "code"),
    [
        ([], None, 200),
        (["a.b/c"], None, 200),
        ([], {"orphanDependents": False}, 200),
        (["a.b/c"], {"orphanDependents": False}, 202),
        (["a.b/c"], {"propagationPolicy": "Background"}, 200),
    ],
)
async def test_deletions_that_take_longer(api: RawApi, space: str, finalizers: list, options: Any, code: int) -> None:
    """Who asks in the old way that dependents go too is told when the object has not gone yet."""
    path = f"/api/v1/namespaces/{space}/configmaps"
    await api.ok("POST", path, {"metadata": {"name": "a", "finalizers": finalizers}})
    assert (await api("DELETE", f"{path}/a", options)).status == code
