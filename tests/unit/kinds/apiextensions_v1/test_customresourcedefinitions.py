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


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ({"type": "integer", "default": "x"}, 'default: Invalid value: "string"'),
        (
            {"type": "object", "properties": {"b": {"type": "integer"}}, "default": {"b": "x"}},
            "default.b: Invalid value",
        ),
        ({"type": "string", "default": None}, "default: Invalid value: null: must not be null unless the field is"),
        (
            {"type": "object", "x-kubernetes-embedded-resource": True},
            "properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without",
        ),
        (
            {"type": "object", "x-kubernetes-preserve-unknown-fields": False},
            "x-kubernetes-preserve-unknown-fields: Invalid value: false: must be true or undefined",
        ),
        (
            {
                "type": "array",
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["k"],
                "items": {"type": "object", "properties": {"k": {"type": "string"}}},
            },
            "items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys",
        ),
        (
            {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "object"}},
            "items.x-kubernetes-map-type: Invalid value: null: must be atomic as item of a list",
        ),
    ],
)
def test_keywords_of_kubernetes(part, message):
    """Defaults fit their place, and lists and embedded resources are described fully."""
    found = errors_of(KIND, definition({"type": "object", "properties": {"a": part}}))

    assert message in "\n".join(found)


def test_metadata_is_left_alone():
    """Of the metadata only names may be described."""
    schema = {
        "type": "object",
        "properties": {"metadata": {"type": "object", "properties": {"labels": {"type": "object"}}}},
    }

    assert "must not specify anything other than name and generateName" in errors_of(KIND, definition(schema))[0]
