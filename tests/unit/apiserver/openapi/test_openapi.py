"""OpenAPI documents say what clients derive their behaviour from."""

import json
from dataclasses import replace

import pytest

from bouvier.apiserver.openapi.components import components, name_of
from bouvier.apiserver.openapi.dialects import V2, V3
from bouvier.apiserver.openapi.documents import documents
from bouvier.apiserver.wire.protobuf.wire import signed, skip, varint
from tests.conformance.wire.sample_kinds import sample_kinds

POD = "io.k8s.api.core.v1.Pod"
META = "io.k8s.apimachinery.pkg.apis.meta.v1."
PROTOBUF = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"


@pytest.fixture(scope="module")
def found():
    return documents(sample_kinds())


@pytest.fixture(scope="module")
def core(found):
    return json.loads(found.openapi_v3("api/v1").content)


@pytest.fixture(scope="module")
def custom(found):
    return json.loads(found.openapi_v3("apis/example.com/v1").content)


@pytest.fixture(scope="module")
def version_two(found):
    return json.loads(found.openapi_v2().content)


def test_index_follows_content(found):
    """Each document is named by the hash of its bytes, under the logical cluster's path; asked by it, it may be kept."""
    paths = json.loads(found.openapi_v3_index("/clusters/blue").content)["paths"]
    served = found.openapi_v3("apis/apps/v1")
    assert paths["apis/apps/v1"]["serverRelativeURL"] == f"/clusters/blue/openapi/v3/apis/apps/v1?hash={served.hash}"
    assert "immutable" in served.headers(served.hash)["Cache-Control"]
    assert "Cache-Control" not in served.headers("old")
    assert found.openapi_v3("apis/absent/v1") is None


def references(value):
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [one for child in value.values() for one in references(child)]
    return [one for child in value for one in references(child)] if isinstance(value, list) else []


@pytest.mark.parametrize("name", ["core", "custom", "version_two"])
def test_every_reference_leads_somewhere(name, request):
    """A document is complete in itself."""
    document = request.getfixturevalue(name)
    place = "components" if "components" in document else "definitions"
    schemas = document["components"]["schemas"] if place == "components" else document["definitions"]
    prefix = "#/components/schemas/" if place == "components" else "#/definitions/"
    wanted = {one.removeprefix(prefix) for one in references(document)}
    assert wanted <= schemas.keys()


def test_schema_is_plain_openapi(core):
    """Nullable types, closed objects and enumerations of JSON Schema are undone; extensions and words are kept."""
    schemas = core["components"]["schemas"]
    pod, spec = schemas[POD], schemas["io.k8s.api.core.v1.PodSpec"]
    assert pod["type"] == "object"
    assert "additionalProperties" not in pod
    assert "enum" not in pod["properties"]["kind"]
    assert pod["x-kubernetes-group-version-kind"] == [{"group": "", "kind": "Pod", "version": "v1"}]
    assert pod["properties"]["spec"]["allOf"] == [{"$ref": "#/components/schemas/io.k8s.api.core.v1.PodSpec"}]
    assert spec["properties"]["containers"]["x-kubernetes-patch-merge-key"] == "name"
    assert spec["properties"]["nodeSelector"]["additionalProperties"] == {"type": "string"}
    assert spec["required"] == ["containers"]
    port = schemas["io.k8s.apimachinery.pkg.util.intstr.IntOrString"]
    assert port == {"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]}


def test_operations(core):
    """Writes name dry run and field validation; patches list their content types."""
    patch = core["paths"]["/api/v1/namespaces/{namespace}/pods/{name}"]["patch"]
    assert {"dryRun", "fieldValidation", "fieldManager", "force"} <= {one["name"] for one in patch["parameters"]}
    assert patch["x-kubernetes-action"] == "patch"
    assert patch["x-kubernetes-group-version-kind"] == {"group": "", "version": "v1", "kind": "Pod"}
    assert "application/strategic-merge-patch+json" in patch["requestBody"]["content"]
    assert "application/apply-patch+yaml" in patch["requestBody"]["content"]
    assert set(core["paths"]["/api/v1/pods"]) == {"get"}
    assert set(core["paths"]["/api/v1/nodes"]) == {"get", "post", "delete"}
    evict = core["paths"]["/api/v1/namespaces/{namespace}/pods/{name}/eviction"]["post"]
    assert evict["requestBody"]["content"]["*/*"]["schema"] == {
        "$ref": "#/components/schemas/io.k8s.api.policy.v1.Eviction"
    }


def test_identifiers_are_unique(core, version_two):
    """Generators of clients need one name for each operation."""
    for document in (core, version_two):
        operations = [one for item in document["paths"].values() for one in item.values() if isinstance(one, dict)]
        names = [one["operationId"] for one in operations]
        assert len(names) == len(set(names))


def test_custom_kind(custom):
    """A custom kind keeps its schema and gets the fields of every object, a list, and no strategic merge."""
    schemas = custom["components"]["schemas"]
    widget = schemas["com.example.v1.Widget"]
    assert widget["properties"]["spec"]["properties"]["size"]["minimum"] == 1
    assert widget["properties"]["metadata"]["allOf"] == [{"$ref": f"#/components/schemas/{META}ObjectMeta"}]
    assert schemas["com.example.v1.WidgetList"]["required"] == ["items"]
    patch = custom["paths"]["/apis/example.com/v1/namespaces/{namespace}/widgets/{name}"]["patch"]
    assert "application/strategic-merge-patch+json" not in patch["requestBody"]["content"]


def test_version_two(version_two):
    """Version 2 has one type for each schema, references beside descriptions, and no logic of custom kinds."""
    definitions = version_two["definitions"]
    assert definitions["io.k8s.apimachinery.pkg.util.intstr.IntOrString"] == {
        "type": "string",
        "format": "int-or-string",
    }
    assert definitions["io.k8s.apimachinery.pkg.api.resource.Quantity"]["type"] == "string"
    assert definitions[POD]["properties"]["spec"]["$ref"] == "#/definitions/io.k8s.api.core.v1.PodSpec"
    port = definitions["com.example.v1.Widget"]["properties"]["spec"]["properties"]["port"]
    assert port == {"x-kubernetes-int-or-string": True, "type": "string", "format": "int-or-string"}
    patch = version_two["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]["patch"]
    assert "application/strategic-merge-patch+json" in patch["consumes"]


def published(schema, dialect):
    """Return what is published of a custom kind with that schema, without the fields of every object."""
    kind = replace(next(one for one in sample_kinds() if not one.definition), schema=schema)
    made = components([kind], dialect)[name_of(kind)]
    del made["x-kubernetes-group-version-kind"]
    for name in ("apiVersion", "kind", "metadata"):
        made.get("properties", {}).pop(name, None)
    return made


OPEN = {"x-kubernetes-preserve-unknown-fields": True}


def test_version_two_says_less_where_more_is_allowed():
    """Clients of version 2 would refuse unknown fields, null and lists of anything if they were told more."""
    assert published({"type": "object", **OPEN, "properties": {"a": {"type": "string"}}}, V2) == {"type": "object"}
    inner = {
        "free": {"type": "object", **OPEN, "properties": {"a": {"type": "string"}}},
        "list": {"type": "array", **OPEN, "items": {"type": "string"}},
        "maybe": {"type": "array", "nullable": True, "items": {"type": "string"}},
    }
    found = published({"type": "object", "properties": inner, "required": ["maybe"]}, V2)
    assert found == {"type": "object", "properties": {"free": OPEN, "list": OPEN, "maybe": {}}}


def test_objects_within_objects_have_their_fields():
    """An embedded object is said to need a kind and an apiVersion, but in version 2 where it is open."""
    embedded = {"type": "object", "x-kubernetes-embedded-resource": True}
    found = published({"type": "object", "properties": {"pod": embedded}}, V3)["properties"]["pod"]
    assert set(found["properties"]) == {"apiVersion", "kind", "metadata"}
    assert found["required"] == ["kind", "apiVersion"]
    found = published({"type": "object", "properties": {"pod": embedded | OPEN}}, V2)["properties"]["pod"]
    assert "properties" not in found


def fields(data):
    """Return the values of a protobuf message by field number."""
    found, at = {}, 0
    while at < len(data):
        tag, at = varint(data, at)
        start = at
        at = skip(data, at, tag & 7)
        if tag & 7 == 2:
            start = varint(data, start)[1]
            found.setdefault(tag >> 3, []).append(data[start:at])
        else:
            found.setdefault(tag >> 3, []).append(signed(varint(data, start)[0]))
    return found


def named(messages):
    pairs = [fields(message) for message in messages]
    return {pair[1][0].decode(): fields(pair[2][0]) for pair in pairs}


def test_protobuf_says_the_same(found, version_two):
    """The protobuf form has every path and definition of the JSON form, with types, extensions and patches."""
    served = found.openapi_v2(PROTOBUF)
    document = fields(served.content)
    assert served.content_type == "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
    assert document[1] == [b"2.0"]
    paths, definitions = named(fields(document[8][0])[2]), named(fields(document[9][0])[1])
    assert paths.keys() == version_two["paths"].keys()
    assert definitions.keys() == version_two["definitions"].keys()
    spec = definitions["io.k8s.api.core.v1.PodSpec"]
    containers = named(fields(spec[25][0])[1])["containers"]
    assert fields(containers[22][0])[1] == [b"array"]
    merge_key = next(fields(one) for one in containers[31] if fields(one)[1] == [b"x-kubernetes-patch-merge-key"])
    assert fields(merge_key[2][0])[2] == [b'"name"']
    patch = fields(paths["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"][8][0])
    assert b"application/strategic-merge-patch+json" in patch[7]
