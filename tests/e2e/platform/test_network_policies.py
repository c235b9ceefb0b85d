"""Network policies as kubectl applies them, between containers of one host."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from tests.e2e.platform.conftest import Platform, until
from tests.e2e.platform.test_serving import kubectl

WEB = {"matchLabels": {"app": "web"}}


def pod(name: str, namespace: str, **labels: str) -> dict[str, Any]:
    ports = [{"name": "http", "containerPort": 8080}]
    serve = "mkdir /w; echo here > /w/index.html; httpd -p 8081 -h /w; exec httpd -f -p 8080 -h /w"
    container = {"name": "c", "image": "bouvier/busybox:1", "command": ["sh", "-c", serve], "ports": ports}
    container["readinessProbe"] = {"httpGet": {"port": "http", "path": "/"}, "periodSeconds": 1}
    spec = {"containers": [container], "terminationGracePeriodSeconds": 0}
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


class Ground:
    """Three pods in two namespaces: `web` is judged, `friend` and `stranger` ask."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        for name in ("red", "blue"):
            kubectl(platform, "create", "namespace", name)
        self.apply(pod("web", "red", app="web"), pod("stranger", "red"), pod("friend", "blue", app="friend"))
        kubectl(platform, "expose", "pod", "web", "-n", "red", "--port=80", "--target-port=8080")
        for place in (("web", "red"), ("stranger", "red"), ("friend", "blue")):
            until(partial(self.is_ready, *place))
        self.address = self.address_of("web", "red")

    def apply(self, *objects: dict[str, Any]) -> str:
        path = self.platform.data.parent / "objects.json"
        path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
        return kubectl(self.platform, "apply", "-f", str(path))

    def policy(self, name: str, namespace: str = "red", **spec: Any) -> str:
        spec = {"podSelector": WEB} | spec
        metadata = {"name": name, "namespace": namespace}
        obj = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}
        return self.apply(obj)

    def address_of(self, name: str, namespace: str) -> str:
        return kubectl(self.platform, "get", "pod", name, "-n", namespace, "-o", "jsonpath={.status.podIP}")

    def reaches(self, who: str, host: str, port: int = 8080) -> bool:
        name, _, namespace = who.partition(".")
        ask = ("timeout", "2", "wget", "-qO-", f"http://{host}:{port}/")
        return "here" in kubectl(self.platform, "exec", "-n", namespace, name, "--", *ask, check=False)

    def is_ready(self, name: str, namespace: str) -> bool:
        """Tell whether a pod serves."""
        path = '{.status.conditions[?(@.type=="Ready")].status}'
        return (
            kubectl(self.platform, "get", "pod", name, "-n", namespace, "-o", f"jsonpath={path}", check=False) == "True"
        )

    def reaches_web(self, who: str, port: int = 8080) -> bool:
        return self.reaches(who, self.address, port)


@pytest.fixture(scope="module")
def ground(platform: Platform) -> Iterator[Ground]:
    """Pods that reach each other."""
    made = Ground(platform)
    until(lambda: made.reaches_web("stranger.red") and made.reaches_web("friend.blue"))
    yield made
    kubectl(platform, "delete", "namespace", "red", "blue", "--wait=false")


def test_policies_are_enforced(ground: Ground) -> None:
    """Deny all, allow another namespace's pods by label on one port, and all is open again when the policies go."""
    assert ground.policy("deny", policyTypes=["Ingress"]).strip() == "networkpolicy.networking.k8s.io/deny created"
    until(lambda: not ground.reaches_web("stranger.red"))
    assert not ground.reaches_web("friend.blue")
    assert not ground.reaches("stranger.red", "web", 80), "a Service is no way around"
    assert ground.reaches("web.red", ground.address_of("stranger", "red")), "it may send"

    ground.apply(pod("late", "red", app="web"))
    until(lambda: ground.is_ready("late", "red"))
    assert not ground.reaches("stranger.red", ground.address_of("late", "red")), "a new pod is closed at once"
    kubectl(ground.platform, "delete", "pod", "late", "-n", "red", "--wait=false")

    blue = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "blue"}}}
    peer = blue | {"podSelector": {"matchLabels": {"app": "friend"}}}
    ground.policy("allow", ingress=[{"from": [peer], "ports": [{"port": "http"}]}])
    until(lambda: ground.reaches_web("friend.blue"))
    assert ground.reaches("friend.blue", "web.red", 80)
    assert not ground.reaches_web("friend.blue", 8081)
    assert not ground.reaches_web("stranger.red")
    ready = "jsonpath={.status.conditions[?(@.type=='Ready')].status}"
    assert kubectl(ground.platform, "get", "pod", "web", "-n", "red", "-o", ready) == "True", "probes pass"

    kubectl(ground.platform, "label", "pod", "stranger", "-n", "red", "app=friend")
    kubectl(ground.platform, "label", "pod", "friend", "-n", "blue", "app-")
    until(lambda: not ground.reaches_web("friend.blue"))
    assert not ground.reaches_web("stranger.red"), "its namespace is another one"

    kubectl(ground.platform, "delete", "networkpolicy", "-n", "red", "--all")
    until(lambda: ground.reaches_web("stranger.red"))
    assert ground.reaches_web("friend.blue", 8081)


def test_egress_and_blocks(ground: Ground) -> None:
    """A pod that may send to one address only reaches neither another pod nor the name server."""
    friend = ground.address_of("friend", "blue")
    stranger = ground.address_of("stranger", "red")
    block = {"cidr": "10.0.0.0/8", "except": [f"{stranger}/32"]}
    ground.policy("out", policyTypes=["Egress"], egress=[{"to": [{"ipBlock": block}], "ports": [{"port": 8080}]}])
    until(lambda: not ground.reaches("web.red", stranger))
    assert ground.reaches("web.red", friend)
    assert not ground.reaches("web.red", friend, 8081)
    assert not ground.reaches("web.red", "web.red", 80), "names are asked on port 53, which is not allowed"
    assert ground.reaches_web("stranger.red"), "it may receive"

    names = {"namespaceSelector": {}, "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}}
    ground.policy("names", policyTypes=["Egress"], egress=[{"to": [names], "ports": [{"port": 53, "protocol": "UDP"}]}])
    until(lambda: ground.reaches("web.red", "web.red", 80))
    kubectl(ground.platform, "delete", "networkpolicy", "-n", "red", "--all")
    until(lambda: ground.reaches("web.red", stranger))
