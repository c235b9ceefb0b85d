"""The rules by which pods' ends decide about their job."""

import pytest

from bouvier.controllers.jobs.failure_policy import outcome
from bouvier.controllers.jobs.success_policy import success_message
from tests.unit.controllers.making import job, pod


def failed(code=42, container="c"):
    made = pod("p", phase="Failed")
    made["status"]["containerStatuses"] = [{"name": container, "state": {"terminated": {"exitCode": code}}}]
    return made


def policy(action="FailJob", **rule):
    return job(podFailurePolicy={"rules": [{"action": action, **rule}]})


@pytest.mark.parametrize(
    ("demand", "action"),
    [
        ({"operator": "In", "values": [42]}, "FailJob"),
        ({"operator": "In", "values": [1]}, "Count"),
        ({"operator": "NotIn", "values": [1]}, "FailJob"),
        ({"operator": "NotIn", "values": [42]}, "Count"),
        ({"operator": "In", "values": [42], "containerName": "other"}, "Count"),
    ],
)
def test_exit_codes(demand, action):
    """Operators and the container's name are respected; success is never a failure."""
    assert outcome(policy(onExitCodes=demand), failed()).action == action
    assert outcome(policy(onExitCodes={"operator": "NotIn", "values": [1]}), failed(0)).action == "Count"


def test_the_message_names_container_code_and_rule():
    """People see why the job failed."""
    found = outcome(policy(onExitCodes={"operator": "In", "values": [42]}), failed())
    assert found.message == "Container c for pod ns/p failed with exit code 42 matching FailJob rule at index 0"


def test_the_first_rule_wins():
    """Rules are tried in order."""
    rules = [
        {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]},
        {"action": "FailJob", "onExitCodes": {"operator": "NotIn", "values": [0]}},
    ]
    disrupted = failed()
    disrupted["status"]["conditions"] = [{"type": "DisruptionTarget", "status": "True"}]
    made = job(podFailurePolicy={"rules": rules})
    assert outcome(made, disrupted).action == "Ignore"
    assert outcome(made, failed()).action == "FailJob"


@pytest.mark.parametrize(
    ("rule", "completed", "is_met"),
    [
        ({"succeededIndexes": "0,2-3"}, {0, 2, 3}, True),
        ({"succeededIndexes": "0,2-3"}, {0, 1, 2}, False),
        ({"succeededCount": 2}, {5, 7}, True),
        ({"succeededCount": 2, "succeededIndexes": "0-4"}, {1, 7}, False),
        ({"succeededCount": 2, "succeededIndexes": "0-4"}, {1, 3}, True),
    ],
)
def test_success_rules(rule, completed, is_met):
    """Indexes, a count, or a count among indexes."""
    made = job(completionMode="Indexed", successPolicy={"rules": [rule]})
    assert (success_message(made, completed) == "Matched rules at index 0") is is_met
