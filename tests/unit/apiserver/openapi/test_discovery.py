"""Discovery documents list groups, versions and resources as clients expect them."""

import json

import pytest

from bouvier.apiserver.openapi.documents import documents
from bouvier.apiserver.openapi.groups import by_group, version_rank
from tests.conformance.wire.sample_kinds import sample_kinds

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


@pytest.fixture
def found():
    return documents(sample_kinds())


def parsed(served):
    return json.loads(served.content)


def test_versions_are_ranked_by_stability():
    """GA before beta before alpha, higher before lower, other words last."""
    ranked = sorted(["v1beta1", "x", "v1", "v2", "v2alpha1", "v1beta2", "v10"], key=version_rank)
    assert ranked == ["v10", "v2", "v1", "v1beta2", "v1beta1", "v2alpha1", "x"]


def test_groups_are_ordered():
    """Core and Kubernetes' groups come before custom ones, so that short names mean the built-in kinds."""
    groups = list(by_group(sample_kinds()))
    assert groups[:2] == ["", "apps"]
    assert groups[-1] == "example.com"


def test_legacy_roots(found):
    """`/api` names version and address, `/apis` every group with its preferred version."""
    assert parsed(found.api("10.0.0.1:6443"))["serverAddressByClientCIDRs"][0]["serverAddress"] == "10.0.0.1:6443"
    apps = next(group for group in parsed(found.apis())["groups"] if group["name"] == "apps")
    assert apps["preferredVersion"] == {"groupVersion": "apps/v1", "version": "v1"}
    assert parsed(found.group("apps"))["kind"] == "APIGroup"
    assert found.group("") is None
    assert found.group("absent.example") is None


def test_legacy_resources(found):
    """Resources come with short names and verbs, subresources with the kind of their body."""
    listed = parsed(found.resources("apps", "v1"))
    by_name = {one["name"]: one for one in listed["resources"]}
    assert listed["groupVersion"] == "apps/v1"
    assert by_name["deployments"]["shortNames"] == ["deploy"]
    assert by_name["deployments/scale"] == {
        "name": "deployments/scale",
        "singularName": "",
        "namespaced": True,
        "group": "autoscaling",
        "version": "v1",
        "kind": "Scale",
        "verbs": ["get", "patch", "update"],
    }
    assert found.resources("apps", "v2") is None


def test_aggregated(found):
    """The aggregated form holds the core group under `/api` and the others under `/apis`."""
    core, named = found.api("", AGGREGATED), found.apis(AGGREGATED)
    assert core.content_type == AGGREGATED
    assert [item["metadata"] for item in parsed(core)["items"]] == [{}]
    widgets = parsed(named)["items"][-1]
    assert widgets["metadata"] == {"name": "example.com"}
    assert widgets["versions"][0]["resources"][0] == {
        "resource": "widgets",
        "responseKind": {"group": "example.com", "version": "v1", "kind": "Widget"},
        "scope": "Namespaced",
        "singularResource": "widget",
        "shortNames": ["wd"],
        "categories": ["all"],
        "verbs": ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
    }


def test_the_same_kinds_share_documents():
    """Asking twice costs nothing; a new kind makes new documents but shares those it is not in."""
    kinds = sample_kinds()
    assert documents(kinds) is documents(list(kinds))
    fewer = documents([kind for kind in kinds if kind.resource.group != "example.com"])
    assert fewer.openapi_v3("apis/apps/v1") is documents(kinds).openapi_v3("apis/apps/v1")
    assert fewer.apis().etag != documents(kinds).apis().etag
