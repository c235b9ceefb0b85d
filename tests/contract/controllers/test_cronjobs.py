"""CronJobs on the real API server, with the real kubectl."""

import pytest

from bouvier.meta.objects import is_condition_true
from bouvier.meta.resources import CRONJOBS, JOBS
from tests.contract.controllers.world import NAMESPACE, world


@pytest.fixture
async def here(tmp_path):
    async with world(tmp_path) as made:
        made.exit_codes |= {"ok:1": 0}
        yield made


async def test_jobs_are_started_at_their_times(here):
    """Each time starts one job, old ones are removed, and the status says when."""
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "ok:1"}]}}
    spec = {
        "schedule": "@every 1s",
        "successfulJobsHistoryLimit": 0,
        "jobTemplate": {"spec": {"template": template}},
    }
    metadata = {"name": "tick", "namespace": NAMESPACE}
    await here.admin.create(CRONJOBS, {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": metadata, "spec": spec})
    found = await here.object(CRONJOBS, "tick", lambda each: (each.get("status") or {}).get("lastSuccessfulTime"))
    assert found["status"]["lastScheduleTime"] <= found["status"]["lastSuccessfulTime"]
    await here.admin.patch(CRONJOBS, "tick", {"spec": {"suspend": True}}, namespace=NAMESPACE)
    await here.seen(JOBS, lambda items: not items)
    await here.api.kubectl("-n", NAMESPACE, "delete", "cronjob", "tick")


async def test_kubectl_creates_cron_jobs_and_jobs_from_them(here):
    """`create cronjob`, `create job --from`, `get` and `describe` work; deleting takes the jobs along."""
    kubectl = here.api.kubectl
    await kubectl("-n", NAMESPACE, "create", "cronjob", "night", "--image=ok:1", "--schedule=0 3 * * *", "--", "true")
    await kubectl("-n", NAMESPACE, "create", "job", "now", "--from=cronjob/night")
    await here.object(JOBS, "now", lambda job: is_condition_true(job, "Complete"))
    assert "0 3 * * *" in await kubectl("-n", NAMESPACE, "get", "cronjobs")
    assert "Concurrency Policy" in await kubectl("-n", NAMESPACE, "describe", "cronjob", "night")
    await kubectl("-n", NAMESPACE, "delete", "cronjob", "night")
    await here.gone(JOBS, "now")
