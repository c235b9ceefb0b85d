"""Jobs and cron jobs."""

import copy

import pytest

from tests.unit.kinds.making import container, defaulted, errors_of, kind_named, row_of, update_errors_of

JOB = kind_named("jobs", "batch")
CRON = kind_named("cronjobs", "batch")


def job(**spec):
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [container()], "restartPolicy": "Never"}}
    return {"metadata": {"name": "j", "namespace": "x", "uid": "u-1"}, "spec": {"template": template, **spec}}


def cron(schedule="* * * * *", **spec):
    body = {"schedule": schedule, "jobTemplate": {"spec": job()["spec"]}, **spec}
    return {"metadata": {"name": "c", "namespace": "x"}, "spec": body}


def test_defaults():
    """One pod, six retries."""
    spec = defaulted(JOB, job())["spec"]
    assert (spec["completions"], spec["parallelism"], spec["backoffLimit"]) == (1, 1, 6)
    assert (spec["completionMode"], spec["suspend"]) == ("NonIndexed", False)
    assert "completions" not in defaulted(JOB, job(parallelism=2))["spec"]
    assert defaulted(JOB, job())["metadata"]["labels"] == {"a": "b"}


def test_a_stored_job_finds_its_own_pods():
    """Selector and template labels are made from the job's identity."""
    obj = defaulted(JOB, job())
    JOB.prepare(obj)
    labels = obj["spec"]["template"]["metadata"]["labels"]
    assert obj["spec"]["selector"] == {"matchLabels": {"batch.kubernetes.io/controller-uid": "u-1"}}
    assert labels["batch.kubernetes.io/job-name"] == labels["job-name"] == "j"
    assert JOB.validate(obj) == []


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"backoffLimit": -1}, "spec.backoffLimit: Invalid value: -1: must be greater than or equal to 0"),
        (
            {"completionMode": "Indexed", "parallelism": 1},
            "spec.completions: Required value: when completion mode is Indexed",
        ),
        (
            {"template": {"spec": {"containers": [container()]}}},
            'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
        ),
    ],
)
def test_bad_jobs(spec, message):
    """A job's pods end, and its numbers make sense."""
    assert errors_of(JOB, job(**spec)) == [message]


def test_what_ran_does_not_change():
    """The template stays, the width may change."""
    assert update_errors_of(JOB, job(parallelism=3), job(parallelism=1)) == []
    new = copy.deepcopy(job())
    new["spec"]["template"]["spec"]["containers"][0]["image"] = "other"
    assert update_errors_of(JOB, new, job())[0].startswith("spec.template: Invalid value:")


def test_cells():
    """How far, how long."""
    obj = job(completions=3)
    obj["status"] = {
        "succeeded": 1,
        "startTime": "2026-01-01T00:00:00Z",
        "completionTime": "2026-01-01T00:01:05Z",
        "conditions": [{"type": "Complete", "status": "True"}],
    }
    found = row_of(JOB, obj)
    assert (found["Status"], found["Completions"], found["Duration"]) == ("Complete", "1/3", "65s")
    assert row_of(JOB, job())["Duration"] == ""


@pytest.mark.parametrize(
    ("obj", "message"),
    [
        (cron(""), "spec.schedule: Required value"),
        (
            cron("TZ=UTC * * * * *"),
            (
                'spec.schedule: Invalid value: "TZ=UTC * * * * *": '
                "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
            ),
        ),
        (cron(timeZone="Mars/North"), 'spec.timeZone: Invalid value: "Mars/North": unknown time zone Mars/North'),
        (cron("61 * * * *"), 'spec.schedule: Invalid value: "61 * * * *": end of range (61) above maximum (59): 61'),
    ],
)
def test_bad_cron_jobs(obj, message):
    """A schedule that never fires is refused."""
    assert errors_of(CRON, obj) == [message]


def test_cron_defaults_and_cells():
    """Runs may overlap, three successes and one failure are kept."""
    spec = defaulted(CRON, cron())["spec"]
    assert spec["concurrencyPolicy"] == "Allow"
    assert (spec["successfulJobsHistoryLimit"], spec["failedJobsHistoryLimit"]) == (3, 1)
    found = row_of(CRON, defaulted(CRON, cron()))
    assert (found["Schedule"], found["Suspend"], found["Last Schedule"]) == ("* * * * *", "False", "<none>")
    assert errors_of(CRON, cron(timeZone="UTC")) == []
