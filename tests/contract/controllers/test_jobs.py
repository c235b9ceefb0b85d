"""Jobs on the real API server, with the real kubectl."""

import pytest

from bouvier.controllers.jobs.pods import TRACKING
from bouvier.meta.objects import condition_of, is_condition_true
from bouvier.meta.resources import EVENTS, JOBS, PODS
from tests.contract.controllers.world import NAMESPACE, controllers, world
from tests.support.waiting import until


def job(image="ok:1", restart="Never", **spec):
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "sum", "namespace": NAMESPACE},
        "spec": {
            "template": {"spec": {"restartPolicy": restart, "containers": [{"name": "c", "image": image}]}},
            **spec,
        },
    }


@pytest.fixture
async def here(tmp_path):
    async with world(tmp_path) as made:
        made.exit_codes |= {"ok:1": 0, "bad:1": 1, "odd:42": 42}
        yield made


def is_complete(found):
    return is_condition_true(found, "Complete")


def has_failed(found):
    return is_condition_true(found, "Failed")


async def test_a_job_runs_to_its_end(here):
    """kubectl waits for the condition; counts, times, events and freed pods are as documented."""
    await here.admin.create(JOBS, job(completions=5, parallelism=2))
    await here.api.kubectl("-n", NAMESPACE, "wait", "--for=condition=complete", "job/sum", "--timeout=20s")
    found = await here.admin.get(JOBS, "sum", NAMESPACE)
    status = found["status"]
    assert status["succeeded"] == 5
    assert "failed" not in status
    assert status["startTime"] <= status["completionTime"]
    assert status["uncountedTerminatedPods"] == {}
    assert condition_of(found, "Complete")["reason"] == "CompletionsReached"
    assert is_condition_true(found, "SuccessCriteriaMet")
    pods = (await here.admin.list(PODS, NAMESPACE)).items
    assert len(pods) == 5
    assert not any(TRACKING in (pod["metadata"].get("finalizers") or ()) for pod in pods)
    events = await here.seen(EVENTS, lambda items: {e["reason"] for e in items} >= {"Completed", "SuccessfulCreate"})
    assert events
    described = await here.api.kubectl("-n", NAMESPACE, "describe", "job", "sum")
    assert "5 Succeeded" in described
    assert "Complete   5/5" in await here.api.kubectl("-n", NAMESPACE, "get", "job", "sum")


async def test_kubectl_creates_a_job(here):
    """`kubectl create job` needs no file."""
    await here.api.kubectl("-n", NAMESPACE, "create", "job", "once", "--image=ok:1", "--", "true")
    await here.object(JOBS, "once", is_complete)


async def test_too_many_failures_end_the_job(here):
    """The backoff limit is kept exactly and named in the condition; what ran is stopped."""
    await here.admin.create(JOBS, job("bad:1", backoffLimit=0))
    found = await here.object(JOBS, "sum", has_failed)
    assert condition_of(found, "Failed")["reason"] == "BackoffLimitExceeded"
    assert found["status"]["failed"] == 1
    assert not is_condition_true(found, "Complete")


async def test_an_indexed_job_gives_each_pod_its_number(here):
    """Index in label, annotation, variable and host name; the status lists what is done."""
    await here.admin.create(JOBS, job(completions=4, parallelism=4, completionMode="Indexed"))
    found = await here.object(JOBS, "sum", is_complete)
    assert found["status"]["completedIndexes"] == "0-3"
    assert found["status"]["succeeded"] == 4
    pods = (await here.admin.list(PODS, NAMESPACE)).items
    assert sorted(pod["spec"]["hostname"] for pod in pods) == ["sum-0", "sum-1", "sum-2", "sum-3"]
    variables = {env["name"] for pod in pods for env in pod["spec"]["containers"][0]["env"]}
    assert variables == {"JOB_COMPLETION_INDEX"}


async def test_each_index_may_have_a_limit_of_its_own(here):
    """With backoffLimitPerIndex a bad index does not stop the others; the job then fails by name."""
    wanted = job("bad:1", completions=2, parallelism=2, completionMode="Indexed", backoffLimitPerIndex=0)
    await here.admin.create(JOBS, wanted)
    found = await here.object(JOBS, "sum", has_failed)
    assert found["status"]["failedIndexes"] == "0,1"
    assert condition_of(found, "Failed")["reason"] == "FailedIndexes"


async def test_a_failure_policy_ends_the_job_by_exit_code(here):
    """A code that means a mistake in the program fails the job at once, and says which rule did."""
    rules = [{"action": "FailJob", "onExitCodes": {"operator": "In", "values": [42]}}]
    await here.admin.create(JOBS, job("odd:42", podFailurePolicy={"rules": rules}))
    found = await here.object(JOBS, "sum", has_failed)
    assert condition_of(found, "Failed")["reason"] == "PodFailurePolicy"
    assert "failed with exit code 42 matching FailJob rule at index 0" in condition_of(found, "Failed")["message"]
    assert condition_of(found, "FailureTarget")


async def test_a_success_policy_ends_the_job_early(here):
    """When the leader is done the others are stopped, and the job is complete."""
    await here.admin.create(
        JOBS,
        job(
            "web:1",
            completions=3,
            parallelism=3,
            completionMode="Indexed",
            successPolicy={"rules": [{"succeededIndexes": "0"}]},
        ),
    )
    pods = await here.seen(PODS, lambda items: len(items) == 3 and items)
    leader = next(pod for pod in pods if pod["metadata"]["labels"]["batch.kubernetes.io/job-completion-index"] == "0")
    status = {"status": {"phase": "Succeeded"}}
    await here.admin.patch(PODS, leader["metadata"]["name"], status, namespace=NAMESPACE, subresource="status")
    found = await here.object(JOBS, "sum", is_complete)
    assert condition_of(found, "SuccessCriteriaMet")["reason"] == "SuccessPolicy"
    assert found["status"]["succeeded"] == 1


async def test_suspend_and_resume(here):
    """A suspended job has no pods and its clock stands; resumed it goes on."""
    await here.admin.create(JOBS, job("web:1", parallelism=2))
    await here.object(JOBS, "sum", lambda found: (found.get("status") or {}).get("ready") == 2)
    await here.admin.patch(JOBS, "sum", {"spec": {"suspend": True}}, namespace=NAMESPACE)
    await here.seen(PODS, lambda items: not items)
    found = await here.object(JOBS, "sum", lambda found: condition_of(found, "Suspended"))
    assert condition_of(found, "Suspended")["reason"] == "JobSuspended"
    assert "failed" not in found["status"]
    assert "startTime" not in found["status"]
    await here.admin.patch(JOBS, "sum", {"spec": {"suspend": False}}, namespace=NAMESPACE)
    found = await here.object(JOBS, "sum", lambda found: condition_of(found, "Suspended")["reason"] == "JobResumed")
    await here.object(JOBS, "sum", lambda found: found["status"].get("ready") == 2)


async def test_a_deadline_ends_what_runs(here):
    """activeDeadlineSeconds stops the pods and fails the job."""
    await here.admin.create(JOBS, job("web:1", activeDeadlineSeconds=1))
    found = await here.object(JOBS, "sum", has_failed)
    assert condition_of(found, "Failed")["reason"] == "DeadlineExceeded"
    assert "active" not in found["status"]


async def test_a_finished_job_is_deleted_after_its_time(here):
    """ttlSecondsAfterFinished removes the job with its pods."""
    await here.admin.create(JOBS, job(ttlSecondsAfterFinished=0))
    await here.gone(JOBS, "sum")
    await here.seen(PODS, lambda items: not items)
    await until(lambda: [kind for kind, _ in here.log if kind != "MODIFIED"] == ["ADDED", "DELETED"])


async def test_a_deleted_job_leaves_no_pod_behind(here):
    """Pods that were never counted can still be deleted, and orphans are freed."""
    await here.admin.create(JOBS, job("web:1", parallelism=3))
    await here.seen(PODS, lambda items: len(items) == 3 or None)
    await here.admin.delete(JOBS, "sum", NAMESPACE, propagation="Background")
    await here.seen(PODS, lambda items: not items)
    await here.admin.create(JOBS, job("web:1"))
    await here.seen(PODS, lambda items: len(items) == 1 or None)
    await here.api.kubectl("-n", NAMESPACE, "delete", "job", "sum", "--cascade=orphan")

    def is_free(items):
        return all(TRACKING not in (pod["metadata"].get("finalizers") or ()) for pod in items)

    await here.seen(PODS, is_free)


async def test_no_pod_is_counted_twice_when_controllers_start_anew(here):
    """Many pods, and a second set of controllers beside the first: every pod that succeeded is counted once."""
    await here.admin.create(JOBS, job(completions=60, parallelism=20))
    await here.seen(PODS, lambda items: len(items) > 20 or None)
    async with controllers(here.api):
        found = await here.object(JOBS, "sum", is_complete, seconds=30)
    pods = (await here.admin.list(PODS, NAMESPACE)).items
    assert found["status"]["succeeded"] == sum(pod["status"]["phase"] == "Succeeded" for pod in pods) >= 60
