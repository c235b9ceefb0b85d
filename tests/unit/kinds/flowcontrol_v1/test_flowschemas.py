"""FlowSchemas."""

import copy

import pytest

from bouvier.kinds import schemas
from bouvier.kinds.flowcontrol_v1 import born
from bouvier.kinds.flowcontrol_v1.flowschemas import KIND

RULE = {"verbs": ["get"], "apiGroups": [""], "resources": ["pods"], "namespaces": ["*"]}
URLS = {"verbs": ["get"], "nonResourceURLs": ["/healthz"]}
USER = {"kind": "User", "user": {"name": "u"}}


def schema(name="mine", **spec) -> dict:
    filled = {
        "priorityLevelConfiguration": {"name": "global-default"},
        "matchingPrecedence": 500,
        "rules": [{"subjects": [USER], "resourceRules": [RULE]}],
    }
    return {"metadata": {"name": name}, "spec": filled | spec}


def rule(**changed) -> dict:
    return schema(rules=[{"subjects": [USER], "resourceRules": [RULE | changed]}])


def urls(**changed) -> dict:
    return schema(rules=[{"subjects": [USER], "nonResourceRules": [URLS | changed]}])


def subjects(*them) -> dict:
    return schema(rules=[{"subjects": list(them), "resourceRules": [RULE]}])


def errors(obj) -> list[str]:
    return [str(error) for error in KIND.validate(obj)]


@pytest.mark.parametrize("obj", [*born.MANDATORY_SCHEMAS, *born.SUGGESTED_SCHEMAS], ids=lambda o: o["metadata"]["name"])
def test_born_schemas_are_good(obj):
    """What the server makes itself passes its checks and needs no default."""
    filled = copy.deepcopy(obj)
    KIND.default(filled)
    assert filled == obj
    assert errors(obj) == []
    findings = schemas.check(KIND, obj)
    assert not findings.errors
    assert not findings.unknown


def test_precedence_defaults_to_1000():
    """As Kubernetes."""
    obj = {"metadata": {"name": "a"}, "spec": {"priorityLevelConfiguration": {"name": "x"}}}
    KIND.default(obj)
    assert obj["spec"]["matchingPrecedence"] == 1000
    assert errors(obj) == []


@pytest.mark.parametrize(
    ("obj", "error"),
    [
        (schema(matchingPrecedence=-1), "spec.matchingPrecedence: Invalid value: -1: must be a positive value"),
        (
            schema(matchingPrecedence=10001),
            "spec.matchingPrecedence: Invalid value: 10001: must not be greater than 10000",
        ),
        (
            schema(matchingPrecedence=1),
            "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1",
        ),
        (
            schema(distinguisherMethod={"type": "ByFoo"}),
            'spec.distinguisherMethod.type: Unsupported value: {"type":"ByFoo"}: supported values: "ByNamespace", "ByUser"',
        ),
        (
            schema(priorityLevelConfiguration={}),
            "spec.priorityLevelConfiguration.name: Required value: must reference a priority level",
        ),
        (subjects(), "spec.rules[0].subjects: Required value: subjects must contain at least one value"),
        (
            schema(rules=[{"subjects": [USER]}]),
            "spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty",
        ),
        (
            subjects({"kind": "Foo"}),
            'spec.rules[0].subjects[0].kind: Unsupported value: "Foo": supported values: "Group", "ServiceAccount", "User"',
        ),
        (
            subjects({"kind": "User"}),
            "spec.rules[0].subjects[0].user: Required value: user is required when subject kind is 'User'",
        ),
        (subjects({"kind": "Group", "group": {}}), "spec.rules[0].subjects[0].group.name: Required value"),
        (
            subjects(USER | {"group": {"name": "g"}}),
            "spec.rules[0].subjects[0].group: Forbidden: group is forbidden when subject kind is not 'Group'",
        ),
        (
            subjects({"kind": "ServiceAccount", "serviceAccount": {"name": "*"}}),
            "spec.rules[0].subjects[0].serviceAccount.namespace: Required value: must specify namespace for service account",
        ),
        (
            rule(verbs=["feed"]),
            (
                'spec.rules[0].resourceRules[0].verbs: Unsupported value: ["feed"]: supported values: "create", "delete", '
                '"deletecollection", "get", "list", "patch", "proxy", "update", "watch"'
            ),
        ),
        (
            rule(verbs=["*", "get"]),
            'spec.rules[0].resourceRules[0].verbs: Invalid value: ["*","get"]: if \'*\' is present, must not specify other verbs',
        ),
        (
            rule(apiGroups=[]),
            "spec.rules[0].resourceRules[0].apiGroups: Required value: resource rules must supply at least one api group",
        ),
        (
            rule(resources=["*", "pods"]),
            (
                'spec.rules[0].resourceRules[0].resources: Invalid value: ["*","pods"]: if \'*\' is present, '
                "must not specify other resources"
            ),
        ),
        (
            rule(namespaces=[]),
            (
                "spec.rules[0].resourceRules[0].namespaces: Required value: resource rules that are not cluster scoped must "
                "supply at least one namespace"
            ),
        ),
        (
            urls(nonResourceURLs=["healthz"]),
            'spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: "healthz": must start with slash',
        ),
        (
            urls(nonResourceURLs=["/a//b"]),
            'spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: "/a//b": must not contain double slash',
        ),
        (
            urls(nonResourceURLs=["/a*"]),
            'spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: "/a*": wildcard can only do suffix matching',
        ),
        (
            schema() | {"status": {"conditions": [{"type": "A"}, {"type": "A"}]}},
            'status.conditions[1].type: Duplicate value: "A"',
        ),
    ],
)
def test_wrong_schemas_are_refused(obj, error):
    """Each mistake is told in Kubernetes' words."""
    assert error in errors(obj)


def test_mandatory_schemas_stay_as_they_are():
    """Nobody gives himself the exempt level's name, or closes the way for everybody else."""
    assert "spec of 'exempt' must equal the fixed value" in errors(schema("exempt", matchingPrecedence=1))[-1]
    assert "spec of 'catch-all' must equal the fixed value" in errors(schema("catch-all"))[-1]


def test_cells():
    """Name, level, precedence, method, age, and whether the level is missing."""
    obj = schema(distinguisherMethod={"type": "ByUser"}) | {
        "status": {"conditions": [{"type": "Dangling", "status": "True"}]}
    }
    titles = [column.name for column in KIND.columns]
    cells = dict(zip(titles, (column.value(obj) for column in KIND.columns), strict=True))
    assert titles == ["Name", "PriorityLevel", "MatchingPrecedence", "DistinguisherMethod", "Age", "MissingPL"]
    assert (cells["PriorityLevel"], cells["MatchingPrecedence"]) == ("global-default", 500)
    assert (cells["DistinguisherMethod"], cells["MissingPL"]) == ("ByUser", "True")
    assert KIND.columns[5].value(schema()) == "?"
    assert KIND.columns[3].value(schema()) == "<none>"
