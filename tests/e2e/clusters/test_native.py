"""Native clusters beside `local`: hosts of their own, joined by the command, and nothing shared but the server."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.e2e.clusters.walkthrough import Walk, kubectl_words
from tests.e2e.hosts.ground import Ground
from tests.e2e.platform.conftest import free_port, until

PLACES = {"lab": "host2", "farm": "host3"}
"""The host of each cluster; host1 is the server with `local`."""


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    """A server and two more hosts, each of a cluster of its own."""
    if os.geteuid() != 0 or shutil.which("dockerd") is None:
        pytest.skip("needs root and a Docker Engine")
    with tempfile.TemporaryDirectory(prefix="bvc") as folder:
        made = Ground(Path(folder), "vxlan", free_port())
        try:
            options = ("--overlay", "vxlan", "--port", str(made.port), "--detach")
            made.bouvier("playground", "--hosts", "2", "--cluster", "lab", *options)
            made.bouvier("playground", "--hosts", "3", "--cluster", "farm", "--detach")
            yield made
        finally:
            made.bouvier("playground", "--down", code=None)


def on(ground: Ground, cluster: str, name: str = "walk") -> Walk:
    server = f"https://{ground.address('host1')}:{ground.port}/clusters/{cluster}"
    return Walk(kubectl_words(str(ground.folder / "kubeconfig"), server), ground.address(PLACES[cluster]), name)


def test_the_walk_through_on_two_clusters_at_once(ground: Ground) -> None:
    """Deploy, expose, scale, upgrade, roll back, logs, exec, drain, delete under the same name in both."""
    with ThreadPoolExecutor(2) as pool:
        walks = [pool.submit(on(ground, cluster).run) for cluster in PLACES]
    assert all(walk.result() for walk in walks)


def test_each_cluster_has_its_own_host(ground: Ground) -> None:
    """A joined host is a Node of its cluster alone; the inventory knows all three."""
    for cluster, host in PLACES.items():
        names = {node["metadata"]["name"] for node in on(ground, cluster).get("nodes")["items"]}
        assert names == {host}
    listed = until(lambda: _inventory(ground), "three ready hosts")
    assert {c["name"]: [h["name"] for h in c["hosts"]] for c in listed["clusters"]} == {
        "local": ["host1"],
        "lab": ["host2"],
        "farm": ["host3"],
    }


def _inventory(ground: Ground) -> dict:
    listed = json.loads(ground.bouvier("cluster", "ls", "-o", "json"))
    return listed if listed["total"]["readyHosts"] == 3 else {}


def test_workloads_of_the_same_name_do_not_meet(ground: Ground) -> None:
    """One name, two clusters: each finds its own pods by its own DNS, ranges do not overlap, and no way leads across."""
    walks = {cluster: on(ground, cluster, "same") for cluster in PLACES}
    for walk in walks.values():
        walk.deploy()
        walk.expose()
    pods = {cluster: walk.pods() for cluster, walk in walks.items()}
    for cluster, walk in walks.items():
        own = {pod["metadata"]["name"] for pod in pods[cluster]}
        asking = pods[cluster][0]["metadata"]["name"]
        answer = until(lambda w=walk, pod=asking: _fetch(w, pod, "same"), "an answer by the service's name")
        assert any(name in answer for name in own)
        other = next(pods[c] for c in PLACES if c != cluster)[0]
        assert "sample" not in _fetch(walk, asking, other["status"]["podIP"])
    assert not ground.kubectl("get", "deployments", "-A", "-o", "name")
    for walk in walks.values():
        walk.delete()


def _fetch(walk: Walk, pod: str, host: str) -> str:
    asked = f"printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 2 {host} 8080"
    return walk.kubectl("exec", pod, "--", "sh", "-c", asked, code=None)


def test_a_host_is_nobody_in_other_clusters(ground: Ground) -> None:
    """A host's certificate opens its own cluster only; a wrong or used token says so."""
    for cluster in ("lab", "farm", "local"):
        folder = ground.folder / "hosts" / "2" / "pki"
        proof = ("--cacert", f"{folder}/ca.crt", "--cert", f"{folder}/node.crt", "--key", f"{folder}/node.key")
        url = f"https://{ground.address('host1')}:{ground.port}/clusters/{cluster}/api/v1/nodes"
        answer = json.loads(ground.curl(url, *proof))
        if cluster == "lab":
            assert [node["metadata"]["name"] for node in answer["items"]] == ["host2"]
        else:
            assert answer["reason"] == "Forbidden"


def test_a_pods_account_reaches_its_own_api(ground: Ground) -> None:
    """What a pod calls at the address of `kubernetes` is the API of its own cluster, under a certificate for it."""
    walk = on(ground, "lab")
    token = walk.kubectl("create", "token", "default").strip()
    address = walk.get("service", "kubernetes", "-n", "default")["spec"]["clusterIP"]
    asked = ["--cacert", f"{ground.folder}/hosts/2/pki/ca.crt", "-H", f"Authorization: Bearer {token}"]
    inside = ["nsenter", f"--net=/run/netns/{ground.namespace('host2')}", "curl", "-s", "-m", "5", *asked]
    answer = ground._run([*inside, f"https://{address}/api/v1/namespaces"], 0)
    assert "system:serviceaccount:default:default" in answer  # its own cluster knows it, and refuses it by its roles
    elsewhere = ground._run([*inside, f"https://{address}/clusters/farm/api/v1/namespaces"], 0)
    assert json.loads(elsewhere)["reason"] == "Unauthorized"
