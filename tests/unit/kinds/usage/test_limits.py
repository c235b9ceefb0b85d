"""What a LimitRange gives and forbids."""

import pytest

from bouvier.kinds.usage.limits import claim_violations, fill, violations


def limit_range(kind="Container", **item):
    return {"spec": {"limits": [{"type": kind, **item}]}}


def pod(**resources):
    return {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "resources": resources}]}}


def test_defaults_fill_only_gaps():
    """What a container says stays; what was set is told."""
    made = pod(requests={"cpu": "1"})
    said = fill(limit_range(defaultRequest={"cpu": "2", "memory": "1Gi"}, default={"memory": "2Gi"}), made)
    assert made["spec"]["containers"][0]["resources"] == {
        "requests": {"cpu": "1", "memory": "1Gi"},
        "limits": {"memory": "2Gi"},
    }
    assert said == ["memory request for container c", "memory limit for container c"]


@pytest.mark.parametrize(
    ("item", "resources", "message"),
    [
        ({"min": {"cpu": "1"}}, {}, "minimum cpu usage per Container is 1.  No request is specified"),
        (
            {"min": {"cpu": "1"}},
            {"requests": {"cpu": "500m"}},
            "minimum cpu usage per Container is 1, but request is 500m",
        ),
        ({"max": {"cpu": "1"}}, {}, "maximum cpu usage per Container is 1.  No limit is specified"),
        ({"max": {"cpu": "1"}}, {"limits": {"cpu": "2"}}, "maximum cpu usage per Container is 1, but limit is 2"),
        (
            {"maxLimitRequestRatio": {"cpu": "2"}},
            {"requests": {"cpu": "1"}, "limits": {"cpu": "3"}},
            "cpu max limit to request ratio per Container is 2, but provided ratio is 3",
        ),
        (
            {"maxLimitRequestRatio": {"cpu": "2"}},
            {"limits": {"cpu": "3"}},
            "cpu max limit to request ratio per Container is 2, but no request is specified or request is 0",
        ),
    ],
)
def test_bounds(item, resources, message):
    """Each bound has its sentence."""
    assert violations(limit_range(**item), pod(**resources)) == [message]


def test_pods_are_bounded_by_their_sums():
    """A range for pods looks at all containers together."""
    made = pod(limits={"cpu": "600m"})
    made["spec"]["containers"].append({"name": "d", "resources": {"limits": {"cpu": "600m"}}})
    found = violations(limit_range("Pod", max={"cpu": "1"}), made)
    assert found == ["maximum cpu usage per Pod is 1, but limit is 1200m"]


def test_claims_are_bounded_by_size():
    """Too small and too large."""
    made = {"spec": {"resources": {"requests": {"storage": "2Gi"}}}}
    bounds = limit_range("PersistentVolumeClaim", min={"storage": "3Gi"}, max={"storage": "1Gi"})
    assert claim_violations(bounds, made) == [
        "minimum storage usage per PersistentVolumeClaim is 3Gi, but request is 2Gi",
        "maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 2Gi",
    ]
