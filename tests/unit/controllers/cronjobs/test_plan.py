"""Which jobs a CronJob starts and removes."""

from datetime import timedelta

import pytest

from bouvier.controllers.cronjobs.plan import Observed, plan
from tests.unit.controllers.making import NOW, ago, job, text


def cron_job(schedule="* * * * *", last=65.0, **spec):
    status = {"lastScheduleTime": ago(last)} if last is not None else {}
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"template": job()["spec"]["template"]}}
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "tick", "namespace": "ns", "uid": "uid-tick", "creationTimestamp": ago(10_000)},
        "spec": {
            "schedule": schedule,
            "jobTemplate": template,
            "successfulJobsHistoryLimit": 3,
            "failedJobsHistoryLimit": 1,
            **spec,
        },
        "status": status,
    }


def run(name, end="", age=100.0):
    made = job()
    annotations = {"batch.kubernetes.io/cronjob-scheduled-timestamp": ago(age)}
    made["metadata"] = {"name": name, "namespace": "ns", "uid": f"uid-{name}", "annotations": annotations}
    made["status"] = {"startTime": ago(age)}
    if end:
        condition = {"type": end, "status": "True", "lastTransitionTime": ago(age - 1)}
        made["status"] |= {"conditions": [condition]}
        made["status"] |= {"completionTime": ago(age - 1)} if end == "Complete" else {}
    return made


def active(made, *jobs):
    made["status"]["active"] = [{"name": each["metadata"]["name"], "uid": each["metadata"]["uid"]} for each in jobs]
    return made


def planned(made, jobs=()):
    return plan(Observed(made, list(jobs), NOW))


def reasons(made):
    return [each.reason for each in made.news]


def test_a_due_job_is_started_for_its_time():
    """Name and annotation say the scheduled time; owner and labels come along; then it sleeps."""
    made = planned(cron_job())
    assert made.start["metadata"]["name"] == f"tick-{int(NOW.timestamp()) // 60}"
    assert made.start["metadata"]["labels"] == {"a": "b"}
    assert made.start["metadata"]["ownerReferences"][0]["uid"] == "uid-tick"
    assert 59 < made.again_seconds < 61


def test_only_the_last_missed_time_is_made_up_for():
    """After an hour's absence one job starts, not sixty."""
    made = planned(cron_job(last=3600))
    assert made.start["metadata"]["name"].endswith(str(int(NOW.timestamp()) // 60))


def test_a_time_that_was_served_is_not_served_again():
    """A crash between starting and reporting starts no second job."""
    present = run(f"tick-{int(NOW.timestamp()) // 60}")
    made = planned(cron_job(), [present])
    assert made.start is None
    assert made.status["lastScheduleTime"] == text(NOW)
    assert [each["name"] for each in made.status["active"]] == [present["metadata"]["name"]]


@pytest.mark.parametrize(
    ("policy", "starts", "deletes"), [("Allow", True, 0), ("Forbid", False, 0), ("Replace", True, 1)]
)
def test_concurrency(policy, starts, deletes):
    """A run that is not over is joined, waited for, or replaced."""
    running = run("tick-1")
    made = planned(active(cron_job(concurrencyPolicy=policy), running), [running])
    assert (made.start is not None, len(made.delete)) == (starts, deletes)
    assert ("JobAlreadyActive" in reasons(made)) is (policy == "Forbid")


def test_a_late_start_is_missed():
    """Beyond startingDeadlineSeconds nothing is started, and an event says so."""
    hourly = cron_job("30 * * * *", last=4000, startingDeadlineSeconds=60)
    made = planned(hourly)
    assert made.start is None
    assert reasons(made) == ["MissSchedule"]
    assert made.again_seconds == pytest.approx(1800, abs=1)


def test_suspended_means_asleep():
    """Nothing is started and nothing waited for, but what is over is still removed."""
    done = [run(f"tick-{n}", "Complete", age=500 - n) for n in range(5)]
    made = planned(cron_job(suspend=True), done)
    assert made.start is None
    assert made.again_seconds is None
    assert len(made.clean_up) == 2


def test_history_limits_keep_the_newest():
    """Successes and failures are counted apart; running jobs stay."""
    jobs = [run(f"ok-{n}", "Complete", age=900 - n) for n in range(4)]
    jobs += [run(f"bad-{n}", "Failed", age=900 - n) for n in range(3)]
    made = planned(cron_job(), [*jobs, run("now")])
    assert [each["metadata"]["name"] for each in made.clean_up] == ["ok-0", "bad-0", "bad-1"]


def test_what_ended_leaves_the_active_list():
    """Completed and vanished jobs are reported and dropped; the last success is remembered."""
    done, lost = run("tick-1", "Complete"), run("tick-2")
    made = planned(active(cron_job(last=5), done, lost), [done])
    assert "active" not in made.status
    assert reasons(made) == ["SawCompletedJob", "MissingJob"]
    assert made.status["lastSuccessfulTime"] == text(NOW - timedelta(seconds=99))


def test_a_job_made_by_hand_is_not_counted():
    """`kubectl create job --from` neither blocks the schedule nor is listed as active."""
    manual = run("by-hand")
    manual["metadata"]["annotations"] = {"cronjob.kubernetes.io/instantiate": "manual"}
    made = planned(cron_job(concurrencyPolicy="Forbid"), [manual])
    assert made.start is not None


def test_an_unknown_zone_is_said():
    """A zone that the host's database lost leads to an event, not to a wrong time."""
    made = planned(cron_job(timeZone="Mars/Olympus"))
    assert made.start is None
    assert reasons(made) == ["UnknownTimeZone"]


@pytest.mark.parametrize(
    ("schedule", "reason", "text"),
    [
        (
            "59 23 31 2 *",
            "InvalidSchedule",
            "invalid schedule: 59 23 31 2 * : time difference between two schedules is less than 1 second",
        ),
        ("61 * * * *", "UnparseableSchedule", 'unparseable schedule: "61 * * * *" : Bad minute'),
    ],
)
def test_schedules_that_never_come_are_told_from_those_nobody_can_read(schedule: str, reason: str, text: str):
    """Each leads to an event of its own reason and to no run."""
    made = planned(cron_job(schedule=schedule))
    assert made.start is None
    assert [(one.reason, one.message) for one in made.news] == [(reason, text)]
