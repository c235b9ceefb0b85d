"""Jobs as the original's conformance tests run them: policies of failure and success, indexes, lives."""

import pytest

from bouvier.meta.objects import is_condition_true
from bouvier.meta.resources import CRONJOBS, JOBS, PODS
from tests.conformance.lifecycles.go_client import GoClient, Obj, conditions
from tests.contract.controllers.world import World
from tests.support.raw_api import STRATEGIC

pytestmark = pytest.mark.asyncio(loop_scope="module")

EXIT_ONE = {"operator": "In", "values": [1]}


def job(image: str = "ok:1", name: str = "sum", **spec: object) -> Obj:
    containers = [{"name": "c", "image": image, "securityContext": {}}]
    template = {"spec": {"restartPolicy": "Never", "containers": containers}}
    return {"metadata": {"name": name}, "spec": {"manualSelector": False, "template": template, **spec}}


async def reached(go: GoClient, kind: str, reason: str = "", name: str = "sum") -> Obj:
    async def check() -> Obj | None:
        found = await go.get(JOBS, name)
        condition = conditions(found).get(kind)
        is_there = condition and condition["status"] == "True" and (not reason or condition["reason"] == reason)
        return found if is_there else None

    return await go.eventually(check, f"{kind} {reason}")


async def succeeded(go: GoClient, reason: str, number: int, name: str = "sum") -> Obj:
    """Wait for the end; both conditions tell the same reason."""
    await reached(go, "SuccessCriteriaMet", reason, name)
    found = await reached(go, "Complete", reason, name)
    assert found["status"]["succeeded"] == number
    return found


def is_at_rest(found: Obj) -> bool:
    status = found["status"]
    return (status.get("active", 0), status["ready"], status["terminating"]) == (0, 0, 0)


@pytest.fixture
def odd(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pods of odd indexes fail and the others succeed."""
    here.exit_codes["odd:1"] = 0
    original = here._exit_code

    def exit_code(pod: Obj) -> int | None:
        code = original(pod)
        index = (pod["metadata"].get("annotations") or {}).get("batch.kubernetes.io/job-completion-index", "0")
        return int(index) % 2 if code is not None and pod["spec"]["containers"][0]["image"] == "odd:1" else code

    monkeypatch.setattr(here, "_exit_code", exit_code)


async def test_indexed_pods_are_numbered(go: GoClient) -> None:
    """Each succeeded pod has its index in annotation and label, and a host name after it."""
    await go.create(JOBS, job(parallelism=2, completions=4, backoffLimit=6, completionMode="Indexed"))
    await succeeded(go, "CompletionsReached", 4)
    found = {}
    for pod in (await go.listed(PODS, labelSelector="job-name=sum"))["items"]:
        index = pod["metadata"]["annotations"]["batch.kubernetes.io/job-completion-index"]
        assert pod["metadata"]["labels"]["batch.kubernetes.io/job-completion-index"] == index
        found[int(index)] = (pod["status"]["phase"], pod["spec"]["hostname"])
    assert found == {index: ("Succeeded", f"sum-{index}") for index in range(4)}


async def test_an_exit_code_fails_the_job(go: GoClient) -> None:
    """The first pod with a code of the policy ends the job before its limit."""
    policy = {"rules": [{"action": "FailJob", "onExitCodes": EXIT_ONE, "onPodConditions": []}]}
    await go.create(JOBS, job("bad:1", parallelism=2, completions=4, backoffLimit=6, podFailurePolicy=policy))
    await reached(go, "FailureTarget", "PodFailurePolicy")
    await reached(go, "Failed", "PodFailurePolicy")


async def test_evictions_do_not_count(go: GoClient, here: World) -> None:
    """Pods with the condition of a disruption are replaced without being counted as failures."""
    here.exit_codes.pop("later:1", None)
    pattern = [{"type": "DisruptionTarget", "status": "True"}]
    policy = {"rules": [{"action": "Ignore", "onPodConditions": pattern}]}
    made = job(
        "later:1", completionMode="Indexed", parallelism=3, completions=3, backoffLimit=2, podFailurePolicy=policy
    )
    await go.create(JOBS, made)

    async def ready() -> bool:
        return (await go.get(JOBS, "sum")).get("status", {}).get("ready") == 3

    await go.eventually(ready)
    pods = (await go.listed(PODS))["items"]
    for pod in pods:
        eviction = {"metadata": {"name": pod["metadata"]["name"], "namespace": go.namespace}}
        path = PODS.path(go.namespace, pod["metadata"]["name"], "eviction")
        assert (await go.request("POST", path, ("policy/v1", "Eviction"), eviction)).status == 201
    for pod in pods:
        await go.eventually(lambda name=pod["metadata"]["name"]: is_gone(go, name))
    here.exit_codes["later:1"] = 0
    for pod in (await go.listed(PODS))["items"]:  # those that run already look at the new rule when they change
        await go.patch(PODS, pod["metadata"]["name"], {"metadata": {"annotations": {"look": "again"}}})
    await succeeded(go, "CompletionsReached", 3)


async def is_gone(go: GoClient, name: str) -> bool:
    return await go.find(PODS, name) is None


async def test_success_when_all_succeeded(go: GoClient) -> None:
    """The policy's reason is told, and nothing is left running."""
    policy = {"rules": [{"succeededCount": 2}]}
    spec = {"parallelism": 2, "completions": 2, "backoffLimit": 6, "completionMode": "Indexed"}
    await go.create(JOBS, job(**spec, successPolicy=policy))
    found = await succeeded(go, "SuccessPolicy", 2)
    assert is_at_rest(found)
    assert not found["status"].get("failed")


@pytest.mark.parametrize("rule", [{"succeededIndexes": "0"}, {"succeededCount": 1}], ids=lambda rule: next(iter(rule)))
async def test_success_while_others_wait(go: GoClient, odd: None, rule: Obj) -> None:
    """One success is enough; indexes that have not run are left."""
    limit = 6 if "succeededIndexes" in rule else 2**31 - 1
    spec = {"parallelism": 2, "completions": 5, "backoffLimit": limit, "completionMode": "Indexed"}
    await go.create(JOBS, job("odd:1", **spec, successPolicy={"rules": [rule]}))
    found = await succeeded(go, "SuccessPolicy", 1)
    assert found["status"]["completedIndexes"] == "0"
    assert is_at_rest(found)


async def test_every_index_has_its_own_limit(go: GoClient, odd: None) -> None:
    """Failing indexes are tried twice, the others once; the job has failed in the end."""
    spec = {"parallelism": 2, "completions": 4, "backoffLimitPerIndex": 1, "completionMode": "Indexed"}
    await go.create(JOBS, job("odd:1", **spec))
    status = (await reached(go, "Failed", "FailedIndexes"))["status"]
    assert (status["failedIndexes"], status["completedIndexes"]) == ("1,3", "0,2")
    assert (status["failed"], status["succeeded"]) == (4, 2)


async def test_too_many_failed_indexes_end_the_job(go: GoClient) -> None:
    """The first failure is one too many."""
    spec = {"parallelism": 1, "completions": 4, "completionMode": "Indexed"}
    await go.create(JOBS, job("bad:1", **spec, backoffLimitPerIndex=0, maxFailedIndexes=0))
    status = (await reached(go, "Failed", "MaxFailedIndexesExceeded"))["status"]
    assert (status["failedIndexes"], status["failed"]) == ("0", 1)


async def test_an_exit_code_fails_the_index(go: GoClient, odd: None) -> None:
    """An index that fails by the policy is not tried again, in spite of its limit."""
    policy = {"rules": [{"action": "FailIndex", "onExitCodes": EXIT_ONE}]}
    spec = {"parallelism": 2, "completions": 2, "completionMode": "Indexed", "backoffLimitPerIndex": 1}
    await go.create(JOBS, job("odd:1", **spec, podFailurePolicy=policy))
    status = (await reached(go, "Failed", "FailedIndexes"))["status"]
    assert (status["failedIndexes"], status["completedIndexes"]) == ("1", "0")
    assert (status["failed"], status["succeeded"]) == (1, 1)


async def test_life_of_a_job(go: GoClient) -> None:
    """Suspended, patched, resumed by an update, complete, and deleted with its collection; watchers see it all."""
    chosen = "e2e-job-label=sum"
    version = (await go.listed(JOBS, labelSelector=chosen))["metadata"]["resourceVersion"]
    suspended = job(parallelism=2, completions=4, suspend=True)
    suspended["metadata"]["labels"] = {"e2e-job-label": "sum"}
    await go.create(JOBS, suspended)
    patched = await go.patch(JOBS, "sum", {"metadata": {"labels": {"sum": "patched"}}}, STRATEGIC)
    assert patched["metadata"]["labels"]["sum"] == "patched"

    def is_labelled(event: str, obj: Obj) -> bool:
        return event == "MODIFIED" and obj["metadata"]["labels"].get("sum") == "patched"

    await go.until(JOBS, version, is_labelled, selector=chosen)

    def resume(obj: Obj) -> None:
        obj["spec"]["suspend"] = False
        obj["metadata"].setdefault("annotations", {})["updated"] = "true"

    updated = await go.changed(JOBS, "sum", resume)
    assert updated["metadata"]["annotations"]["updated"] == "true"
    version = patched["metadata"]["resourceVersion"]
    await go.until(
        JOBS,
        version,
        lambda event, obj: event == "MODIFIED" and "updated" in (obj["metadata"].get("annotations") or {}),
        selector=chosen,
    )
    assert len((await go.listed(JOBS, everywhere=True, labelSelector=chosen))["items"]) == 1
    await succeeded(go, "CompletionsReached", 4)
    await go.delete_collection(JOBS, chosen, propagationPolicy="Background")
    version = updated["metadata"]["resourceVersion"]
    gone = await go.until(JOBS, version, lambda event, _: event == "DELETED", selector=chosen)
    assert gone["metadata"]["labels"]["e2e-job-label"] == "sum"
    assert (await go.listed(JOBS, everywhere=True, labelSelector=chosen))["items"] == []
    await go.count(PODS, 0)


async def test_cron_jobs_in_every_verb(go: GoClient) -> None:
    """The question mark is a star; annotations and times go through the status; a collection goes at once."""
    chosen = "special-label=here"
    data = {"name": "data", "emptyDir": {}}
    container = {"name": "c", "image": "busybox:1", "volumeMounts": [{"name": "data", "mountPath": "/data"}]}
    pod = {"restartPolicy": "OnFailure", "volumes": [data], "containers": [container]}
    template = {"spec": {"parallelism": 1, "completions": 1, "backoffLimit": 1, "template": {"spec": pod}}}
    spec = {"schedule": "* */1 * * ?", "concurrencyPolicy": "Allow", "jobTemplate": template}
    spec |= {"successfulJobsHistoryLimit": 1, "failedJobsHistoryLimit": 0}
    wanted = {"metadata": {"name": "test-api", "labels": {"special-label": "here"}}, "spec": spec}
    made = await go.create(CRONJOBS, wanted)
    assert (await go.get(CRONJOBS, "test-api"))["metadata"]["uid"] == made["metadata"]["uid"]
    listed = await go.listed(CRONJOBS, labelSelector=chosen)
    assert len(listed["items"]) == len((await go.listed(CRONJOBS, everywhere=True, labelSelector=chosen))["items"]) == 1
    await go.patch(CRONJOBS, "test-api", {"metadata": {"annotations": {"patched": "true"}}})
    updated = await go.changed(CRONJOBS, "test-api", lambda o: o["metadata"]["annotations"].update(updated="true"))
    assert updated["metadata"]["annotations"] == {"patched": "true", "updated": "true"}
    seen: list[str] = []

    def is_noted(event: str, obj: Obj) -> bool:
        seen.append(event)
        return "patched" in (obj["metadata"].get("annotations") or {})

    await go.until(CRONJOBS, listed["metadata"]["resourceVersion"], is_noted, selector=chosen)
    assert set(seen) == {"MODIFIED"}
    first, second = "2026-01-02T03:04:05Z", "2026-01-02T03:04:09Z"
    patch = {"metadata": {"annotations": {"patchedstatus": "true"}}, "status": {"lastScheduleTime": first}}
    patched = await go.patch(CRONJOBS, "test-api", patch, part="status")
    assert (patched["status"]["lastScheduleTime"], patched["metadata"]["annotations"]["patchedstatus"]) == (
        first,
        "true",
    )
    later = await go.changed(CRONJOBS, "test-api", lambda o: o["status"].update(lastScheduleTime=second), "status")
    assert later["status"]["lastScheduleTime"] == second
    assert (await go.get(CRONJOBS, "test-api", "status"))["metadata"]["uid"] == made["metadata"]["uid"]
    await go.create(CRONJOBS, wanted | {"metadata": {"name": "for-removal", "labels": {"special-label": "here"}}})
    await go.delete(CRONJOBS, "for-removal")
    assert await go.find(CRONJOBS, "for-removal") is None
    await go.delete_collection(CRONJOBS, chosen)
    assert (await go.listed(CRONJOBS, labelSelector=chosen))["items"] == []
    assert not is_condition_true(later, "Complete")
