"""Custom resource definitions."""

import pytest

from tests.unit.kinds.making import defaulted, errors_of, kind_named, update_errors_of

KIND = kind_named("customresourcedefinitions", "apiextensions.k8s.io")


def definition(schema=None, **spec):
    shape = schema or {"type": "object", "properties": {"spec": {"type": "object"}}}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": shape}}
    return {
        "metadata": {"name": "boxes.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"plural": "boxes", "kind": "Box"},
            "versions": [version],
            **spec,
        },
    }


def test_defaults():
    """Singular and list names follow from the kind."""
    spec = defaulted(KIND, definition())["spec"]
    assert spec["names"] == {"plural": "boxes", "kind": "Box", "singular": "box", "listKind": "BoxList"}
    assert spec["conversion"] == {"strategy": "None"}
    assert errors_of(KIND, definition()) == []


@pytest.mark.parametrize(
    ("spec", "start"),
    [
        ({"group": "other.com"}, 'metadata.name: Invalid value: "boxes.example.com": must be spec.names.plural'),
        ({"scope": "World"}, 'spec.scope: Unsupported value: "World"'),
        ({"versions": []}, "spec.versions: Required value"),
        (
            {"versions": [{"name": "v1", "storage": True}]},
            "spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required",
        ),
    ],
)
def test_bad_definitions(spec, start):
    """The first error names the mistake."""
    assert errors_of(KIND, definition(**spec))[0].startswith(start)


PATH = "spec.versions[0].schema.openAPIV3Schema"


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"type": "string"}, f'{PATH}.type: Invalid value: "string": must be object at the root'),
        (
            {"type": "object", "properties": {"a": {}}},
            f"{PATH}.properties[a].type: Required value: must not be empty for specified object fields",
        ),
        (
            {"type": "object", "properties": {"a": {"type": "array"}}},
            f"{PATH}.properties[a].items: Required value: must be specified",
        ),
        (
            {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": True},
            f"{PATH}.additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive",
        ),
        (
            {"type": "object", "properties": {"a": {"type": "array", "items": ["x"]}}},
            f'{PATH}.properties[a].items: Invalid value: ["x"]: must be a schema',
        ),
        (
            {"type": "object", "additionalProperties": {"type": "object", "properties": 1}},
            f"{PATH}.additionalProperties.properties: Invalid value: 1: must be of type object",
        ),
        (
            {"type": "object", "properties": {"a": {"type": "string", "pattern": "[a-"}}},
            f'{PATH}: Invalid value: "": properties.a.pattern: "[a-" is not a "regex"',
        ),
        (
            {"type": "object", "allOf": [{"type": "object"}]},
            f"{PATH}.allOf[0].type: Forbidden: must be empty to be structural",
        ),
    ],
)
def test_schemas_are_structural(schema, message):
    """Every field has one type in one place."""
    assert errors_of(KIND, definition(schema)) == [message]


def test_names_stay_once_served():
    """Objects may exist by then."""
    old = definition()
    old["status"] = {"conditions": [{"type": "Established", "status": "True"}], "storedVersions": ["v1"]}
    new = definition(scope="Cluster")
    assert update_errors_of(KIND, new, old) == ['spec.scope: Invalid value: "Cluster": field is immutable']
    gone = definition(versions=[{**definition()["spec"]["versions"][0], "name": "v2"}])
    assert update_errors_of(KIND, gone, old) == [
        'status.storedVersions[0]: Invalid value: "v1": must appear in spec.versions'
    ]
