"""Deployments."""

import pytest

from tests.unit.kinds.making import container, defaulted, errors_of, kind_named, row_of, update_errors_of, workload

KIND = kind_named("deployments", "apps")


def deployment(**spec):
    return workload("Deployment", **spec)


def test_defaults():
    """One replica, a quarter at a time, ten revisions, ten minutes."""
    spec = defaulted(KIND, deployment())["spec"]
    assert spec["replicas"] == 1
    assert spec["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"},
    }
    assert (spec["revisionHistoryLimit"], spec["progressDeadlineSeconds"]) == (10, 600)
    assert defaulted(KIND, deployment(strategy={"type": "Recreate"}))["spec"]["strategy"] == {"type": "Recreate"}


@pytest.mark.parametrize(
    ("spec", "messages"),
    [
        ({"replicas": -1}, ["spec.replicas: Invalid value: -1: must be greater than or equal to 0"]),
        (
            {"selector": None},
            [
                "spec.selector: Required value",
                (
                    'spec.template.metadata.labels: Invalid value: {"app":"web"}: '
                    "`selector` does not match template `labels`"
                ),
            ],
        ),
        ({"selector": {}}, ["spec.selector: Invalid value: {}: empty selector is invalid for deployment"]),
        (
            {"strategy": {"type": "Recreate", "rollingUpdate": {}}},
            [
                "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
            ],
        ),
        (
            {"strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": "0%"}}},
            ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0'],
        ),
        (
            {"strategy": {"rollingUpdate": {"maxUnavailable": "half"}}},
            [
                (
                    'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "half": a valid percent string must be a '
                    "numeric string followed by an ending '%' (e.g. '1%',  or '93%', "
                    "regex used for validation is '[0-9]+%')"
                )
            ],
        ),
        (
            {"progressDeadlineSeconds": 5, "minReadySeconds": 5},
            ["spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds"],
        ),
    ],
)
def test_bad_deployments(spec, messages):
    """Paths and words are Kubernetes'."""
    assert errors_of(KIND, deployment(**spec)) == messages


def test_the_selector_must_match_the_template():
    """A deployment whose pods it would not find is refused."""
    assert errors_of(KIND, workload("Deployment", labels={"app": "other"})) == [
        'spec.template.metadata.labels: Invalid value: {"app":"other"}: `selector` does not match template `labels`'
    ]


def test_its_pods_run_for_ever():
    """A template whose pods end is refused."""
    obj = deployment()
    obj["spec"]["template"]["spec"] = {"containers": [container(name="")], "restartPolicy": "Never"}
    assert errors_of(KIND, obj) == [
        "spec.template.spec.containers[0].name: Required value",
        'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ]


def test_the_selector_stays():
    """Pods would be lost."""
    new = workload("Deployment", labels={"app": "other"}, selector={"matchLabels": {"app": "other"}})
    assert update_errors_of(KIND, new, deployment()) == [
        'spec.selector: Invalid value: {"matchLabels":{"app":"other"}}: field is immutable'
    ]


def test_cells():
    """Ready of wanted, and what runs."""
    obj = deployment(replicas=3)
    obj["status"] = {"readyReplicas": 2, "updatedReplicas": 3, "availableReplicas": 1}
    found = row_of(KIND, obj)
    assert (found["Ready"], found["Up-to-date"], found["Available"]) == ("2/3", 3, 1)
    assert (found["Containers"], found["Images"], found["Selector"]) == ("main", "app:1", "app=web")
