"""What policies see of a pod."""

from typing import Any

from bouvier.meta.objects import Obj
from bouvier.network.policies.views import NamedPort, located, view_of


def pod(*, phase: str = "Running", **spec: Any) -> Obj:
    metadata = {"namespace": "default", "name": "p", "uid": "u", "labels": {"a": "b"}}
    return {
        "metadata": metadata,
        "spec": {"nodeName": "here", "containers": []} | spec,
        "status": {"phase": phase, "podIP": "10.42.0.5"},
    }


def test_pods_without_an_address_of_their_own_are_nobodys_peer() -> None:
    """Pods in the host's network and pods that have ended have no address to judge by."""
    assert view_of(pod()).address == "10.42.0.5"
    assert view_of(pod(hostNetwork=True)).address == ""
    assert view_of(pod(phase="Succeeded")).address == ""


def test_ports_with_names_are_kept() -> None:
    """Containers and sidecars name ports; ports without a name are of no use."""
    ports = [{"name": "web", "containerPort": 80}, {"containerPort": 81}]
    sidecar = {"restartPolicy": "Always", "ports": [{"name": "dns", "containerPort": 53, "protocol": "UDP"}]}
    done = {"ports": [{"name": "gone", "containerPort": 1}]}
    view = view_of(pod(containers=[{"ports": ports}], initContainers=[sidecar, done]))
    assert view.ports == (NamedPort("TCP", "web", 80), NamedPort("UDP", "dns", 53))


def test_pods_of_this_host_have_the_address_of_their_lease() -> None:
    """A lease is earlier than the report, and ends when the address is somebody else's."""
    view = view_of(pod())
    assert [v.address for v in located([view], {"u": "10.42.0.9"}, "here")] == ["10.42.0.9"]
    assert located([view], {}, "here") == []
    assert located([view], {}, "elsewhere") == [view]
