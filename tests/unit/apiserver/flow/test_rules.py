"""Matching requests by FlowSchemas' rules."""

import pytest

from bouvier.apiserver.flow.rules import Digest, matches

EVERYTHING = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "namespaces": ["*"], "clusterScope": True}
GET_PODS = Digest("local", "u", ("g", "system:authenticated"), "get", "", "pods", "team")


def subject(kind: str, name: str, namespace: str = "") -> dict:
    field = kind[0].lower() + kind[1:]
    return {"kind": kind, field: {"name": name} | ({"namespace": namespace} if namespace else {})}


def by(subject: dict, rule: dict | None = None) -> list[dict]:
    return [{"subjects": [subject], "resourceRules": [rule or EVERYTHING]}]


@pytest.mark.parametrize(
    ("chosen", "user", "expected"),
    [
        (subject("User", "u"), "u", True),
        (subject("User", "*"), "u", True),
        (subject("User", "v"), "u", False),
        (subject("Group", "g"), "u", True),
        (subject("Group", "*"), "u", True),
        (subject("Group", "h"), "u", False),
        (subject("ServiceAccount", "a", "ns"), "system:serviceaccount:ns:a", True),
        (subject("ServiceAccount", "*", "ns"), "system:serviceaccount:ns:b", True),
        (subject("ServiceAccount", "*", "ns"), "system:serviceaccount:nsx:b", False),
        (subject("ServiceAccount", "a", "ns"), "system:serviceaccount:ns:b", False),
    ],
)
def test_subjects(chosen, user, expected):
    """Users, groups and service accounts are found by name, or all of them by `*`."""
    assert matches(by(chosen), GET_PODS._replace(user=user)) is expected


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, True),
        ({"verbs": ["list"]}, False),
        ({"apiGroups": ["apps"]}, False),
        ({"apiGroups": [""]}, True),
        ({"resources": ["pods/status"]}, False),
        ({"resources": ["pods"]}, True),
        ({"namespaces": ["other"]}, False),
        ({"namespaces": ["team"], "clusterScope": False}, True),
        ({"namespaces": []}, False),
    ],
)
def test_resources(changed, expected):
    """All parts of a rule must agree."""
    assert matches(by(subject("User", "u"), EVERYTHING | changed), GET_PODS) is expected


def test_scope():
    """Requests without a namespace match rules of cluster scope only."""
    nodes = GET_PODS._replace(resource="nodes", namespace="")
    assert matches(by(subject("User", "u")), nodes)
    assert not matches(by(subject("User", "u"), EVERYTHING | {"clusterScope": False}), nodes)


def test_paths():
    """Other paths match by `*`, by name, or by a prefix that ends with `/*`."""
    ask = Digest("local", "u", (), "get", path="/healthz/ping")

    def found(url: str) -> bool:
        rules = [
            {"subjects": [subject("User", "u")], "nonResourceRules": [{"verbs": ["get"], "nonResourceURLs": [url]}]}
        ]
        return matches(rules, ask)

    assert [found(url) for url in ("*", "/healthz/ping", "/healthz/*", "/healthz", "/livez")] == [
        True,
        True,
        True,
        False,
        False,
    ]
