"""Validation of volumes."""

import pytest

from tests.unit.kinds.making import errors_of, kind_named, pod

POD = kind_named("pods")


@pytest.mark.parametrize(
    ("volume", "message"),
    [
        ({"emptyDir": {}}, "spec.volumes[0].name: Required value"),
        (
            {"name": "a", "emptyDir": {}, "secret": {"secretName": "s"}},
            "spec.volumes[0].secret: Forbidden: may not specify more than 1 volume type",
        ),
        ({"name": "a", "secret": {}}, "spec.volumes[0].secret.secretName: Required value"),
        ({"name": "a", "configMap": {}}, "spec.volumes[0].configMap.name: Required value"),
        (
            {"name": "a", "configMap": {"name": "c", "defaultMode": 512}},
            (
                "spec.volumes[0].configMap.defaultMode: Invalid value: 512: "
                "must be a number between 0 and 0777 (octal), both inclusive"
            ),
        ),
        (
            {"name": "a", "configMap": {"name": "c", "items": [{"key": "k", "path": "/abs"}]}},
            'spec.volumes[0].configMap.items[0].path: Invalid value: "/abs": must be a relative path',
        ),
        ({"name": "a", "hostPath": {}}, "spec.volumes[0].hostPath.path: Required value"),
        (
            {"name": "a", "hostPath": {"path": "/a/../b"}},
            "spec.volumes[0].hostPath.path: Invalid value: \"/a/../b\": must not contain '..'",
        ),
        ({"name": "a", "persistentVolumeClaim": {}}, "spec.volumes[0].persistentVolumeClaim.claimName: Required value"),
        (
            {"name": "a", "projected": {"sources": [{"serviceAccountToken": {"path": "t", "expirationSeconds": 5}}]}},
            (
                "spec.volumes[0].projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 5: "
                "may not specify a duration less than 10 minutes"
            ),
        ),
        (
            {"name": "a", "downwardAPI": {"items": [{"path": "p", "fieldRef": {"fieldPath": "status.podIP"}}]}},
            (
                'spec.volumes[0].downwardAPI.items[0].fieldRef.fieldPath: Unsupported value: "status.podIP": supported '
                'values: "metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"'
            ),
        ),
    ],
)
def test_bad_volumes(volume, message):
    """Each source is checked at its own path."""
    assert errors_of(POD, pod(volumes=[volume])) == [message]


def test_names_are_unique():
    """A mount must know which volume it means."""
    assert errors_of(POD, pod(volumes=[{"name": "a"}, {"name": "a"}])) == ['spec.volumes[1].name: Duplicate value: "a"']
