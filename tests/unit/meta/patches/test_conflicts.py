"""The wording of apply conflicts."""

from bouvier.meta.patches.conflicts import FieldConflict, conflict_error, show_manager

REPLICAS = ("f:spec", "f:replicas")
IMAGE = ("f:spec", "f:containers", 'k:{"name":"web"}', "f:image")


def test_one_conflict():
    """One conflict is told in one line, as kubectl users know it."""
    manager = show_manager({"manager": "kubectl-client-side-apply", "operation": "Update", "apiVersion": "apps/v1"})
    error = conflict_error([FieldConflict(manager, REPLICAS)])
    assert error.message == (
        'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using apps/v1: .spec.replicas'
    )
    status = error.status()
    assert (status["reason"], status["code"]) == ("Conflict", 409)
    assert status["details"]["causes"] == [
        {
            "reason": "FieldManagerConflict",
            "message": 'conflict with "kubectl-client-side-apply" using apps/v1',
            "field": ".spec.replicas",
        }
    ]


def test_several_conflicts_are_grouped_by_manager():
    """Several conflicts are listed under their managers, sorted."""
    conflicts = [FieldConflict('"b"', REPLICAS), FieldConflict('"a"', IMAGE), FieldConflict('"b"', IMAGE)]
    assert conflict_error(conflicts).message == (
        'Apply failed with 3 conflicts: conflicts with "a":\n- .spec.containers[name="web"].image\n'
        'conflicts with "b":\n- .spec.replicas\n- .spec.containers[name="web"].image'
    )


def test_appliers_and_subresources_are_named():
    """An applier is named alone, a writer of a subresource with it."""
    assert show_manager({"manager": "a", "operation": "Apply", "apiVersion": "v1"}) == '"a"'
    entry = {"manager": "a", "operation": "Update", "apiVersion": "v1", "subresource": "status"}
    assert show_manager(entry) == '"a" with subresource "status" using v1'
