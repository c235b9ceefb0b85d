"""Moving between client-side and server-side apply."""

import orjson
import pytest

from bouvier.meta.errors import ApiError
from bouvier.meta.patches.apply import apply
from bouvier.meta.patches.lastapplied import ANNOTATION, LARGEST_ANNOTATION_BYTES
from bouvier.meta.patches.managed import track
from tests.unit.meta.patches.structures import DEPLOYMENT

NOON = "2030-01-01T12:00:00Z"


def deployment(**spec) -> dict:
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}


def client_side(configuration, annotation=None) -> dict:
    """Return the object as `kubectl apply` creates it, with its annotation."""
    live = configuration | {
        "metadata": {"name": "web", "annotations": {ANNOTATION: annotation or dumps(configuration)}}
    }
    track(None, live, "kubectl-client-side-apply", DEPLOYMENT, api_version="apps/v1", now=NOON)
    return live


def dumps(value) -> str:
    return orjson.dumps(value).decode()


def applied(live, configuration, manager="kubectl"):
    return apply(live, configuration, manager, DEPLOYMENT, api_version="apps/v1", now=NOON)


def test_kubectl_takes_over_what_it_applied_before():
    """Fields that are as the annotation says do not conflict, and the annotation follows."""
    obj = applied(client_side(deployment(replicas=3)), deployment(replicas=5))
    assert obj["spec"]["replicas"] == 5
    assert orjson.loads(obj["metadata"]["annotations"][ANNOTATION]) == deployment(replicas=5)


def test_other_managers_do_not():
    """Only the manager `kubectl` is meant."""
    with pytest.raises(ApiError, match=r"\.spec\.replicas"):
        applied(client_side(deployment(replicas=3)), deployment(replicas=5), "other")


def test_fields_changed_since_still_conflict():
    """A field that somebody changed after the client-side apply is not kubectl's to take."""
    live = client_side(deployment(replicas=3, paused=False))
    scaled = live | {"spec": {"replicas": 9, "paused": False}, "metadata": dict(live["metadata"])}
    track(live, scaled, "scaler", DEPLOYMENT, api_version="apps/v1", now=NOON)
    with pytest.raises(ApiError) as raised:
        applied(scaled, deployment(replicas=5, paused=True))
    assert [cause["field"] for cause in raised.value.details["causes"]] == [".spec.replicas"]


@pytest.mark.parametrize("annotation", ["nonsense", "[]", "{}", '{"apiVersion":"apps/v1","metadata":3}'])
def test_unusable_annotations_do_not_help(annotation):
    """A broken annotation means ordinary conflicts, not failures."""
    with pytest.raises(ApiError, match=r"\.spec\.replicas"):
        applied(client_side(deployment(replicas=3), annotation), deployment(replicas=5))


def test_objects_without_the_annotation_get_none():
    """Server-side apply alone writes no annotation."""
    assert "annotations" not in applied(None, deployment(replicas=5))["metadata"]


def test_too_long_configurations_are_dropped_from_the_annotation():
    """An annotation that would exceed the limit goes instead of making the apply fail."""
    obj = applied(client_side(deployment(replicas=3)), deployment(replicas=3, note="x" * LARGEST_ANNOTATION_BYTES))
    assert ANNOTATION not in obj["metadata"]["annotations"]
