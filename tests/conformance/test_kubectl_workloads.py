"""The unmodified kubectl on workload kinds, quotas and budgets, with controllers running."""

import pytest

from bouvier.meta.resources import PODS, RESOURCEQUOTAS
from tests.contract.controllers.world import NAMESPACE, world

SETS = """
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: log}
spec:
  selector: {matchLabels: {app: log}}
  template:
    metadata: {labels: {app: log}}
    spec: {containers: [{name: c, image: "log:1"}]}
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
    spec: {containers: [{name: c, image: "db:1"}]}
"""


@pytest.fixture
async def here(tmp_path):
    async with world(tmp_path, ("h1", "h2")) as made:
        made.exit_codes |= {"ok:1": 0}
        yield made


def caller(here):
    async def kubectl(*words, **more):
        return await here.api.kubectl("-n", NAMESPACE, *words, **more)

    return kubectl


async def test_sets(here):
    """apply, rollout status, restart, history, undo, scale, get all and describe."""
    kubectl = caller(here)
    await kubectl("apply", "-f", "-", stdin=SETS)
    for each in ("daemonset/log", "statefulset/db"):
        await kubectl("rollout", "status", each, "--timeout=20s")
        await kubectl("rollout", "restart", each)
        await kubectl("rollout", "status", each, "--timeout=20s")
        assert "rolled back" in await kubectl("rollout", "undo", each, "--to-revision=1")
        await kubectl("rollout", "status", each, "--timeout=20s")
        assert "Events:" in await kubectl("describe", each)
    await kubectl("scale", "statefulset/db", "--replicas=3", "--current-replicas=2")
    await kubectl("wait", "statefulset/db", "--for=jsonpath={.status.readyReplicas}=3", "--timeout=20s")
    everything = await kubectl("get", "all")
    assert "daemonset.apps/log   2         2         2       2            2" in everything
    assert "statefulset.apps/db   3/3" in everything
    assert "controllerrevision.apps/" in await kubectl("get", "controllerrevisions", "-o", "name")
    await kubectl("delete", "-f", "-", "--wait", stdin=SETS)
    await here.seen(PODS, lambda items: not items)


async def test_jobs(here):
    """create job and cronjob, --from, wait, describe, explain, suspend by patch, delete."""
    kubectl = caller(here)
    await kubectl("create", "job", "once", "--image=ok:1")
    await kubectl("wait", "job/once", "--for=condition=complete", "--timeout=20s")
    assert "SuccessfulCreate" in await kubectl("describe", "job/once")
    await kubectl("create", "cronjob", "night", "--image=ok:1", "--schedule=@daily")
    await kubectl("patch", "cronjob/night", "-p", '{"spec": {"suspend": true, "timeZone": "Europe/Paris"}}')
    assert "Europe/Paris   True" in await kubectl("get", "cronjob/night")
    await kubectl("create", "job", "now", "--from=cronjob/night")
    await kubectl("wait", "job/now", "--for=condition=complete", "--timeout=20s")
    assert "Concurrency Policy:" in await kubectl("describe", "cronjob/night")
    refused = await kubectl("create", "cronjob", "bad", "--image=ok:1", "--schedule=61 * * * *", ok=False)
    assert "spec.schedule: Invalid value" in refused
    assert "podFailurePolicy" in await kubectl("explain", "job.spec")
    await kubectl("delete", "cronjob/night", "job/once")
    await here.seen(PODS, lambda items: not items)


async def test_budgets_quotas_and_limits(here):
    """create pdb and quota, get and describe them, and apply a limit range."""
    kubectl = caller(here)
    await kubectl("create", "pdb", "web", "--selector=app=web", "--min-available=50%")
    await kubectl("wait", "pdb/web", "--for=jsonpath={.status.observedGeneration}=1", "--timeout=20s")
    assert "N/A" in await kubectl("get", "pdb", "web")
    assert "Allowed disruptions:" in await kubectl("describe", "pdb", "web")
    await kubectl("create", "quota", "small", "--hard=pods=3,requests.cpu=1", "--scopes=NotTerminating")
    await here.object(RESOURCEQUOTAS, "small", lambda quota: (quota.get("status") or {}).get("used"))
    assert "pods: 0/3" in await kubectl("get", "quota", "small")
    limits = "{type: Container, default: {cpu: 200m}, maxLimitRequestRatio: {cpu: 4}}"
    metadata = "metadata: {name: bounds}"
    await kubectl(
        "apply", "-f", "-", stdin=f"apiVersion: v1\nkind: LimitRange\n{metadata}\nspec: {{limits: [{limits}]}}\n"
    )
    await kubectl("run", "web", "--image=web:1")
    await here.object(RESOURCEQUOTAS, "small", lambda quota: quota["status"]["used"]["requests.cpu"] == "200m")
    assert "requests.cpu  200m  1" in await kubectl("describe", "quota", "small")
    assert "Resource Quotas" in await kubectl("describe", "namespace", NAMESPACE)
