"""Validation rules of custom kinds: what is accepted, what it costs, and what it says about objects."""

import pytest

from bouvier.kinds.kind import Kind
from bouvier.kinds.rules.checks import check_schema_rules
from bouvier.kinds.rules.evaluated import check_rules
from bouvier.meta.gvk import Resource

PATH = "spec.versions[0].schema.openAPIV3Schema"


def schema_of(spec, rules=()):
    return {"type": "object", "properties": {"spec": {"type": "object", "properties": spec, **ruled(*rules)}}}


def ruled(*rules):
    made = [{"rule": rule} if isinstance(rule, str) else rule for rule in rules]
    return {"x-kubernetes-validations": made} if made else {}


def refusals(schema):
    return [str(error) for error in check_schema_rules(PATH, schema)]


def found(schema, spec, old=None):
    kind = Kind(Resource("a.io", "v1", "xs", "X", namespaced=True), "x", "", schema=schema)
    envelope = {"apiVersion": "a.io/v1", "kind": "X", "metadata": {"name": "n"}}
    findings = check_rules(kind, {**envelope, "spec": spec}, None if old is None else {**envelope, "spec": old})
    return [str(error) for error in findings.errors], findings.warnings


INTEGER, TEXT = {"type": "integer"}, {"type": "string"}


def test_broken_rule_is_named_with_its_place():
    """The message is the rule's own, else the rule itself."""
    schema = schema_of(
        {"min": INTEGER, "max": INTEGER, "name": {**TEXT, **ruled("self.size() < 3")}},
        [{"rule": "self.min <= self.max", "message": "min must not exceed max"}],
    )

    errors, _ = found(schema, {"min": 3, "max": 2, "name": "long"})

    assert errors == [
        'spec: Invalid value: "object": min must not exceed max',
        'spec.name: Invalid value: "string": failed rule: self.size() < 3',
    ]


def test_reason_path_and_evaluated_message():
    """Rules may choose the kind of error, the field and the words."""
    rule = {
        "rule": "self.max < 10",
        "reason": "FieldValueForbidden",
        "fieldPath": ".max",
        "messageExpression": "'max is %d'.format([self.max])",
    }

    assert found(schema_of({"max": INTEGER}, [rule]), {"max": 12})[0] == ["spec.max: Forbidden: max is 12"]


def test_transition_rules_need_an_old_value():
    """Rules with oldSelf are for updates, unless it is optional."""
    schema = schema_of({"name": {**TEXT, **ruled({"rule": "self == oldSelf", "message": "name is immutable"})}})
    optional = schema_of(
        {"n": {**INTEGER, **ruled({"rule": "!oldSelf.hasValue() || self > oldSelf.value()", "optionalOldSelf": True})}}
    )

    assert found(schema, {"name": "a"})[0] == []
    assert found(schema, {"name": "b"}, {"name": "a"})[0] == ['spec.name: Invalid value: "string": name is immutable']
    assert found(optional, {"n": 1})[0] == []
    assert len(found(optional, {"n": 1}, {"n": 1})[0]) == 1


def test_elements_of_keyed_lists_are_found_again():
    """A rule on elements compares with the old element of the same key."""
    item = {"type": "object", "properties": {"name": TEXT, "size": INTEGER}, **ruled("self.size >= oldSelf.size")}
    schema = schema_of(
        {
            "items": {
                "type": "array",
                "items": item,
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["name"],
            }
        }
    )
    old = {"items": [{"name": "a", "size": 5}, {"name": "b", "size": 1}]}

    errors, _ = found(schema, {"items": [{"name": "b", "size": 2}, {"name": "a", "size": 4}]}, old)

    assert errors == ['spec.items[1]: Invalid value: "object": failed rule: self.size >= oldSelf.size']


def test_unchanged_values_only_warn():
    """What was wrong before does not stop a change elsewhere."""
    schema = schema_of({"a": {**INTEGER, **ruled("self > 5")}, "b": INTEGER})

    errors, warnings = found(schema, {"a": 1, "b": 2}, {"a": 1, "b": 1})

    assert (errors, warnings) == ([], ['spec.a: Invalid value: "integer": failed rule: self > 5'])
    assert len(found(schema, {"a": 2, "b": 2}, {"a": 1, "b": 1})[0]) == 1


def test_values_have_the_types_of_the_schema():
    """Dates, durations, bytes, numbers and sets are what they say."""
    schema = schema_of(
        {
            "when": {"type": "string", "format": "date-time"},
            "wait": {"type": "string", "format": "duration"},
            "data": {"type": "string", "format": "byte"},
            "share": {"type": "number"},
            "tags": {"type": "array", "items": TEXT, "x-kubernetes-list-type": "set"},
            "port": {"x-kubernetes-int-or-string": True},
            "x-y": INTEGER,
            "namespace": TEXT,
        },
        [
            "self.when.getFullYear() == 2020",
            "self.wait < duration('1h')",
            "self.data.size() == 3",
            "self.share == 1.0",
            "self.tags == ['b', 'a'] && self.tags + ['a', 'c'] == ['a', 'b', 'c']",
            "type(self.port) == int ? self.port > 0 : self.port.endsWith('%')",
            "self.x__dash__y == 1 && self.__namespace__ == 'n'",
        ],
    )
    spec = {
        "when": "2020-01-01T00:00:00Z",
        "wait": "5m",
        "data": "YWJj",
        "share": 1,
        "tags": ["a", "b"],
        "port": "5%",
        "x-y": 1,
        "namespace": "n",
    }

    assert (refusals({**schema}), found(schema, spec)) == ([], ([], []))


def test_object_fields_at_the_root():
    """Rules at the root see name and kind, and nothing else of the metadata."""
    schema = schema_of({}) | ruled("self.metadata.name == 'n' && self.kind == 'X'")
    hidden = schema_of({}) | ruled("self.metadata.labels.size() == 0")

    assert found(schema, {}) == ([], [])
    assert "undefined field 'labels'" in refusals(hidden)[0]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("self.bad == 1", 'rule: Invalid value: apiextensions.ValidationRule{Rule:"self.bad == 1"'),
        ("self.n + 1", "must evaluate to a bool"),
        ("", "rule: Required value: rule is not specified"),
        ({"rule": "self.n == 1", "message": "a\nb"}, 'message: Invalid value: "a\\nb": message must not contain line'),
        ({"rule": "self.n == 1", "messageExpression": "1"}, "messageExpression must evaluate to a string"),
        ({"rule": "self.n == 1", "reason": "Odd"}, 'reason: Unsupported value: "Odd"'),
        ({"rule": "self.n == 1", "fieldPath": ".zzz"}, "fieldPath must be a valid path"),
        ({"rule": "self.n == 1", "optionalOldSelf": True}, "may not be set if oldSelf is not used in rule"),
    ],
)
def test_refused_rule(rule, message):
    """A definition with such a rule is not stored."""
    assert message in "\n".join(refusals(schema_of({"n": INTEGER}, [rule])))


def test_compile_errors_point_into_the_rule():
    """The error shows the rule and marks the place."""
    errors = refusals(schema_of({"n": INTEGER}, ["self.bad == 1"]))

    assert errors[0].endswith(
        "compilation failed: ERROR: <input>:1:5: undefined field 'bad'\n | self.bad == 1\n | ....^"
    )


def test_elements_without_keys_have_no_old_value():
    """Transition rules need elements that can be found again."""
    schema = schema_of(
        {"items": {"type": "array", "maxItems": 3, "items": {**TEXT, "maxLength": 5, **ruled("self == oldSelf")}}}
    )

    assert refusals(schema) == [
        (
            f"{PATH}.properties[spec].properties[items].items.x-kubernetes-validations[0].rule: Invalid value:"
            ' "self == oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within'
            f" {PATH}.properties[spec].properties[items]"
        )
    ]


def test_expensive_rules_are_refused_until_limits_are_set():
    """A quadratic rule over an unlimited list costs too much; with maxItems it does not."""
    rule = "self.items.all(x, self.items.exists(y, x == y))"
    unlimited = {"items": {"type": "array", "items": TEXT}}
    limited = {"items": {"type": "array", "maxItems": 20, "items": {**TEXT, "maxLength": 20}}}

    errors = refusals(schema_of(unlimited, [rule]))

    assert "Forbidden: estimated rule cost exceeds budget by factor of more than 100x" in errors[0]
    assert "cost total for entire OpenAPIv3 schema exceeds budget" in errors[-1]
    assert refusals(schema_of(limited, [rule])) == []


def test_budget_of_an_object():
    """Rules that would run too long end the check with an error."""
    schema = schema_of(
        {"items": {"type": "array", "items": INTEGER}}, ["self.items.all(x, self.items.all(y, x <= y + 9))"]
    )

    errors, _ = found(schema, {"items": [1] * 3000})

    assert errors == [
        (
            "spec: Invalid value: \"object\": 'operation cancelled: actual cost limit exceeded': no further validation"
            " rules will be run due to call cost exceeds limit for rule: self.items.all(x, self.items.all(y, x <= y + 9))"
        )
    ]


def test_repeated_elements():
    """Sets and lists known by keys have each element once; what was repeated before may stay."""
    from bouvier.kinds.rules.lists import check_lists

    item = {"type": "object", "properties": {"name": TEXT, "port": {**INTEGER, "default": 80}}}
    schema = schema_of(
        {
            "tags": {"type": "array", "items": TEXT, "x-kubernetes-list-type": "set"},
            "items": {
                "type": "array",
                "items": item,
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["name", "port"],
            },
        }
    )
    kind = Kind(Resource("a.io", "v1", "xs", "X", namespaced=True), "x", "", schema=schema)
    obj = {"spec": {"tags": ["a", "b", "a"], "items": [{"name": "x"}, {"name": "x", "port": 80}, {"name": "y"}]}}

    assert [str(error) for error in check_lists(kind, obj, None)] == [
        'spec.tags[2]: Duplicate value: "a"',
        'spec.items[1]: Duplicate value: {"name":"x","port":80}',
    ]
    assert check_lists(kind, obj, obj) == []
