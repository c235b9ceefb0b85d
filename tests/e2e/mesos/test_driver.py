"""Clusters on Mesos, driven by plain kubectl: through Marathon, and by the platform's own framework."""

import json
import os
import signal
import subprocess
import tempfile
import threading
from typing import Any

import pytest
import requests

from tests.e2e.clusters.walkthrough import Walk, kubectl_words
from tests.e2e.platform.conftest import Platform, until
from tests.support.mesos import Mesos


def walk(platform: Platform, cluster: str, mesos: Mesos, name: str = "walk") -> Walk:
    server = f"https://127.0.0.1:{platform.port}/clusters/{cluster}"
    return Walk(kubectl_words(str(platform.data / "kubeconfig"), server), mesos.address, name)


@pytest.fixture(scope="module")
def on_marathon(platform: Platform, mesos: Mesos) -> Walk:
    options = ("--master", f"{mesos.standby}", "--marathon", mesos.marathon)
    platform.run("cluster", "add", "mesos", "m1", *options, "--wait")
    return walk(platform, "m1", mesos)


@pytest.fixture(scope="module")
def on_framework(platform: Platform, mesos: Mesos) -> Walk:
    platform.run("cluster", "add", "mesos", "m2", "--master", mesos.master, "--wait")
    return walk(platform, "m2", mesos)


def test_the_walk_through_on_marathon(on_marathon: Walk) -> None:
    """Deploy, expose, scale, upgrade, roll back, logs, exec, drain, delete; the master was named by a standby."""
    on_marathon.run()


def test_the_walk_through_on_our_own_framework(on_framework: Walk) -> None:
    """The same where only a master is given."""
    on_framework.run()


def test_native_changes_come_back(mesos: Mesos, platform: Platform, on_marathon: Walk) -> None:
    """What Marathon's own clients scale, update and roll back is taken over into the Deployment."""
    one = walk(platform, "m1", mesos, "native")
    one.deploy()
    before = app(mesos, "/default/native")["version"]
    marathon(mesos, "PUT", "/v2/apps/default/native", {"instances": 3})
    until(lambda: one.ready() == 3, "scaled natively")
    container = app(mesos, "/default/native")["container"]
    changed = {"container": {**container, "docker": {**container["docker"], "image": "bouvier/sample:2"}}}
    marathon(mesos, "PUT", "/v2/apps/default/native?force=true", changed)
    until(lambda: image(one) == "bouvier/sample:2", "updated natively")
    marathon(mesos, "PUT", "/v2/apps/default/native?force=true", {"version": before})
    until(lambda: image(one) == "bouvier/sample:1", "rolled back natively")
    until(lambda: one.get("deployment", "native")["spec"]["replicas"] == 2, "its size too")
    one.delete()
    until(lambda: "/default/native" not in apps(mesos), "the end of the app")


def test_foreign_apps_are_shown_then_adopted(mesos: Mesos, platform: Platform, on_marathon: Walk) -> None:
    """An app made by hand is shown read-only; labelled, it is ours without a restart, and scaled from here."""
    body = {"id": "/team/byhand", "cmd": "sleep 1000", "cpus": 0.1, "mem": 32, "instances": 1}
    marathon(mesos, "POST", "/v2/apps", body)
    one = walk(platform, "m1", mesos, "team-byhand")
    until(lambda: "team-byhand" in one.kubectl("get", "deployments", "-o", "name"), "the foreign app")
    assert one.get("deployment", "team-byhand")["metadata"]["annotations"]["bouvier.io/foreign"] == "/team/byhand"
    until(lambda: one.ready() == 1, "its task")
    one.kubectl("scale", "deployment", "team-byhand", "--replicas=2")
    until(lambda: one.get("deployment", "team-byhand")["spec"]["replicas"] == 1, "what is foreign stays as it is")
    before = tasks(mesos, "/team/byhand")
    one.kubectl("label", "deployment", "team-byhand", "bouvier.io/adopt=true")
    until(lambda: "bouvier.io/adopted" in one.get("deployment", "team-byhand")["metadata"]["annotations"], "adoption")
    one.kubectl("scale", "deployment", "team-byhand", "--replicas=2")
    until(lambda: app(mesos, "/team/byhand")["instances"] == 2, "scaled from here")
    assert before <= tasks(mesos, "/team/byhand")
    one.kubectl("delete", "deployment", "team-byhand")
    until(lambda: "/team/byhand" not in apps(mesos), "removed with its object")


def test_tasks_of_other_frameworks_are_shown(mesos: Mesos, platform: Platform, on_framework: Walk) -> None:
    """What Marathon runs is seen beside our own framework's tasks, and cannot be taken over."""
    marathon(mesos, "POST", "/v2/apps", {"id": "/other", "cmd": "sleep 1000", "cpus": 0.1, "mem": 32})
    one = walk(platform, "m2", mesos, "marathon-other")
    until(lambda: "marathon-other" in one.kubectl("get", "deployments", "-o", "name"), "the foreign task")
    marks = one.get("deployment", "marathon-other")["metadata"]["annotations"]
    assert "marathon" in marks["bouvier.io/not-adoptable"]
    one.kubectl("label", "deployment", "marathon-other", "bouvier.io/adopt=true")
    until(lambda: one.ready() == 1, "its pod")
    assert "bouvier.io/foreign" in one.get("deployment", "marathon-other")["metadata"]["annotations"]
    marathon(mesos, "DELETE", "/v2/apps/other")
    until(lambda: "marathon-other" not in one.kubectl("get", "deployments", "-o", "name"), "its end")


def test_what_cannot_be_expressed_is_named(on_marathon: Walk) -> None:
    """Ignored fields stand in the loss report; what would mean something else does not run and says why."""
    spread = [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway",
               "labelSelector": {"matchLabels": {"app": "lossy"}}}]  # fmt: skip
    apply(on_marathon, deployment("lossy", [container()], topologySpreadConstraints=spread))
    report = until(lambda: annotation(on_marathon, "lossy", "bouvier.io/loss-report"), "the loss report")
    assert "topologySpreadConstraints" in report
    apply(on_marathon, deployment("pair", [container(), container(name="second")]))
    assert "several containers" in until(lambda: failure(on_marathon, "pair"), "the refusal")
    on_marathon.kubectl("create", "configmap", "filed", "--from-literal=a=b")
    mount = [{"name": "v", "mountPath": "/etc/v"}]
    volumes = [{"name": "v", "configMap": {"name": "filed"}}]
    apply(on_marathon, deployment("filed", [container(volumeMounts=mount)], volumes=volumes))
    assert "without --marathon" in until(lambda: failure(on_marathon, "filed"), "the refusal")
    on_marathon.kubectl("delete", "deployment", "lossy", "pair", "filed")


def test_files_probes_and_environment_on_our_own_framework(on_framework: Walk) -> None:
    """ConfigMaps and Secrets are files and variables; a task is ready when its readiness probe passes."""
    on_framework.kubectl("create", "configmap", "settings", "--from-literal=colour=blue")
    on_framework.kubectl("create", "secret", "generic", "hidden", "--from-literal=word=sesame")
    volumes = [{"name": "v", "configMap": {"name": "settings"}}, {"name": "s", "secret": {"secretName": "hidden"}}]
    mounts = [{"name": "v", "mountPath": "/etc/v"}, {"name": "s", "mountPath": "/etc/s"}]
    env = [{"name": "WORD", "valueFrom": {"secretKeyRef": {"name": "hidden", "key": "word"}}}]
    probe = {"exec": {"command": ["test", "-f", "/tmp/open"]}, "periodSeconds": 1}
    body = container(volumeMounts=mounts, env=env, readinessProbe=probe)
    apply(on_framework, deployment("probed", [body], volumes=volumes))
    one = Walk(on_framework._base, name="probed")
    pod = until(lambda: [p for p in one.pods() if p["status"]["phase"] == "Running"], "the running pod")[0]
    name = pod["metadata"]["name"]
    assert one.kubectl("exec", name, "--", "cat", "/etc/v/colour", "/etc/s/word") == "bluesesame"
    assert one.kubectl("exec", name, "--", "sh", "-c", "echo $WORD").strip() == "sesame"
    assert one.ready() == 0
    one.kubectl("exec", name, "--", "touch", "/tmp/open")
    until(lambda: one.ready() == 1, "readiness")
    one.kubectl("delete", "deployment", "probed")


def test_a_task_that_cannot_start_says_why(on_marathon: Walk, on_framework: Walk) -> None:
    """A request that no agent can meet leaves a pending pod with the reason, on both ways."""
    for cluster in (on_marathon, on_framework):
        big = container(resources={"requests": {"cpu": "64"}})
        apply(cluster, deployment("big", [big]))
        one = Walk(cluster._base, name="big")
        message = until(lambda one=one: scheduled(one), "the reason")
        assert "no offer fits" in message
        one.kubectl("delete", "deployment", "big")


def test_output_is_read_by_lines_and_followed(on_framework: Walk) -> None:
    """The end of a log by lines; times are refused, because Mesos keeps none."""
    script = "for i in 1 2 3 4 5; do echo line $i; done; echo wrong >&2; sleep 1000"
    apply(on_framework, deployment("talks", [container(command=["sh", "-c", script])]))
    one = Walk(on_framework._base, name="talks")
    until(lambda: one.ready() == 1, "the pod")
    until(lambda: one.kubectl("logs", "deployment/talks", "--tail=2").startswith("line 4\nline 5\n"), "the end")
    assert "wrong" in one.kubectl("logs", "deployment/talks")
    assert one.kubectl("logs", "deployment/talks", "--timestamps", code=1) == ""
    one.kubectl("delete", "deployment", "talks")


def test_output_is_followed(on_marathon: Walk) -> None:
    """`logs -f` shows what is written while it looks."""
    apply(on_marathon, deployment("tells", [container()]))
    one = Walk(on_marathon._base, name="tells")
    until(lambda: one.ready() == 1, "the pod")
    with subprocess.Popen([*one._base[:-1], "logs", "-f", "deployment/tells"], stdout=subprocess.PIPE) as follower:
        one.kubectl("exec", "deployment/tells", "--", "sh", "-c", "echo as it comes >/proc/1/fd/1")
        assert follower.stdout is not None
        timer = threading.Timer(60, follower.kill)
        timer.start()
        assert b"as it comes\n" in iter(follower.stdout.readline, b"")
        timer.cancel()
        follower.kill()
    one.kubectl("delete", "deployment", "tells")


def test_exec_passes_input_on(on_framework: Walk) -> None:
    """What is typed reaches the command, and the end of the input too."""
    apply(on_framework, deployment("reads", [container()]))
    one = Walk(on_framework._base, name="reads")
    until(lambda: one.ready() == 1, "the pod")
    words = [*one._base, "exec", "-i", "deployment/reads", "--", "tr", "a-z", "A-Z"]
    done = subprocess.run(words, input="shout\n", capture_output=True, text=True, timeout=60)
    assert done.stdout == "SHOUT\n", done.stderr
    one.kubectl("delete", "deployment", "reads")


def test_daemon_sets_run_on_every_agent(on_marathon: Walk, on_framework: Walk) -> None:
    """One task on each agent, both ways; a change replaces them all."""
    for cluster in (on_marathon, on_framework):
        body = deployment("every", [container()]) | {"kind": "DaemonSet"}
        apply(cluster, body)
        one = Walk(cluster._base, name="every")

        def ready(image: str, one: Walk = one) -> bool:
            pods = [p for p in one.pods() if p["status"].get("containerStatuses", [{}])[0].get("ready")]
            images = {p["status"]["containerStatuses"][0]["image"] for p in pods}
            return {p["spec"]["nodeName"] for p in pods} == {"one", "two"} and images == {image}

        until(lambda ready=ready: ready("bouvier/sample:1"), "one on each")
        one.kubectl("set", "image", "daemonset/every", "main=bouvier/sample:2")
        until(lambda ready=ready: ready("bouvier/sample:2"), "the next version on each")
        one.kubectl("delete", "daemonset", "every")
        until(lambda one=one: not one.pods(), "their end")


def test_pods_jobs_and_stateful_sets_run_on_our_own_framework(on_framework: Walk) -> None:
    """Bare pods end as they end, a Job completes, a StatefulSet has its ordinals; deleted pods are gone."""
    kubectl = on_framework.kubectl
    kubectl("run", "ends", "--image=bouvier/busybox:1", "--restart=Never", "--", "sh", "-c", "echo said; exit 3")
    until(lambda: on_framework.get("pod", "ends")["status"].get("phase") == "Failed", "its end")
    state = on_framework.get("pod", "ends")["status"]["containerStatuses"][0]["state"]
    assert state["terminated"]["exitCode"] == 3
    kubectl("create", "job", "once", "--image=bouvier/busybox:1", "--", "sh", "-c", "echo done")
    kubectl("wait", "--for=condition=complete", "job/once", "--timeout=60s")
    body = deployment("db", [container()]) | {"kind": "StatefulSet"}
    body["spec"] |= {"serviceName": "db", "replicas": 2}
    apply(on_framework, body)
    until(lambda: on_framework.get("statefulset", "db").get("status", {}).get("readyReplicas") == 2, "both ordinals")
    before = on_framework.get("pod", "db-1")["metadata"]["uid"]
    kubectl("delete", "pod", "db-1")
    until(lambda: on_framework.get("statefulset", "db")["status"].get("readyReplicas") == 2, "both again")
    assert on_framework.get("pod", "db-1")["metadata"]["uid"] != before
    kubectl("delete", "statefulset,job,pod", "db", "once", "ends", "--ignore-not-found")
    until(lambda: not on_framework.get("pods", "-l", "app=db")["items"], "their end")


def test_a_deployment_goes_pod_by_pod_where_more_is_had(on_framework: Walk) -> None:
    """What Mesos has no word for is had by our own scheduler: then each pod is a task of its own."""
    spread = [{"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "DoNotSchedule",
               "labelSelector": {"matchLabels": {"app": "even"}}}]  # fmt: skip
    body = deployment("even", [container()], topologySpreadConstraints=spread)
    body["spec"]["replicas"] = 2
    apply(on_framework, body)
    one = Walk(on_framework._base, name="even")
    until(lambda: one.ready() == 2, "both replicas")
    assert {pod["spec"]["nodeName"] for pod in one.pods()} == {"one", "two"}
    assert "topologySpreadConstraints" not in annotation(one, "even", "bouvier.io/loss-report")
    one.kubectl("delete", "deployment", "even")


def test_what_marathon_would_start_for_ever_is_refused(on_marathon: Walk) -> None:
    """Jobs and StatefulSets are refused by name where Marathon executes."""
    on_marathon.kubectl("create", "job", "once", "--image=bouvier/busybox:1", code=1)


def test_killed_processes_converge_without_touching_tasks(
    platform: Platform, mesos: Mesos, on_marathon: Walk, on_framework: Walk
) -> None:
    """After kill -9 of API server and controllers the framework is taken up again, and no task was restarted."""
    both = [walk(platform, cluster, mesos, "tough") for cluster in ("m1", "m2")]
    for one in both:
        one.deploy()
    before = containers(mesos, "tough")
    assert len(before) == 4
    for name in ("controllers", "apiserver"):
        os.kill(platform.pids()[name], signal.SIGKILL)
    marathon(mesos, "PUT", "/v2/apps/default/tough", {"instances": 3})
    until(lambda: platform.data_of("status", code=None).get("ready"), "the platform")
    until(lambda: ready_or_zero(both[0]) == 3, "the native scale")
    until(lambda: ready_or_zero(both[1]) == 2, "the own framework")
    both[1].kubectl("scale", "deployment", "tough", "--replicas=3")
    until(lambda: both[1].ready() == 3, "a scale by the framework taken up again")
    assert before <= containers(mesos, "tough")
    for one in both:
        one.delete()


def test_an_unreachable_master_says_so_and_hinders_nobody(platform: Platform, mesos: Mesos, on_marathon: Walk) -> None:
    """A master that is away is named with its address; the others go on."""
    platform.run("cluster", "add", "mesos", "dead", "--master", "http://127.0.0.1:1")
    shown = until(lambda: state(platform, "dead") == "Unreachable" and described(platform, "dead"), "its state")
    assert "http://127.0.0.1:1" in shown
    on_marathon.kubectl("get", "nodes")
    platform.run("cluster", "rm", "dead", "--wait")


def test_a_master_that_comes_back_empty_gets_everything_again(
    platform: Platform, mesos: Mesos, on_marathon: Walk, on_framework: Walk
) -> None:
    """While it is away the clusters say so; when it is back without its tasks, they are started anew."""
    both = [walk(platform, cluster, mesos, "phoenix") for cluster in ("m1", "m2")]
    for one in both:
        one.deploy()
    mesos.stop_simulator()
    for name in ("m1", "m2"):
        until(lambda name=name: state(platform, name) == "Unreachable", "its state")
    mesos.start_simulator()
    for name in ("m1", "m2"):
        until(lambda name=name: state(platform, name) == "Ready", "its state")
    until(lambda: "/default/phoenix" in apps(mesos), "the app")
    until(lambda: len(containers(mesos, "phoenix")) == 4, "the tasks")
    for one in both:
        until(lambda one=one: one.ready() == 2, "two replicas again")
        one.delete()


def test_the_inventory_counts_agents(platform: Platform, on_marathon: Walk) -> None:
    """Agents are nodes with their attributes as labels, and hosts in the inventory."""
    listed = platform.data_of("cluster", "ls")["clusters"]
    assert next(len(c["hosts"]) for c in listed if c["name"] == "m1") == 2
    assert on_marathon.get("node", "two")["metadata"]["labels"]["rack"] == "b"


def test_a_removed_cluster_leaves_apps_running(platform: Platform, mesos: Mesos, on_marathon: Walk) -> None:
    """Removing a cluster detaches it: its apps go on."""
    one = walk(platform, "m1", mesos, "stays")
    one.deploy()
    platform.run("cluster", "rm", "m1", "--wait")
    assert app(mesos, "/default/stays")["tasksRunning"] == 2
    marathon(mesos, "DELETE", "/v2/apps/default/stays")


def marathon(mesos: Mesos, method: str, path: str, body: object = None) -> Any:
    answer = requests.request(method, mesos.marathon + path, json=body, timeout=10)
    assert answer.ok, answer.text
    return answer.json()


def app(mesos: Mesos, name: str) -> Any:
    return marathon(mesos, "GET", f"/v2/apps{name}")["app"]


def apps(mesos: Mesos) -> list[str]:
    return [found["id"] for found in marathon(mesos, "GET", "/v2/apps")["apps"]]


def tasks(mesos: Mesos, name: str) -> set[str]:
    return {task["id"] for task in app(mesos, name)["tasks"]}


def containers(mesos: Mesos, name: str) -> set[str]:
    """Return the containers of tasks whose name has this part."""
    lines = mesos.docker("ps", "--format", '{{.ID}} {{.Label "io.mesos.task"}}').splitlines()
    return {line.split()[0] for line in lines if name in line}


def image(one: Walk) -> str:
    return one.get("deployment", one._name)["spec"]["template"]["spec"]["containers"][0]["image"]


def container(**more: Any) -> dict[str, Any]:
    return {"name": "main", "image": "bouvier/sample:1", **more}


def deployment(name: str, containers: list[dict[str, Any]], **pod: Any) -> dict[str, Any]:
    labels = {"app": name}
    # A program that has just started may miss its signal: it should not be waited for then.
    ending = {"terminationGracePeriodSeconds": 1}
    template = {"metadata": {"labels": labels}, "spec": {"containers": containers, **ending, **pod}}
    spec = {"selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


def apply(one: Walk, body: dict[str, Any]) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(body, file)
        file.flush()
        one.kubectl("apply", "-f", file.name)


def annotation(one: Walk, name: str, key: str) -> str:
    return one.get("deployment", name)["metadata"].get("annotations", {}).get(key, "")


def failure(one: Walk, name: str) -> str:
    conditions = one.get("deployment", name).get("status", {}).get("conditions", [])
    return next((c["message"] for c in conditions if c["type"] == "ReplicaFailure"), "")


def scheduled(one: Walk) -> str:
    found = [c for pod in one.pods() for c in pod.get("status", {}).get("conditions", [])]
    return next((c.get("message", "") for c in found if c["type"] == "PodScheduled" and c["status"] == "False"), "")


def ready_or_zero(one: Walk) -> int:
    """Return the ready replicas, 0 while the API is just coming back."""
    answer = one.kubectl("get", "deployment", one._name, "-o", "jsonpath={.status.readyReplicas}", code=None)
    return int(answer or 0)


def described(platform: Platform, name: str) -> str:
    return next(c["message"] for c in platform.data_of("cluster", "ls")["clusters"] if c["name"] == name)


def state(platform: Platform, name: str) -> str:
    return next(c["state"] for c in platform.data_of("cluster", "ls")["clusters"] if c["name"] == name)
