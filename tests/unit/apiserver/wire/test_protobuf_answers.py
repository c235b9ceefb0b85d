"""Objects are written as protobuf such that they are read as what they were."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.apiserver.wire.protobuf.envelope import decode, encode
from bouvier.apiserver.wire.protobuf.table import table
from bouvier.apiserver.wire.protobuf.wire import WireError
from bouvier.apiserver.wire.protobuf_body import protobuf_from_json, protobuf_sequence
from bouvier.meta.errors import ApiError, not_found
from tests.support.protobuf_answers import events_of, items_of
from tests.support.protobuf_objects import random_object, seeded
from tests.unit.apiserver.wire.protobuf_writer import body, number, section

KINDS = sorted(key for key in table().kinds if key[0])


@pytest.mark.parametrize(("api_version", "kind"), KINDS)
def test_every_kind_comes_back(api_version, kind):
    """Ten objects of each kind, of a few fields up to most."""
    for seed in range(10):
        obj = random_object(api_version, kind, seeded(seed))
        assert decode(encode(obj)) == obj


@given(seed=st.integers(0, 1 << 32), kind=st.sampled_from(KINDS))
def test_equal_objects_are_equal_bytes(seed, kind):
    """The order of fields and of map entries in JSON is of no account."""
    obj = random_object(*kind, seeded(seed))
    assert encode(backwards(obj)) == encode(obj)


def backwards(value):
    """Return a value whose objects have their fields the other way round, but for embedded JSON, which is text."""
    if isinstance(value, dict):
        return {key: one if is_embedded(key) else backwards(one) for key, one in reversed(value.items())}
    return [backwards(one) for one in value] if isinstance(value, list) else value


def is_embedded(key):
    fields = ("fieldsV1", "data", "default", "example", "enum", "parameters", "value", "object", "oldObject", "options")
    return key in fields


def test_bytes_of_an_object():
    """The bytes are those of the format: envelope, field numbers, maps in the order of their keys."""
    obj = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "settings", "generation": 300},
        "data": {"b": "2", "a": ""},
        "binaryData": {"blob": "AP8="},
        "immutable": False,
    }
    meta = section(1, section(1, "settings"), number(7, 300))
    data = section(2, section(1, "a"), section(2, "")) + section(2, section(1, "b"), section(2, "2"))
    binary = section(3, section(1, "blob"), section(2, b"\x00\xff"))
    envelope_rest = section(3) + section(4)
    assert encode(obj) + envelope_rest == body("v1", "ConfigMap", meta, data, binary, number(4, 0))


def test_what_is_not_set_is_left_out():
    """Null, the empty list and a zero that is none are not written; the empty object of a pointer is."""
    volumes = [{"name": "cache", "emptyDir": {}}]
    spec = {"volumes": volumes, "containers": [], "nodeSelector": {}, "priority": 0, "hostNetwork": False}
    obj = {"apiVersion": "v1", "kind": "Pod", "metadata": {"creationTimestamp": None}, "spec": spec, "status": {}}
    found = decode(encode(obj))
    assert found == {"apiVersion": "v1", "kind": "Pod", "spec": {"volumes": volumes, "priority": 0}}


def test_times_of_other_zones_and_precisions():
    """Times are written as the moment that they mean; fractions count where the type has them."""
    metadata = {"deletionTimestamp": "2026-01-02T03:04:05.9+02:00"}
    spec = {"acquireTime": "2026-01-02T03:04:05.123456789Z", "renewTime": "1969-12-31T23:59:59.500000Z"}
    lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec}
    found = decode(encode(lease))
    assert found["metadata"]["deletionTimestamp"] == "2026-01-02T01:04:05Z"
    assert found["spec"]["acquireTime"] == "2026-01-02T03:04:05.123456Z"
    assert found["spec"]["renewTime"] == "1969-12-31T23:59:59.500000Z"


def test_quantities_that_are_numbers():
    """JSON may say `cpu: 2`, which is the quantity "2"."""
    limit = {"type": "Container", "max": {"cpu": 2, "memory": 1.5, "none": None}}
    obj = {"apiVersion": "v1", "kind": "LimitRange", "spec": {"limits": [limit]}}
    assert decode(encode(obj))["spec"]["limits"][0]["max"] == {"cpu": "2", "memory": "1.5", "none": "0"}


def test_status():
    """A refusal keeps reason, message, details and code."""
    status = not_found("pods", "a").status()
    found = decode(protobuf_from_json(json.dumps(status).encode()))
    assert found == {key: value for key, value in status.items() if value != {}}


def test_lists():
    """A list is its metadata and its items, which have no envelope of their own; it may be empty."""
    items = [{"metadata": {"name": "a"}, "data": {"x": "1"}}, {"metadata": {"name": "b"}}]
    listed = {"apiVersion": "v1", "kind": "ConfigMapList", "metadata": {"resourceVersion": "7"}, "items": items}
    kind, metadata, found = items_of(encode(listed), "core.ConfigMap")
    assert (kind, metadata, found) == (("v1", "ConfigMapList"), {"resourceVersion": "7"}, items)
    assert items_of(encode(listed | {"items": []}), "core.ConfigMap")[2] == []


def test_metadata_alone():
    """Objects of any kind can be shown by their metadata."""
    partial = {"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata", "metadata": {"name": "a"}}
    assert decode(encode(partial)) == partial
    listed = {"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadataList", "metadata": {}, "items": [partial]}
    assert items_of(encode(listed), "meta.PartialObjectMetadata")[2] == [{"metadata": {"name": "a"}}]


def test_watch_events():
    """Each event is a frame of its own, its object a whole body."""
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}
    events = [
        {"type": "ADDED", "object": obj},
        {"type": "ERROR", "object": {"kind": "Status", "apiVersion": "v1", "code": 410}},
    ]
    lines = b"".join(json.dumps(event).encode() + b"\n" for event in events)
    assert events_of(protobuf_sequence(lines)) == events
    with pytest.raises(WireError):
        events_of(protobuf_sequence(lines)[:-1])


def test_kinds_without_a_form():
    """A custom resource has none, and other forms are named."""
    with pytest.raises(ApiError, match="only the following media types are accepted: application/json, ") as caught:
        encode({"apiVersion": "sample.example/v1", "kind": "Sample"})
    assert caught.value.code == 406


def test_what_nests_too_deep_is_refused() -> None:
    """What is deeper than can be written is refused by name; it is no failure of the server."""
    schema: dict = {"type": "object"}
    for _ in range(900):
        schema = {"not": schema}
    names = {"plural": "deeps", "kind": "Deep"}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    spec = {"group": "example.com", "names": names, "scope": "Cluster", "versions": [version]}
    document = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"}
    document |= {"metadata": {"name": "deeps.example.com"}, "spec": spec}
    with pytest.raises(ApiError) as refused:
        protobuf_from_json(json.dumps(document).encode())
    assert refused.value.reason == "NotAcceptable"
