"""Rules on the end of a job's pods."""

import pytest

from tests.unit.kinds.making import container, errors_of, kind_named

KIND = kind_named("jobs", "batch")


def job(**spec):
    template = {"spec": {"restartPolicy": "Never", "containers": [container()]}}
    return {"metadata": {"name": "j", "namespace": "default"}, "spec": {"template": template, **spec}}


def rule(**fields):
    return job(podFailurePolicy={"rules": [{"action": "FailJob", **fields}]})


@pytest.mark.parametrize(
    ("obj", "message"),
    [
        (rule(onExitCodes={"operator": "In", "values": [1, 2]}), ""),
        (
            rule(onExitCodes={"operator": "In", "values": [0]}),
            "rules[0].onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In operator",
        ),
        (rule(onExitCodes={"operator": "NotIn", "values": [3, 1]}), "must be ordered"),
        (
            rule(onExitCodes={"operator": "In", "values": [1], "containerName": "other"}),
            "must be one of the container or initContainer names in the pod template",
        ),
        (
            rule(action="FailIndex", onExitCodes={"operator": "In", "values": [1]}),
            "requires the backoffLimitPerIndex to be set",
        ),
        (job(maxFailedIndexes=1), "spec.maxFailedIndexes: Invalid value: 1: requires indexed completion mode"),
        (
            job(completionMode="Indexed", completions=3, maxFailedIndexes=1),
            "spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified",
        ),
        (job(managedBy="me"), 'must be a domain-prefixed path (such as "acme.io/foo")'),
        (job(managedBy="example.com/me"), ""),
    ],
)
def test_failure_rules(obj, message):
    """Errors are those of the original."""
    found = errors_of(KIND, obj)
    assert [message in one for one in found] == ([True] if message else [])


def indexed(**success):
    return job(completionMode="Indexed", completions=5, successPolicy={"rules": [success]})


@pytest.mark.parametrize(
    ("obj", "message"),
    [
        (indexed(succeededIndexes="0,2-4", succeededCount=2), ""),
        (indexed(), "at least one of succeededCount or succeededIndexes must be specified"),
        (indexed(succeededIndexes="0,5"), 'error parsing succeededIndexes: too large index: "5"'),
        (indexed(succeededIndexes="3,1"), "non-increasing order, previous: 3, current: 1"),
        (indexed(succeededIndexes="a"), 'cannot convert string to integer for index: "a"'),
        (indexed(succeededCount=6), "must be less than or equal to 5 (the number of specified completions)"),
        (indexed(succeededIndexes="1-2", succeededCount=3), "must be less than or equal to 2 (the number of indexes"),
        (job(successPolicy={"rules": []}), "requires indexed completion mode"),
    ],
)
def test_success_rules(obj, message):
    """Indexes rise, exist, and are no fewer than must succeed."""
    found = errors_of(KIND, obj)
    assert [message in one for one in found] == ([True] if message else [])
