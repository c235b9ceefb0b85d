"""Validation of metadata."""

import pytest

from bouvier.kinds import metadata
from tests.unit.kinds.making import kind_named, pod

POD = kind_named("pods")
NODE = kind_named("nodes")


def errors(meta, kind=POD):
    return [str(error) for error in metadata.validate({"metadata": meta}, kind)]


def test_a_name_is_needed():
    """Neither name nor a prefix to make one: refused."""
    assert errors({"namespace": "x"}) == ["metadata.name: Required value: name or generateName is required"]


def test_namespaces_belong_to_namespaced_kinds():
    """A namespaced object needs one, a cluster-scoped one must not have one."""
    assert errors({"name": "a"}) == ["metadata.namespace: Required value"]
    assert errors({"name": "a", "namespace": "x"}, NODE) == ["metadata.namespace: Forbidden: not allowed on this type"]


def test_labels_and_annotations():
    """Keys, values and the total size are checked."""
    found = errors({"name": "a", "namespace": "x", "labels": {"bad key": "-x"}, "annotations": {"big": "x" * 300_000}})
    assert found[0].startswith('metadata.labels: Invalid value: "bad key": name part must consist of')
    assert found[1].startswith('metadata.labels: Invalid value: "-x": a valid label must be')
    assert found[2] == "metadata.annotations: Too long: may not be more than 262144 bytes"


def test_annotation_keys_may_be_upper_case():
    """Only labels are strict about the domain's case."""
    assert errors({"name": "a", "namespace": "x", "annotations": {"Example.com/A": ""}}) == []


def test_owners():
    """An owner is named completely, and only one owner controls."""
    owner = {"apiVersion": "v1", "kind": "Pod", "name": "a", "uid": "1", "controller": True}
    assert errors({"name": "a", "namespace": "x", "ownerReferences": [owner]}) == []
    two = errors({"name": "a", "namespace": "x", "ownerReferences": [owner, {**owner, "uid": "2"}]})
    assert "Only one reference can have Controller set to true" in two[0]
    nameless = errors({"name": "a", "namespace": "x", "ownerReferences": [{"apiVersion": "v1", "kind": "Pod"}]})
    assert nameless == [
        'metadata.ownerReferences[0].name: Invalid value: "": must not be empty',
        'metadata.ownerReferences[0].uid: Invalid value: "": must not be empty',
    ]


def test_finalizers():
    """A finalizer is qualified or one of the few standard ones."""
    assert errors({"name": "a", "namespace": "x", "finalizers": ["orphan", "example.com/x"]}) == []
    assert errors({"name": "a", "namespace": "x", "finalizers": ["mine"]}) == [
        (
            'metadata.finalizers[0]: Invalid value: "mine": '
            "name is neither a standard finalizer name nor is it fully qualified"
        )
    ]


@pytest.mark.parametrize("field", ["name", "namespace", "uid", "creationTimestamp"])
def test_identity_does_not_change(field):
    """What identifies an object is immutable."""
    old, new = pod(), pod()
    new["metadata"][field] = "other"
    assert [error.field for error in metadata.validate_update(new, old, POD)] == [f"metadata.{field}"]


def test_no_new_finalizers_while_deleting():
    """Deletion is never put off by a new finalizer."""
    old, new = pod(), pod()
    old["metadata"] |= {"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["example.com/a"]}
    new["metadata"] |= {"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["example.com/b"]}
    assert [str(error) for error in metadata.validate_update(new, old, POD)] == [
        (
            "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, "
            'found new finalizers []string{"example.com/b"}'
        )
    ]
