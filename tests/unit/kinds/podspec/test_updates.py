"""What may change in a pod that exists."""

import copy

import pytest

from bouvier.kinds.podspec.ephemeral import validate_update
from bouvier.kinds.podspec.updates import differences
from tests.unit.kinds.making import container, kind_named, pod, update_errors_of

POD = kind_named("pods")
OLD = pod(tolerations=[{"key": "a", "operator": "Exists"}], schedulingGates=[{"name": "x/y"}])


def changed(**fields):
    new = copy.deepcopy(OLD)
    new["spec"].update(fields)
    return new


@pytest.mark.parametrize(
    "fields",
    [
        {"containers": [container(image="app:2")]},
        {"activeDeadlineSeconds": 5},
        {"tolerations": [{"key": "b", "operator": "Exists"}, {"key": "a", "operator": "Exists"}]},
        {"schedulingGates": []},
        {"hostNetwork": False},
    ],
)
def test_allowed_changes(fields):
    """Images, a deadline, more tolerations and fewer gates; empty means absent."""
    assert update_errors_of(POD, changed(**fields), OLD) == []


def test_everything_else_is_refused_and_named():
    """The refusal shows what was changed."""
    found = update_errors_of(POD, changed(hostname="other"), OLD)
    assert len(found) == 1
    assert found[0].startswith(
        "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`"
    )
    assert found[0].endswith('\n+  spec.hostname: "other"')


def test_containers_are_not_added():
    """A running pod keeps its containers."""
    found = update_errors_of(POD, changed(containers=[container(), container("b")]), OLD)
    assert found == ["spec.containers: Forbidden: pod updates may not add or remove containers"]


def test_tolerations_are_not_removed():
    """A pod that was let in is not thrown out by an edit."""
    found = update_errors_of(POD, changed(tolerations=[]), OLD)
    assert found == [
        "spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds"
    ]


def test_a_deadline_only_shrinks():
    """A deadline is not put off or taken away."""
    old = changed(activeDeadlineSeconds=5)
    assert update_errors_of(POD, changed(activeDeadlineSeconds=4), old) == []
    assert "less than or equal to previous" in update_errors_of(POD, changed(activeDeadlineSeconds=6), old)[0]
    assert "to nil value" in update_errors_of(POD, OLD, old)[0]


def test_differences_tell_zero_from_absent():
    """User 0 is not "no user"."""
    assert differences("a", {"runAsUser": 0}, {}) == ["-  a.runAsUser: 0"]
    assert differences("a", {"list": [], "text": "", "flag": False}, {}) == []


def test_ephemeral_containers_only_grow():
    """Debug containers are added, never changed."""
    old = changed(ephemeralContainers=[container("debug")])
    more = changed(ephemeralContainers=[container("debug"), container("second")])
    assert validate_update(more, old) == []
    assert validate_update(OLD, old)
    assert validate_update(changed(ephemeralContainers=[container("debug", image="x")]), old)
