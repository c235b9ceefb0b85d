"""kubectl debug on a real engine: ephemeral containers, copies of pods, and pods that look into the host."""

from __future__ import annotations

import pytest

from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj
from bouvier.meta.resources import PODS
from tests.e2e.node.conftest import NODE, OneHost, pod_of, shell
from tests.engines import BUSYBOX

SLEEPS = "trap 'exit 0' TERM; sleep 1000 & wait"


def ephemeral(pod: Obj | None) -> Obj:
    """Return the state of the first ephemeral container."""
    entries = ((pod or {}).get("status") or {}).get("ephemeralContainerStatuses") or [{"state": {}}]
    return entries[0]["state"]


async def debug(host: OneHost, *arguments: str) -> str:
    return await host.api.kubectl("debug", *arguments)


async def test_an_ephemeral_container_sees_the_processes_of_its_target(host: OneHost) -> None:
    """It shares network and processes, is shown in the status, ends for good, and leaves the pod as it was."""
    await host.create(pod_of("p", shell("hostname > /tmp/h; " + SLEEPS, "c"), hostname="seen-here"))
    before = await host.wait_ready("p")
    script = "ps; hostname; cat /proc/1/root/tmp/h"
    await debug(host, "p", f"--image={BUSYBOX}", "--target=c", "-c", "look", "--", "sh", "-c", script)
    ended = await host.wait("p", lambda pod: pod and "terminated" in ephemeral(pod) and pod)
    text = await host.log("p", container="look")
    assert "sleep 1000" in text
    assert text.endswith("seen-here\nseen-here\n")
    assert ephemeral(ended)["terminated"]["exitCode"] == 0
    assert ended["status"]["phase"] == "Running"
    assert ended["metadata"]["generation"] == before["metadata"]["generation"] + 1
    assert ended["status"]["containerStatuses"][0]["restartCount"] == 0


async def test_the_terminal_of_an_ephemeral_container(host: OneHost) -> None:
    """kubectl attaches to it."""
    await host.create(pod_of("p"))
    await host.wait_ready("p")
    shown = await host.api.kubectl(
        "debug", "p", "-i", f"--image={BUSYBOX}", "-c", "look", "--", "sh", "-c", "read x; echo got $x", stdin="fish\n"
    )
    assert "got fish" in shown


async def test_ephemeral_containers_are_only_added(host: OneHost) -> None:
    """Nobody changes or removes one, or brings one along with a new pod."""
    with pytest.raises(ApiError, match="spec.ephemeralContainers: Forbidden: cannot be set on create"):
        await host.create(pod_of("p", ephemeralContainers=[shell("true", "look")]))
    await host.create(pod_of("p"))
    await host.wait_ready("p")
    added = {"spec": {"ephemeralContainers": [{"name": "look", "image": BUSYBOX, "command": ["true"]}]}}
    pod = await host.client.patch(PODS, "p", added, namespace="default", subresource="ephemeralcontainers")
    assert pod["spec"]["ephemeralContainers"][0]["terminationMessagePolicy"] == "File"
    gone = {"spec": {"ephemeralContainers": None}}
    with pytest.raises(ApiError, match='existing ephemeral containers "look" may not be removed'):
        await host.client.patch(PODS, "p", gone, namespace="default", subresource="ephemeralcontainers")
    aimless = {"name": "two", "image": BUSYBOX, "targetContainerName": "x"}
    both = {"spec": {"ephemeralContainers": [*pod["spec"]["ephemeralContainers"], aimless]}}
    with pytest.raises(ApiError, match=r'ephemeralContainers\[1\].targetContainerName: Not found: "x"'):
        await host.client.patch(PODS, "p", both, namespace="default", subresource="ephemeralcontainers")


@pytest.mark.parametrize("profile", ["general", "baseline", "restricted", "netadmin", "sysadmin"])
async def test_a_copy_with_every_profile(host: OneHost, profile: str) -> None:
    """A copy of the pod runs with another image and command, and with a container to look from."""
    await host.create(pod_of("p", shell("exit 1", "c"), restartPolicy="Never"))
    await host.wait_phase("p", "Failed")
    await debug(
        host, "p", "--copy-to=q", "--same-node", f"--set-image=c={BUSYBOX}", f"--profile={profile}", "--share-processes",
        f"--image={BUSYBOX}", "-c", "look", "--", "sh", "-c", "id -u; sleep 2",
    )  # fmt: skip

    def copied(pod: Obj | None) -> Obj | None:
        statuses = {s["name"]: s["state"] for s in ((pod or {}).get("status") or {}).get("containerStatuses") or ()}
        look = statuses.get("look") or {}
        done = "terminated" in look or (profile == "restricted" and "waiting" in look)
        return pod if done and "terminated" in statuses["c"] else None

    copy = await host.wait("q", copied)
    look = next(c for c in copy["spec"]["containers"] if c["name"] == "look")
    assert copy["spec"]["shareProcessNamespace"] is True
    if profile == "sysadmin":
        assert look["securityContext"]["privileged"] is True


async def test_a_pod_that_looks_into_the_host(host: OneHost) -> None:
    """It runs in the host's namespaces, with the host's files at /host."""
    await host.create(pod_of("other"))
    await host.wait_ready("other")  # by then the host is registered
    script = "ls /host/proc/1/status; ls /host/etc/passwd; readlink /proc/self/ns/net"
    shown = await debug(host, f"node/{NODE}", f"--image={BUSYBOX}", "--profile=general", "--", "sh", "-c", script)
    name = shown.split(" pod ")[1].split()[0]
    await host.wait_phase(name, "Succeeded")
    pod = await host.pod(name)
    assert pod is not None
    assert pod["spec"]["hostPID"]
    assert pod["spec"]["hostNetwork"]
    assert "/host/etc/passwd" in await host.log(name)
