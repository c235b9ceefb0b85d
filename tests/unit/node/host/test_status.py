"""The Node object."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bouvier.engine.states import EngineInfo, ImageInfo
from bouvier.meta.objects import Obj, condition_of
from bouvier.node.host.facts import MachineIds
from bouvier.node.host.status import HostView, is_news, node_object, node_status
from bouvier.node.settings import NodeSettings

INFO = EngineInfo("docker", "20.10", "linux", "Debian", "amd64", "6.1", 2, 4 * 2**30, "cgroupfs", 1)
VIEW = HostView(INFO, MachineIds("m", "s", "b"), 100 * 2**30, (ImageInfo("sha256:1", ("a:1",), (), 5),))
SETTINGS = NodeSettings("n1", Path("/data"), "abc", (("InternalIP", "192.0.2.1"),), reserved_cpu_millicores=500)


def ready(status: Obj) -> Obj:
    found = condition_of({"metadata": {}, "status": status}, "Ready")
    assert found is not None
    return found


def test_what_a_host_has() -> None:
    """Capacity is the machine's, allocatable what its own needs leave."""
    status = node_status(SETTINGS, VIEW, {}, "now")
    assert status["capacity"] == {"cpu": "2", "memory": "4194304Ki", "ephemeral-storage": "104857600Ki", "pods": "110"}
    assert status["allocatable"]["cpu"] == "1500m"
    assert status["allocatable"]["memory"] == "4091904Ki"
    assert status["nodeInfo"]["containerRuntimeVersion"] == "docker://20.10"
    assert status["images"] == [{"names": ["a:1"], "sizeBytes": 5}]
    assert node_object(SETTINGS, VIEW)["metadata"]["labels"]["kubernetes.io/hostname"] == "n1"


def test_a_problem_makes_the_host_unready() -> None:
    """The reason is told; the transition time changes with the status only."""
    good = node_status(SETTINGS, VIEW, {}, "then")
    bad = node_status(SETTINGS, replace(VIEW, problem="engine down"), {"metadata": {}, "status": good}, "now")
    assert (ready(bad)["status"], ready(bad)["message"], ready(bad)["lastTransitionTime"]) == (
        "False",
        "engine down",
        "now",
    )
    again = node_status(SETTINGS, VIEW, {"metadata": {}, "status": good}, "now")
    assert ready(again)["lastTransitionTime"] == "then"


def test_time_alone_is_no_news() -> None:
    """A heartbeat is written only when something else changed."""
    first = node_status(SETTINGS, VIEW, {}, "then")
    later = node_status(SETTINGS, VIEW, {"metadata": {}, "status": first}, "now")
    assert not is_news(first, later)
    assert is_news(first, node_status(SETTINGS, replace(VIEW, images=()), {"metadata": {}, "status": first}, "now"))


def test_what_others_said_that_a_host_has() -> None:
    """An extended resource in the capacity is for pods, until it is taken back; conditions of others are no news."""
    status = node_status(SETTINGS, VIEW, {}, "then")
    status["capacity"]["example.com/dongle"] = "4"
    status["conditions"].append({"type": "Broken", "status": "True"})
    added = node_status(SETTINGS, VIEW, {"status": status}, "now")
    assert added["allocatable"]["example.com/dongle"] == "4"
    assert is_news(status, added)
    status["allocatable"] = added["allocatable"]
    assert not is_news(status, node_status(SETTINGS, VIEW, {"status": status}, "now"))
    del status["capacity"]["example.com/dongle"]
    removed = node_status(SETTINGS, VIEW, {"status": status}, "now")
    assert removed["allocatable"]["example.com/dongle"] is None
    assert is_news(status, removed)


def test_a_host_that_was_called_unknown_is_news() -> None:
    """What the controller wrote about a silent host is corrected as soon as the host speaks again."""
    status = node_status(SETTINGS, VIEW, {}, "then")
    ready(status)["status"] = "Unknown"
    again = node_status(SETTINGS, VIEW, {"status": status}, "now")
    assert is_news(status, again)
    assert ready(again)["lastTransitionTime"] == "now"
