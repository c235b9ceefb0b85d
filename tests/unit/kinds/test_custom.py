"""Objects of custom kinds against their structural schema."""

import pytest

from bouvier.kinds import schemas
from bouvier.kinds.kind import Kind
from bouvier.meta.gvk import Resource

SCHEMA = {
    "type": "object",
    "required": ["spec"],
    "properties": {
        "spec": {
            "type": "object",
            "required": ["size"],
            "properties": {
                "size": {"type": "integer", "minimum": 1, "maximum": 9},
                "color": {"type": "string", "enum": ["red", "blue"], "nullable": True},
                "name": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 4},
                "port": {"x-kubernetes-int-or-string": True},
                "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                "inner": {"type": "object", "x-kubernetes-embedded-resource": True},
                "ports": {
                    "type": "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["port", "protocol"],
                    "items": {
                        "type": "object",
                        "properties": {"port": {"type": "integer"}, "protocol": {"type": "string", "default": "UDP"}},
                    },
                },
            },
        }
    },
}
KIND = Kind(Resource("example.com", "v1", "boxes", "Box"), singular="box", definition="", schema=SCHEMA)


def box(**spec):
    return {"apiVersion": "example.com/v1", "kind": "Box", "metadata": {"name": "a"}, "spec": {"size": 1, **spec}}


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"size": "big"}, 'spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"'),
        ({"size": 0}, "spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1"),
        ({"size": 10}, "spec.size: Invalid value: 10: spec.size in body should be less than or equal to 9"),
        ({"color": "green"}, 'spec.color: Unsupported value: "green": supported values: "red", "blue"'),
        ({"name": "A"}, "spec.name: Invalid value: \"A\": spec.name in body should match '^[a-z]+$'"),
        ({"name": "abcde"}, "spec.name: Too long: may not be more than 4 bytes"),
    ],
)
def test_every_keyword_counts(spec, message):
    """A value outside the schema is an Invalid error with Kubernetes' words."""
    findings = schemas.check(KIND, box(**spec))
    assert [str(error) for error in findings.errors] == [message]
    assert not findings.malformed


def test_required_fields_are_found_here():
    """A custom kind has no validation but its schema."""
    obj = box()
    del obj["spec"]["size"]
    assert [str(error) for error in schemas.check(KIND, obj).errors] == ["spec.size: Required value"]


@pytest.mark.parametrize(
    "spec",
    [{"color": None}, {"port": 80}, {"port": "http"}, {"free": {"a": {"b": 1}}}, {"labels": {"any": "text"}}],
)
def test_kubernetes_own_keywords_widen_the_schema(spec):
    """Nullable values, numbers or texts, and preserved fields are fine."""
    findings = schemas.check(KIND, box(**spec))
    assert not findings.errors
    assert not findings.unknown


def test_pruning_keeps_what_the_schema_preserves():
    """Unknown fields go, except below a place that preserves them and in embedded objects' envelopes."""
    inner = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x", "bad": 1}, "spec": {}}
    obj = box(free={"a": 1}, extra=1, inner=inner, labels={"a": "b"})
    obj["top"] = 1
    findings = schemas.check(KIND, obj)
    assert {"top", "spec.extra", "spec.inner.spec"} <= set(findings.unknown)
    schemas.prune(KIND, obj)
    envelope = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}}
    assert obj == box(free={"a": 1}, inner=envelope, labels={"a": "b"})


def test_structure_comes_from_the_schema():
    """Lists of a custom kind merge as its schema says, with the defaults of their keys."""
    spec = schemas.structure(KIND).field("spec")
    ports = spec.field("ports")
    assert (ports.list_type, ports.map_keys) == ("map", ("port", "protocol"))
    assert ports.key_defaults == {"protocol": "UDP"}
    assert schemas.structure(KIND).field("metadata").field("labels").is_object


def test_a_kind_that_preserves_everything_accepts_everything():
    """Old definitions keep unknown fields at the root."""
    kind = Kind(KIND.resource, singular="box", definition="", schema=SCHEMA, preserve_unknown=True)
    obj = {**box(), "anything": {"goes": True}}
    assert not schemas.check(kind, obj).unknown
    schemas.prune(kind, obj)
    assert "anything" in obj


def test_a_kind_without_schema_is_left_alone():
    """Nothing is known, so nothing is wrong and nothing is dropped."""
    kind = Kind(KIND.resource, singular="box", definition="")
    obj = {**box(), "anything": 1}
    assert not schemas.check(kind, obj).errors
    schemas.prune(kind, obj)
    assert obj["anything"] == 1
    assert schemas.structure(kind) is None
