"""The table of field numbers fits the schemas: nothing is missing, everything has the right shape."""

from bouvier.apiserver.build import served_kinds
from bouvier.apiserver.wire.protobuf.messages import message
from bouvier.apiserver.wire.protobuf.table import VALUES, fields_of, table
from bouvier.kinds.definitions import definition, definitions, reference_of, type_of

# Kinds that are in the schemas but that no server has switched on by default.
NOT_IN_USE = {
    ("resource.k8s.io/v1alpha3", "ResourcePoolStatusRequest"),
    ("scheduling.k8s.io/v1beta1", "PodGroup"),
    ("scheduling.k8s.io/v1beta1", "Workload"),
}
# Kinds that servers write and clients only read.
ANSWERS = {"APIGroup", "APIGroupList", "APIResourceList", "APIVersions", "Status", "WatchEvent"}

SPECIAL = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": "quantity",
    "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1": "json",
    "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime": "micro-time",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Time": "time",
    "io.k8s.apimachinery.pkg.runtime.RawExtension": "json",
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "int-or-string",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON": "json",
}
SIMPLE = {"integer": "int", "boolean": "bool", "number": "double", "string": "string"}


def inner_type(type_):
    """Return a type without its list and map marks."""
    return type_.removeprefix("{}").removeprefix("[]").removeprefix("items(").removesuffix(")")


def json_fields(name):
    """Return a message's fields by JSON name, with those that are embedded."""
    found = {}
    for field in fields_of(name):
        found |= json_fields(field.type) if field.name == "..." else {field.name: field}
    return found


def shape_of(schema):
    """Return what the table should say of a schema; messages by the name of their definition."""
    if type_of(schema) == "array":
        return "[]" + shape_of(schema["items"])
    if isinstance(schema.get("additionalProperties"), dict):
        return "{}" + shape_of(schema["additionalProperties"])
    if schema.get("format") == "byte":
        return "bytes"
    reference = reference_of(schema)
    return SPECIAL.get(reference, reference) or SIMPLE[type_of(schema)]


def all_kinds():
    """Return apiVersion, kind and definition name of every kind in the schemas, except lists."""
    for name, schema in definitions().items():
        for gvk in schema.get("x-kubernetes-group-version-kind") or ():
            if "items" not in (schema.get("properties") or {}) and gvk["kind"] not in ANSWERS:
                yield f"{gvk['group']}/{gvk['version']}".removeprefix("/"), gvk["kind"], name


def test_table_is_sound():
    """Every type that the table names exists, every number is used once, and every reader can be made."""
    known = table().messages
    for name in known:
        fields = fields_of(name)
        assert len({field.number for field in fields}) == len(fields), name
        assert all(inner_type(field.type) in VALUES or inner_type(field.type) in known for field in fields), name
        message(name)


def test_every_kind_has_a_message():
    """Whatever built-in kind a client sends, there is a message for it."""
    kinds = table().kinds
    missing = {
        (api_version, kind)
        for api_version, kind, _ in all_kinds()
        if (api_version, kind) not in kinds and ("", kind) not in kinds
    }
    assert missing == NOT_IN_USE


def test_every_served_kind_has_a_message():
    """All kinds of Kubernetes that this server has can be sent as protobuf."""
    resources = [kind.resource for kind in served_kinds().values() if kind.definition]
    ours = [(one.api_version, one.kind) for one in resources if not one.group.endswith("bouvier.io")]
    assert [one for one in ours if one not in table().kinds] == []


def test_table_has_every_field_of_the_schemas_in_its_shape():
    """The table and the OpenAPI definitions name the same fields of the same types, all the way down from every kind."""
    seen = set()

    def compare(name, definition_name):
        if (name, definition_name) in seen:
            return
        seen.add((name, definition_name))
        properties = dict(definition(definition_name).get("properties") or {})
        known = json_fields(name)
        assert known.keys() == {key for key in properties if key in known or key not in ("apiVersion", "kind")}, name
        for key, field in known.items():
            compare_field(f"{name}.{key}", field.type, shape_of(properties[key]))

    def compare_field(place, type_, shape):
        if type_.startswith(("{}items(", "items(")):
            type_ = type_.replace("items(", "[]").removesuffix(")")
        reference = shape.removeprefix("{}").removeprefix("[]")
        if "." not in reference:
            assert type_ == shape, place
            return
        assert type_.removesuffix(inner_type(type_)) == shape.removesuffix(reference), place
        assert inner_type(type_).rpartition(".")[2] == reference.rpartition(".")[2], place
        if inner_type(type_) not in table().choices:
            compare(inner_type(type_), reference)

    for api_version, kind, name in all_kinds():
        if (api_version, kind) in table().kinds:
            compare(table().kinds[api_version, kind], name)
    assert len(seen) > 400
