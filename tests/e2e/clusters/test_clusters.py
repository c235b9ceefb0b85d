"""Clusters of other orchestrators, on real ones."""

import json
import os
import signal
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.e2e.clusters.conftest import Swarm
from tests.e2e.clusters.walkthrough import Walk, kubectl_words
from tests.e2e.platform.conftest import Platform, until


def walk(platform: Platform, cluster: str, address: str = "127.0.0.1", name: str = "walk") -> Walk:
    server = f"https://127.0.0.1:{platform.port}/clusters/{cluster}"
    return Walk(kubectl_words(str(platform.data / "kubeconfig"), server), address, name)


@pytest.fixture(scope="module")
def on_swarm(platform: Platform, swarm: Swarm) -> Walk:
    platform.run("images", "seed", "--engine", swarm.url)
    platform.run("cluster", "add", "swarm", "s1", "--engine", swarm.url, "--wait")
    return walk(platform, "s1", swarm.address)


@pytest.fixture(scope="module")
def on_kubernetes(platform: Platform, other_platform: Platform) -> Walk:
    file = str(other_platform.data / "kubeconfig")
    platform.run("cluster", "add", "kubernetes", "k1", "--kubeconfig", file, "--wait")
    return walk(platform, "k1")


@pytest.fixture(scope="module")
def walks(platform: Platform, on_swarm: Walk, on_kubernetes: Walk) -> Iterator[dict[str, Future[list[str]]]]:
    """The same walk through three clusters at once."""
    ways = {"local": walk(platform, "local"), "swarm": on_swarm, "kubernetes": on_kubernetes}
    with ThreadPoolExecutor(len(ways)) as pool:
        yield {name: pool.submit(way.run) for name, way in ways.items()}


@pytest.mark.parametrize("name", ["local", "swarm", "kubernetes"])
def test_the_walk_through(walks: dict[str, Future[list[str]]], name: str) -> None:
    """Deploy, expose, scale, upgrade, roll back, logs, exec, drain, delete by plain kubectl, the same everywhere."""
    assert walks[name].result()


def test_native_changes_come_back(platform: Platform, swarm: Swarm, on_swarm: Walk) -> None:
    """What `docker service` scales, updates and rolls back is taken over into the Deployment."""
    one = walk(platform, "s1", swarm.address, "native")
    one.deploy()
    swarm.docker("service", "scale", "-d", "default_native=3")
    until(lambda: one.ready() == 3, "scaled natively")
    swarm.docker("service", "update", "-d", "--no-resolve-image", "--image", "bouvier/sample:2", "default_native")

    def image() -> str:
        return one.get("deployment", "native")["spec"]["template"]["spec"]["containers"][0]["image"]

    until(lambda: image() == "bouvier/sample:2", "updated natively")
    until(lambda: swarm.service("default_native")["UpdateStatus"]["State"] == "completed", "the update's end")
    swarm.docker("service", "rollback", "-d", "default_native")
    until(lambda: image() == "bouvier/sample:1", "rolled back natively")
    assert one.get("deployment", "native")["spec"]["replicas"] == 3
    one.delete()


def test_foreign_services_are_shown_then_adopted(platform: Platform, swarm: Swarm, on_swarm: Walk) -> None:
    """A service made by hand is shown read-only; labelled, it is ours and is scaled from here."""
    swarm.docker("service", "create", "-d", "--no-resolve-image", "--name", "byhand", "bouvier/sample:1")
    one = walk(platform, "s1", swarm.address, "byhand")
    until(lambda: "byhand" in one.kubectl("get", "deployments", "-o", "name"), "the foreign service")
    assert one.get("deployment", "byhand")["metadata"]["annotations"]["bouvier.io/foreign"]
    one.kubectl("scale", "deployment", "byhand", "--replicas=2")
    until(lambda: one.get("deployment", "byhand")["spec"]["replicas"] == 1, "what is foreign stays as it is")
    before = swarm.docker("service", "ps", "-q", "--filter", "desired-state=running", "byhand")
    one.kubectl("label", "deployment", "byhand", "bouvier.io/adopt=true")
    until(lambda: "bouvier.io/foreign" not in one.get("deployment", "byhand")["metadata"]["annotations"], "adoption")
    until(lambda: swarm.service("byhand")["Spec"]["Labels"].get("io.bouvier.name") == "byhand", "its stamps")
    one.kubectl("scale", "deployment", "byhand", "--replicas=2")
    until(lambda: swarm.service("byhand")["Spec"]["Mode"]["Replicated"]["Replicas"] == 2, "scaled from here")
    assert before.strip() in swarm.docker("service", "ps", "-q", "--filter", "desired-state=running", "byhand")
    one.kubectl("delete", "deployment", "byhand")
    until(lambda: "byhand" not in swarm.docker("service", "ls"), "removed with its object")


def test_what_swarm_cannot_do_is_named(platform: Platform, swarm: Swarm, on_swarm: Walk) -> None:
    """Ignored fields stand in the loss report; what would mean something else does not run and says why."""
    probe = {"httpGet": {"path": "/", "port": 8080}}
    container = {"name": "main", "image": "bouvier/sample:1", "readinessProbe": probe}
    body = _deployment("lossy", [container])
    _apply(on_swarm, body)
    report = until(lambda: _annotation(on_swarm, "lossy", "bouvier.io/loss-report"), "the loss report")
    assert "readinessProbe" in report
    _apply(on_swarm, _deployment("pair", [container, {**container, "name": "second"}]))

    assert "several containers" in until(lambda: _failure(on_swarm, "pair"), "the refusal")
    badly = {**container, "image": "Not/A:Name:At all"}
    _apply(on_swarm, _deployment("dotted.name", [container]))
    _apply(on_swarm, _deployment("badly", [badly]))
    on_swarm.kubectl("rollout", "status", "deployment/dotted.name", "--timeout=60s")
    until(lambda: "refuses it" in _failure(on_swarm, "badly"), "the orchestrator's own refusal")
    on_swarm.kubectl("delete", "deployment", "lossy", "pair", "dotted.name", "badly")


def test_pods_jobs_and_stateful_sets_run_on_swarm(platform: Platform, swarm: Swarm, on_swarm: Walk) -> None:
    """What Swarm has no word for is decided here and run there, one service for each pod."""
    quick = {"containers": [{"name": "main", "image": "bouvier/busybox:1", "command": ["sh", "-c", "echo did it"]}]}
    job = {"completions": 2, "parallelism": 1, "template": {"spec": {**quick, "restartPolicy": "Never"}}}
    _apply(on_swarm, {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "twice"}, "spec": job})
    on_swarm.kubectl("run", "lone", "--image=bouvier/sample:1", "--labels=app=lone", "--port=8080")
    kept = {"containers": [{"name": "main", "image": "bouvier/sample:1", "ports": [{"containerPort": 8080}]}]}
    labels = {"app": "kept"}
    ordered = {"serviceName": "kept", "replicas": 2, "selector": {"matchLabels": labels}}
    ordered["template"] = {"metadata": {"labels": labels}, "spec": kept}
    on_swarm.kubectl("create", "service", "clusterip", "kept", "--clusterip=None")
    _apply(on_swarm, {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "kept"}, "spec": ordered})
    on_swarm.kubectl("wait", "--for=condition=Ready", "pod/lone", "--timeout=60s")
    on_swarm.kubectl("rollout", "status", "statefulset/kept", "--timeout=60s")
    on_swarm.kubectl("wait", "--for=condition=Complete", "job/twice", "--timeout=60s")
    assert "did it" in on_swarm.kubectl("logs", "-l", "job-name=twice")
    assert "kept-1" in on_swarm.kubectl("exec", "kept-1", "--", "hostname")
    asked = "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 2 kept-0.kept 8080"
    assert "on kept-0" in on_swarm.kubectl("exec", "lone", "--", "sh", "-c", asked)
    on_swarm.kubectl("delete", "pod", "kept-0")
    on_swarm.kubectl("wait", "--for=condition=Ready", "pod/kept-0", "--timeout=60s")
    on_swarm.kubectl("delete", "statefulset/kept", "service/kept", "job/twice", "pod/lone")
    until(lambda: not on_swarm.get("pods", "-l", "app in (lone,kept)")["items"], "the end of the pods")
    until(lambda: "_pod" not in swarm.docker("service", "ls"), "the end of their services")


def test_a_deployment_goes_pod_by_pod_where_more_is_had(swarm: Swarm, on_swarm: Walk) -> None:
    """Rules that Swarm has no word for are honoured by our scheduler: the Deployment scales, updates and ends as usual."""
    body = _deployment("ruled", [{"name": "main", "image": "bouvier/sample:1"}])
    key = {"key": "kubernetes.io/hostname", "operator": "Exists"}
    rule = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": [key]}]}}
    body["spec"]["template"]["spec"]["affinity"] = {"nodeAffinity": rule}
    _apply(on_swarm, body)
    on_swarm.kubectl("scale", "deployment", "ruled", "--replicas=2")
    on_swarm.kubectl("set", "image", "deployment/ruled", "main=bouvier/sample:2")
    on_swarm.kubectl("rollout", "status", "deployment/ruled", "--timeout=60s")
    assert _annotation(on_swarm, "ruled", "bouvier.io/level") == "pod"
    assert "affinity" not in _annotation(on_swarm, "ruled", "bouvier.io/loss-report")
    services = [name for name in swarm.docker("service", "ls", "--format", "{{.Name}}").split() if "_ruled" in name]
    assert all(name.endswith("_pod") for name in services)
    on_swarm.kubectl("delete", "deployment", "ruled")
    until(lambda: "_ruled" not in swarm.docker("service", "ls"), "the end of its services")


def test_a_removed_namespace_takes_its_services_along(swarm: Swarm, on_swarm: Walk) -> None:
    """What is in a namespace ends with it, and meanwhile others are not kept waiting."""
    on_swarm.kubectl("create", "namespace", "short")
    on_swarm.kubectl("-n", "short", "create", "deployment", "brief", "--image=bouvier/sample:1", "--replicas=2")
    on_swarm.kubectl("-n", "short", "rollout", "status", "deployment/brief", "--timeout=60s")
    on_swarm.kubectl("delete", "namespace", "short", "--timeout=60s")
    until(lambda: "short_brief" not in swarm.docker("service", "ls"), "the end of its services")


def test_a_pod_that_ends_badly_says_so(on_swarm: Walk) -> None:
    """Exit code and phase of a bare pod are those of its container; one with two containers is refused by name."""
    on_swarm.kubectl("run", "bad", "--image=bouvier/busybox:1", "--restart=Never", "--", "sh", "-c", "exit 7")
    until(lambda: on_swarm.get("pod", "bad")["status"]["phase"] == "Failed", "the failure")
    status = on_swarm.get("pod", "bad")["status"]
    assert status["containerStatuses"][0]["state"]["terminated"]["exitCode"] == 7
    two = [{"name": name, "image": "bouvier/sample:1"} for name in ("one", "two")]
    _apply(on_swarm, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pair"}, "spec": {"containers": two}})
    until(lambda: "several containers" in on_swarm.get("pod", "pair")["status"].get("message", ""), "the refusal")
    on_swarm.kubectl("delete", "pod", "bad", "pair")


def test_an_unreachable_cluster_says_so_and_hinders_nobody(platform: Platform, on_swarm: Walk) -> None:
    """A Kubernetes API that is away answers 503 with the way out; the others go on."""
    dead = platform.data.parent / "dead"
    dead.write_text((platform.data / "kubeconfig").read_text().replace(str(platform.port), "1"))
    platform.run("cluster", "add", "kubernetes", "dead", "--kubeconfig", str(dead))
    walk(platform, "dead").kubectl("get", "nodes", code=1)
    on_swarm.kubectl("get", "nodes")
    shown = until(lambda: _state(platform, "dead") == "Unreachable", "its state")
    assert shown
    platform.run("cluster", "rm", "dead", "--wait")


def test_a_frozen_engine_hinders_nobody(platform: Platform, swarm: Swarm, on_swarm: Walk, on_kubernetes: Walk) -> None:
    """An engine that stops answering is reported; meanwhile the other clusters work on, and it comes back by itself."""
    own = walk(platform, "local")
    os.kill(swarm.pid, signal.SIGSTOP)
    try:
        for number, one in enumerate((own, on_kubernetes, own)):
            one.kubectl("create", "configmap", f"meanwhile-{number}", "--from-literal=a=b")
            one.kubectl("delete", "configmap", f"meanwhile-{number}")
        until(lambda: _state(platform, "s1") == "Unreachable", "its state")
        found = platform.data_of("cluster", "inventory")
        assert {c["name"]: c["state"] for c in found["clusters"]}["s1"] == "Unreachable"
    finally:
        os.kill(swarm.pid, signal.SIGCONT)
    until(lambda: _state(platform, "s1") == "Ready", "its return")


def test_what_others_made_is_shown_in_groups(platform: Platform, swarm: Swarm, on_swarm: Walk) -> None:
    """A stack of Swarm's own is shown with its services, networks, configs and secrets, and only shown."""
    label = "com.docker.stack.namespace=legacy"
    swarm.docker("network", "create", "-d", "overlay", "--label", label, "legacy_net")
    for kind in ("config", "secret"):
        swarm.docker(kind, "create", "--label", label, f"legacy_{kind}", __file__)
    options = ("-d", "--no-resolve-image", "--label", label, "--name", "legacy_web")
    swarm.docker("service", "create", *options, "bouvier/sample:1")
    wanted = {
        "name": "legacy",
        "services": ["legacy_web"],
        "networks": ["legacy_net"],
        "configs": ["legacy_config"],
        "secrets": ["legacy_secret"],
    }
    until(lambda: wanted in platform.data_of("cluster", "show", "s1")["groups"], "the stack as a group")
    shown = until(
        lambda: on_swarm.get("deployments", "-l", "app.kubernetes.io/part-of=legacy")["items"], "its service by label"
    )
    assert [one["metadata"]["name"] for one in shown] == ["legacy-web"]
    for words in (
        ("service", "rm", "legacy_web"),
        ("config", "rm", "legacy_config"),
        ("secret", "rm", "legacy_secret"),
    ):
        swarm.docker(*words)
    until(lambda: not _names(swarm, "legacy_web"), "the end of its tasks")
    swarm.docker("network", "rm", "legacy_net")


def _names(swarm: Swarm, service: str) -> str:
    return swarm.docker("ps", "-aq", "--filter", f"name={service}")


def test_one_inventory_of_all_clusters(platform: Platform, on_swarm: Walk, on_kubernetes: Walk) -> None:
    """Capacity, reserved and used of every host; sums are those of the parts, and what is not known is not guessed."""
    container = {
        "name": "main",
        "image": "bouvier/sample:1",
        "resources": {"requests": {"cpu": "100m", "memory": "8Mi"}},
    }
    for one in (on_swarm, walk(platform, "local")):
        _apply(one, _deployment("weighed", [container]))
        one.kubectl("rollout", "status", "deployment/weighed", "--timeout=60s")
    found = platform.data_of("cluster", "inventory")
    parts = {cluster["name"]: cluster for cluster in found["clusters"]}
    assert {"local", "s1", "k1"} <= set(parts)
    assert parts["s1"]["hosts"][0]["reserved"] == {"cpu": 100, "memory": 8 << 20, "pods": 1}
    assert parts["local"]["reserved"]["cpu"] == 100
    assert parts["s1"]["used"] is None  # Swarm does not measure
    assert until(lambda: platform.data_of("cluster", "inventory")["clusters"], "the inventory")
    total = found["total"]
    for amount in ("cpu", "memory", "pods"):
        assert total["capacity"][amount] == sum(cluster["capacity"][amount] for cluster in parts.values())
        assert total["reserved"][amount] == sum(cluster["reserved"][amount] for cluster in parts.values())
    assert "s1" in platform.run("cluster", "inventory")
    for one in (on_swarm, walk(platform, "local")):
        one.kubectl("delete", "deployment", "weighed")


def test_killed_processes_converge_without_touching_tasks(platform: Platform, swarm: Swarm, on_swarm: Walk) -> None:
    """After kill -9 of API server and controllers a change made meanwhile is seen, and no task was restarted."""
    one = walk(platform, "s1", swarm.address, "tough")
    one.deploy()
    before = set(swarm.docker("service", "ps", "-q", "default_tough").split())
    for name in ("controllers", "apiserver"):
        os.kill(platform.pids()[name], signal.SIGKILL)
    swarm.docker("service", "scale", "-d", "default_tough=3")
    until(lambda: platform.data_of("status", code=None).get("ready"), "the platform")
    until(lambda: _ready_or_zero(one) == 3, "the native scale")
    assert before <= set(swarm.docker("service", "ps", "-q", "default_tough").split())
    one.delete()


def _ready_or_zero(one: Walk) -> int:
    """Return the ready replicas, 0 while the API is just coming back."""
    answer = one.kubectl("get", "deployment", "tough", "-o", "jsonpath={.status.readyReplicas}", code=None)
    return int(answer or 0)


def test_the_inventory_counts_every_cluster(platform: Platform, on_swarm: Walk) -> None:
    """`cluster ls` sums hosts and capacity over all clusters."""
    listed = platform.data_of("cluster", "ls")
    assert {"local", "s1"} <= {cluster["name"] for cluster in listed["clusters"]}
    assert listed["total"]["hosts"] == sum(len(cluster["hosts"]) for cluster in listed["clusters"])


def test_a_removed_cluster_leaves_the_swarm_running(platform: Platform, swarm: Swarm, on_swarm: Walk) -> None:
    """Removing a cluster detaches it: its services go on, and are foreign to the next one."""
    one = walk(platform, "s1", swarm.address, "stays")
    one.deploy()
    platform.run("cluster", "rm", "s1", "--wait")
    assert "default_stays" in swarm.docker("service", "ls")
    platform.run("cluster", "add", "swarm", "s1", "--engine", swarm.url, "--wait")
    until(lambda: "default-stays" in one.kubectl("get", "deployments", "-o", "name"), "shown as foreign")
    swarm.docker("service", "rm", "default_stays")


def _deployment(name: str, containers: list[dict]) -> dict:
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": containers}}
    spec = {"selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


def _apply(one: Walk, body: dict) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(body, file)
        file.flush()
        one.kubectl("apply", "-f", file.name)


def _annotation(one: Walk, name: str, key: str) -> str:
    return one.get("deployment", name)["metadata"].get("annotations", {}).get(key, "")


def _failure(one: Walk, name: str) -> str:
    conditions = one.get("deployment", name).get("status", {}).get("conditions", [])
    return next((c["message"] for c in conditions if c["type"] == "ReplicaFailure"), "")


def _state(platform: Platform, name: str) -> str:
    return next(c["state"] for c in platform.data_of("cluster", "ls")["clusters"] if c["name"] == name)
