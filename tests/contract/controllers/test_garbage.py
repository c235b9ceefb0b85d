"""Owners, dependents and namespaces on the real API server."""

import pytest

from bouvier.meta.gvk import Resource
from bouvier.meta.resources import (
    CONFIGMAPS,
    CUSTOMRESOURCEDEFINITIONS,
    DEPLOYMENTS,
    NAMESPACES,
    PODS,
    REPLICASETS,
    SERVICEACCOUNTS,
)
from tests.contract.controllers.test_workloads import deployment, is_rolled_out
from tests.contract.controllers.world import NAMESPACE, world

WIDGETS = Resource("example.com", "v1", "widgets", "Widget")


def widget_definition():
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
                }
            ],
        },
    }


def config(name, owner=None, **metadata):
    references = []
    if owner:
        references = [
            {
                "apiVersion": owner["apiVersion"],
                "kind": owner["kind"],
                "name": owner["metadata"]["name"],
                "uid": owner["metadata"]["uid"],
            }
        ]
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": NAMESPACE, "ownerReferences": references, **metadata},
    }


@pytest.fixture
async def here(tmp_path):
    async with world(tmp_path) as made:
        yield made


async def deployed(here):
    await here.admin.create(DEPLOYMENTS, deployment(2))
    await here.object(DEPLOYMENTS, "web", is_rolled_out("web:1"))


@pytest.mark.parametrize("cascade", ["background", "foreground"])
async def test_deleting_a_deployment_deletes_its_pods(here, cascade):
    """With either cascade nothing is left."""
    await deployed(here)
    await here.api.kubectl("-n", NAMESPACE, "delete", "deployment", "web", f"--cascade={cascade}")
    await here.gone(DEPLOYMENTS, "web")
    await here.seen(REPLICASETS, lambda items: not items)
    await here.seen(PODS, lambda items: not items)


async def test_orphaned_sets_keep_running_and_are_adopted_again(here):
    """`--cascade=orphan` and a new Deployment of the same template change no pod."""
    await deployed(here)
    before = {p["metadata"]["uid"] for p in (await here.admin.list(PODS, NAMESPACE)).items}
    await here.api.kubectl("-n", NAMESPACE, "delete", "deployment", "web", "--cascade=orphan")
    await here.gone(DEPLOYMENTS, "web")
    await here.seen(REPLICASETS, lambda items: len(items) == 1 and not items[0]["metadata"].get("ownerReferences"))
    await deployed(here)
    assert {p["metadata"]["uid"] for p in (await here.admin.list(PODS, NAMESPACE)).items} == before


async def test_custom_resources_own_and_are_owned(here):
    """A kind that is defined while the platform runs takes part in the collection."""
    await here.admin.create(CUSTOMRESOURCEDEFINITIONS, widget_definition())
    await here.object(CUSTOMRESOURCEDEFINITIONS, "widgets.example.com", lambda d: d["status"].get("conditions"))
    metadata = {"name": "w", "namespace": NAMESPACE}
    owner = await here.admin.create(WIDGETS, {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": metadata})
    kept = await here.admin.create(CONFIGMAPS, config("kept"))
    await here.admin.create(CONFIGMAPS, config("owned", owner))
    references = [*config("x", owner)["metadata"]["ownerReferences"], *config("x", kept)["metadata"]["ownerReferences"]]
    await here.admin.create(CONFIGMAPS, config("shared", ownerReferences=references))
    await here.admin.delete(WIDGETS, "w", NAMESPACE)
    await here.gone(CONFIGMAPS, "owned")
    await here.object(CONFIGMAPS, "shared", lambda c: len(c["metadata"]["ownerReferences"]) == 1)


async def test_a_dangling_reference_is_collected(here):
    """An owner that does not exist (any more) keeps nothing."""
    ghost = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "ghost", "uid": "00000000-0000-0000-0000-000000000000"},
    }
    await here.admin.create(CONFIGMAPS, config("dangling", ghost))
    await here.gone(CONFIGMAPS, "dangling")


async def test_a_deleted_namespace_takes_everything_with_it(here):
    """Workloads, custom resources and defaults go; then the namespace does."""
    await deployed(here)
    await here.admin.create(CUSTOMRESOURCEDEFINITIONS, widget_definition())
    await here.object(CUSTOMRESOURCEDEFINITIONS, "widgets.example.com", lambda d: d["status"].get("conditions"))
    metadata = {"name": "w", "namespace": NAMESPACE}
    await here.admin.create(WIDGETS, {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": metadata})
    await here.admin.delete(NAMESPACES, NAMESPACE)
    await here.gone(NAMESPACES, NAMESPACE)
    for resource in (DEPLOYMENTS, REPLICASETS, PODS, WIDGETS, CONFIGMAPS, SERVICEACCOUNTS):
        assert (await here.admin.list(resource, NAMESPACE)).items == []


async def test_a_namespace_says_what_it_waits_for(here):
    """An object with a finalizer holds it, visibly, and its release ends it."""
    await here.admin.create(CONFIGMAPS, config("held", finalizers=["example.com/hold"]))
    await here.admin.delete(NAMESPACES, NAMESPACE)

    def names_finalizer(namespace):
        conditions = {c["type"]: c for c in namespace["status"].get("conditions") or ()}
        return "example.com/hold in 1" in conditions.get("NamespaceFinalizersRemaining", {}).get("message", "")

    await here.object(NAMESPACES, NAMESPACE, names_finalizer)
    await here.admin.patch(CONFIGMAPS, "held", {"metadata": {"finalizers": None}}, namespace=NAMESPACE)
    await here.gone(NAMESPACES, NAMESPACE)


async def test_every_namespace_has_its_defaults(here):
    """Account and certificate come with the namespace, come back when deleted, and are repaired when changed."""
    await here.object(SERVICEACCOUNTS, "default", lambda _: True)
    await here.object(CONFIGMAPS, "kube-root-ca.crt", lambda c: c["data"] == {"ca.crt": "CA"})
    await here.admin.delete(SERVICEACCOUNTS, "default", NAMESPACE)
    await here.object(SERVICEACCOUNTS, "default", lambda _: True)
    await here.admin.patch(CONFIGMAPS, "kube-root-ca.crt", {"data": {"ca.crt": "bad"}}, namespace=NAMESPACE)
    await here.object(CONFIGMAPS, "kube-root-ca.crt", lambda c: c["data"] == {"ca.crt": "CA"})
