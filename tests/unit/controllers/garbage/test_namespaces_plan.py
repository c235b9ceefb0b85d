"""Emptying a namespace."""

from bouvier.controllers.garbage.discovery import Served
from bouvier.controllers.garbage.namespaces_plan import Emptying, is_terminating, order, status
from bouvier.meta.gvk import Resource
from bouvier.meta.resources import CONFIGMAPS, NODES, PODS
from tests.unit.controllers.making import NOW, ago

ALL = frozenset(["list", "delete", "watch", "deletecollection"])


def namespace(**more):
    return {"metadata": {"name": "ns", **more}, "spec": {"finalizers": ["kubernetes"]}, "status": {}}


def test_pods_go_first_and_each_resource_once():
    """Nothing is taken away under a running pod; other versions and cluster-wide resources are left out."""
    served = [
        Served(CONFIGMAPS, ALL),
        Served(PODS, ALL),
        Served(NODES, ALL),
        Served(Resource("", "v2", "configmaps", "ConfigMap"), ALL),
        Served(Resource("authorization.k8s.io", "v1", "localsubjectaccessreviews", "X"), frozenset(["create"])),
    ]
    assert order(served) == [[Served(PODS, ALL)], [Served(CONFIGMAPS, ALL)]]


def test_conditions_say_what_a_hanging_namespace_waits_for():
    """`kubectl describe namespace` names resources and finalizers."""
    found = Emptying()
    found.note("widgets.example.com", [{"metadata": {"finalizers": ["example.com/hold"]}}])
    reported = {c["type"]: c for c in status(namespace(), found, NOW)["conditions"]}
    assert reported["NamespaceContentRemaining"]["message"] == (
        "Some resources are remaining: widgets.example.com. has 1 resource instances"
    )
    assert reported["NamespaceFinalizersRemaining"]["message"] == (
        "Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances"
    )
    assert reported["NamespaceDeletionContentFailure"]["status"] == "False"
    assert not found.is_done


def test_refusals_and_failed_discovery_keep_the_namespace():
    """What could not be seen may still be there."""
    assert not Emptying(failures=["pods: forbidden"]).is_done
    assert not Emptying(discovery_failure="down").is_done
    assert Emptying().is_done


def test_only_a_deleted_namespace_with_our_finalizer_is_emptied():
    """A namespace that lives is never touched."""
    assert not is_terminating(namespace())
    assert is_terminating(namespace(deletionTimestamp=ago(1)))
    assert not is_terminating({**namespace(deletionTimestamp=ago(1)), "spec": {}})
