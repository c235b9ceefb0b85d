"""Pods on one real host."""

from __future__ import annotations

from tests.e2e.node.conftest import OneHost, pod_of, shell


async def test_a_pod_becomes_ready_and_goes(host: OneHost) -> None:
    """A pod runs with an address, tells its state, and leaves nothing behind when it is deleted."""
    await host.create(pod_of("web"))
    pod = await host.wait_ready("web")
    status = pod["status"]
    assert status["phase"] == "Running"
    assert status["podIP"].startswith("10.213.")
    assert status["qosClass"] == "BestEffort"
    container = status["containerStatuses"][0]
    assert container["containerID"].startswith("docker://")
    assert container["ready"]
    assert container["started"]
    assert container["restartCount"] == 0
    await host.api.kubectl("delete", "pod", "web")
    await host.wait_gone("web")
    assert await host.engine.containers({}) == []
