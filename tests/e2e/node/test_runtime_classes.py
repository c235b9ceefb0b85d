"""RuntimeClass on a real engine."""

from __future__ import annotations

from bouvier.meta.resources import NODES, RUNTIMECLASSES
from tests.e2e.node.conftest import NODE, OneHost, pod_of


async def make_class(host: OneHost, name: str, handler: str) -> None:
    document = {"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": name}, "handler": handler}
    await host.client.create(RUNTIMECLASSES, document)


async def test_the_handler_is_the_engines_runtime(host: OneHost) -> None:
    """The container runs with it, and the host says which there are."""
    await make_class(host, "plain", "runc")
    await host.create(pod_of("p", runtimeClassName="plain"))
    pod = await host.wait_ready("p")
    container = pod["status"]["containerStatuses"][0]["containerID"].rpartition("/")[2]
    found = await host.engine._http.call("GET", f"/containers/{container}/json")
    assert found["HostConfig"]["Runtime"] == "runc"
    node = await host.client.get(NODES, NODE)
    assert {"", "runc"} <= {one["name"] for one in node["status"]["runtimeHandlers"]}


async def test_an_unknown_handler(host: OneHost) -> None:
    """The pod waits, and an event says what is missing."""
    await make_class(host, "odd", "odd-handler")
    await host.create(pod_of("p", runtimeClassName="odd"))

    def told(pod: dict | None) -> bool:
        entries = ((pod or {}).get("status") or {}).get("containerStatuses") or [{"state": {}}]
        return "odd-handler" in (entries[0]["state"].get("waiting") or {}).get("message", "")

    await host.wait("p", told)
    text = (await host.event_reasons("p"))["FailedCreatePodSandBox"]
    assert 'failed to get sandbox runtime: no runtime for "odd-handler" is configured' in text
    pod = await host.pod("p")
    assert pod is not None
    assert pod["status"]["phase"] == "Pending"
