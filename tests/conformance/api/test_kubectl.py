"""kubectl's questions that lean on the finer points: explain, wait on a path, events, replace, raw paths."""

import asyncio

import pytest

from tests.support.raw_api import MERGE, RawApi

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_explain_everything(api: RawApi) -> None:
    """A kind is explained with all that is in it."""
    text = await api.running.kubectl("explain", "deployment", "--recursive")
    assert "GROUP:      apps" in text
    assert "terminationGracePeriodSeconds" in text


async def test_wait_for_a_value(api: RawApi, space: str) -> None:
    """Waiting on a path ends when the value is there."""
    path = f"/api/v1/namespaces/{space}/configmaps"
    await api.ok("POST", path, {"metadata": {"name": "a"}, "data": {"state": "new"}})
    arguments = ("-n", space, "wait", "configmap/a", "--for=jsonpath={.data.state}=ready", "--timeout=50s")
    waiting = asyncio.create_task(api.running.kubectl(*arguments))
    await asyncio.sleep(0)
    await api.ok("PATCH", f"{path}/a", {"data": {"state": "ready"}}, kind=MERGE)
    assert "condition met" in await waiting


async def test_events_of_an_object(api: RawApi, space: str) -> None:
    """Events are listed for the object that they are about."""
    for name in ("x", "y"):
        event = {
            "metadata": {"name": name},
            "involvedObject": {"kind": "Pod", "apiVersion": "v1", "name": name, "namespace": space},
            "reason": f"Reason{name}",
            "message": "m",
            "type": "Normal",
            "lastTimestamp": "2024-01-01T00:00:00Z",
        }
        await api.ok("POST", f"/api/v1/namespaces/{space}/events", event)
    text = await api.running.kubectl("-n", space, "events", "--for", "pod/x")
    assert "Reasonx" in text
    assert "Reasony" not in text


async def test_replace_and_force(api: RawApi, space: str) -> None:
    """An object is replaced by a file, and by force made anew."""
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  k: "
    await api.running.kubectl("-n", space, "create", "-f", "-", stdin=f"{text}one")
    assert "replaced" in await api.running.kubectl("-n", space, "replace", "-f", "-", stdin=f"{text}two")
    before = await api.ok("GET", f"/api/v1/namespaces/{space}/configmaps/a")
    await api.running.kubectl("-n", space, "replace", "--force", "-f", "-", stdin=f"{text}three")
    after = await api.ok("GET", f"/api/v1/namespaces/{space}/configmaps/a")
    assert (before["data"], after["data"]) == ({"k": "two"}, {"k": "three"})
    assert before["metadata"]["uid"] != after["metadata"]["uid"]


async def test_raw_paths_and_refusals(api: RawApi, space: str) -> None:
    """What kubectl prints of a refusal are the server's words."""
    assert "readyz check passed" in await api.running.kubectl("get", "--raw", "/readyz?verbose")
    missing = await api.running.kubectl("-n", space, "get", "configmap", "none", ok=False)
    assert 'Error from server (NotFound): configmaps "none" not found' in missing
    unknown = await api.running.kubectl("get", "nosuchkind", ok=False)
    assert 'the server doesn\'t have a resource type "nosuchkind"' in unknown
    field = await api.running.kubectl("-n", space, "get", "pods", "--field-selector=spec.x=1", ok=False)
    assert "field label not supported: spec.x" in field


async def test_warnings_are_shown(api: RawApi, space: str) -> None:
    """A doubtful object is made, and kubectl says what is doubtful."""
    text = """
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  containers:
  - name: c
    image: x
    env: [{name: A, value: "1"}, {name: A, value: "2"}]
"""
    printed = await api.running.kubectl("-n", space, "create", "-f", "-", stdin=text)
    assert 'Warning: spec.containers[0].env[1]: hides previous definition of "A"' in printed
    assert "pod/a created" in printed
