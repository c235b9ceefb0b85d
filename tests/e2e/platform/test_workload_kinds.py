"""Jobs, cron jobs, daemon sets and stateful sets with real containers, driven by the unmodified kubectl."""

import os
import shutil
import subprocess

import pytest

from tests.e2e.platform.conftest import Platform, until

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="needs kubectl")

SETS = """
apiVersion: v1
kind: Service
metadata: {name: db}
spec: {clusterIP: None, selector: {app: db}, ports: [{port: 80}], publishNotReadyAddresses: true}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  replicas: 2
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{name: c, image: "bouvier/busybox:1", command: [sleep, "1000"]}]
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: log}
spec:
  selector: {matchLabels: {app: log}}
  template:
    metadata: {labels: {app: log}}
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{name: c, image: "bouvier/busybox:1", command: [sleep, "1000"]}]
"""
INDEXED = """
apiVersion: batch/v1
kind: Job
metadata: {name: parts}
spec:
  completions: 3
  parallelism: 2
  completionMode: Indexed
  backoffLimitPerIndex: 0
  template:
    spec:
      restartPolicy: Never
      containers:
      - {name: c, image: "bouvier/busybox:1", command: [sh, -c, 'echo part $JOB_COMPLETION_INDEX of $(hostname); test $JOB_COMPLETION_INDEX != 1']}
"""


def kubectl(platform: Platform, *words: str, stdin: str = "", ok: bool = True) -> str:
    settings = os.environ | {"KUBECONFIG": str(platform.data / "kubeconfig")}
    done = subprocess.run(
        ["kubectl", f"--cache-dir={platform.data}/kubectl", *words],
        env=settings,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode == 0) is ok, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_a_job_and_a_job_from_a_cron_job(platform: Platform) -> None:
    """Real containers run to their end, are counted, show their output, and go with their job."""
    image = "--image=bouvier/busybox:1"
    kubectl(platform, "create", "job", "once", image, "--", "echo", "hello")
    kubectl(platform, "wait", "--for=condition=complete", "job/once", "--timeout=50s")
    assert kubectl(platform, "logs", "job/once") == "hello\n"
    kubectl(platform, "create", "cronjob", "night", image, "--schedule=0 3 * * *", "--", "echo", "night")
    kubectl(platform, "create", "job", "now", "--from=cronjob/night")
    kubectl(platform, "wait", "--for=condition=complete", "job/now", "--timeout=50s")
    kubectl(platform, "delete", "cronjob/night", "job/once", "--wait")
    until(lambda: "No resources" in kubectl(platform, "get", "pods"), "pods gone")


def test_an_indexed_job_with_a_bad_part(platform: Platform) -> None:
    """The good parts are done, the bad one is named, and each container knew its index."""
    kubectl(platform, "apply", "-f", "-", stdin=INDEXED)
    kubectl(platform, "wait", "--for=condition=failed", "job/parts", "--timeout=50s")
    status = kubectl(platform, "get", "job/parts", "-o", "jsonpath={.status.completedIndexes} {.status.failedIndexes}")
    assert status == "0,2 1"
    text = kubectl(platform, "logs", "-l", "batch.kubernetes.io/job-name=parts")
    assert sorted(text.splitlines()) == [f"part {n} of parts-{n}" for n in range(3)]
    kubectl(platform, "delete", "job/parts", "--wait")


def test_a_failing_job_ends_with_its_reason(platform: Platform) -> None:
    """A program that returns an error fails the job when the limit is reached."""
    kubectl(platform, "create", "job", "bad", "--image=bouvier/busybox:1", "--", "false")
    kubectl(platform, "patch", "job/bad", "-p", '{"spec": {"backoffLimit": 0}}')
    kubectl(platform, "wait", "--for=condition=failed", "job/bad", "--timeout=50s")
    assert "BackoffLimitExceeded" in kubectl(platform, "describe", "job/bad")
    kubectl(platform, "delete", "job/bad", "--wait")


def test_sets_with_names_and_on_every_host(platform: Platform) -> None:
    """Stateful pods find each other by name, daemon pods are on every host, both update and go back."""
    kubectl(platform, "apply", "-f", "-", stdin=SETS)
    for each in ("statefulset/db", "daemonset/log"):
        kubectl(platform, "rollout", "status", each, "--timeout=50s")
    address = kubectl(platform, "get", "pod/db-1", "-o", "jsonpath={.status.podIP}")
    found = kubectl(platform, "exec", "db-0", "--", "nslookup", "db-1.db.default.svc.cluster.local")
    assert address in found
    hosts = kubectl(platform, "get", "nodes", "-o", "name").split()
    assert kubectl(platform, "get", "daemonset/log", "-o", "jsonpath={.status.numberAvailable}") == str(len(hosts))
    for each in ("statefulset/db", "daemonset/log"):
        kubectl(platform, "set", "env", each, "A=1")
        kubectl(platform, "rollout", "status", each, "--timeout=50s")
        kubectl(platform, "rollout", "undo", each)
        kubectl(platform, "rollout", "status", each, "--timeout=50s")
        assert "A=1" not in kubectl(platform, "set", "env", each, "--list")
    kubectl(platform, "delete", "-f", "-", "--wait", stdin=SETS)
    until(lambda: "No resources" in kubectl(platform, "get", "pods"), "pods gone")
