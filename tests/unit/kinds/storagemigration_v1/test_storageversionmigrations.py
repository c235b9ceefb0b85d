"""Orders to write objects anew."""

import pytest

from bouvier.kinds.storagemigration_v1 import storageversionmigrations as migrations


def migration(*true, version=""):
    conditions = [
        {"type": kind, "status": "True", "reason": "Done", "lastTransitionTime": "2030-01-01T00:00:00Z"}
        for kind in true
    ]
    return {
        "spec": {"resource": {"group": "apps", "resource": "deployments"}},
        "status": {"conditions": conditions, "resourceVersion": version},
    }


def test_a_resource_is_named_once():
    """There must be one, and it stays."""
    assert migrations.validate(migration()) == []
    assert [str(error) for error in migrations.validate({})] == [
        "spec.resource.resource: Required value: resource is required"
    ]
    other = {"spec": {"resource": {"group": "apps", "resource": "daemonsets"}}}
    assert [str(error) for error in migrations.validate_update(other, migration())] == [
        'resource: Invalid value: "daemonsets": field is immutable'
    ]


@pytest.mark.parametrize(
    ("new", "old", "words"),
    [
        (migration("Running", version="5"), migration(), ""),
        (migration("Succeeded", version="5"), migration("Running", version="5"), ""),
        (migration("Succeeded", "Failed"), migration(), "Both success and failed conditions cannot be true"),
        (migration("Succeeded", "Running"), migration(), "Running condition cannot be true when success condition"),
        (migration(), migration("Succeeded"), "Success condition cannot be set to false once it is true"),
        (migration(version="6"), migration(version="5"), "field is immutable"),
        (migration(version="x"), migration(), "failed to parse resource version"),
    ],
)
def test_progress_goes_forward(new, old, words):
    """What has ended stays as it ended."""
    found = [str(error) for error in migrations.validate_status(new, old)]
    assert [words in one for one in found] == ([True] if words else [])


def test_the_row_names_the_resource():
    """The resource with its group."""
    assert migrations.KIND.columns[1].value(migration()) == "deployments.apps"
