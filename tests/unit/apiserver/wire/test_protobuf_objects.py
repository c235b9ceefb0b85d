"""Objects of every kind, written by Google's own library, are read as what they were."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.apiserver.wire.protobuf.envelope import decode
from bouvier.apiserver.wire.protobuf.table import table
from bouvier.meta.errors import ApiError
from tests.support.protobuf_objects import random_object, seeded, written
from tests.unit.apiserver.wire.protobuf_writer import body, section

KINDS = sorted(key for key in table().kinds if key[0])


@pytest.mark.parametrize(("api_version", "kind"), KINDS)
def test_every_kind_comes_back(api_version, kind):
    """Ten objects of each kind, of a few fields up to most."""
    for seed in range(10):
        obj = random_object(api_version, kind, seeded(seed))
        assert decode(written(api_version, kind, obj)) == obj


@given(seed=st.integers(0, 1 << 32), kind=st.sampled_from(KINDS), data=st.data())
def test_damaged_bodies_are_read_or_refused(seed, kind, data):
    """A body that is cut, or in which bytes have changed, is an object or a BadRequest, never another error."""
    sent = bytearray(written(*kind, random_object(*kind, seeded(seed))))
    for _ in range(data.draw(st.integers(0, 3))):
        sent[data.draw(st.integers(0, len(sent) - 1))] = data.draw(st.integers(0, 255))
    del sent[data.draw(st.integers(0, len(sent))) :]
    try:
        assert "kind" in decode(bytes(sent))
    except ApiError as error:
        assert error.code in (400, 415)


def nested_definition(depth):
    """Return the body of a custom resource definition whose schema has so many levels."""
    schema = section(5, "string")
    for _ in range(depth):
        schema = section(5, "object") + section(29, section(1, "a"), section(2, schema))
    version = section(1, "v1") + section(4, section(1, schema))
    return body("apiextensions.k8s.io/v1", "CustomResourceDefinition", section(2, section(7, version)))


def test_schemas_may_nest():
    """A custom resource definition's schema may have a hundred levels; a thousand are refused."""
    schema = decode(nested_definition(100))["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    for _ in range(100):
        schema = schema["properties"]["a"]
    assert schema == {"type": "string"}
    with pytest.raises(ApiError, match="nests too deeply") as caught:
        decode(nested_definition(1000))
    assert caught.value.code == 400
