"""What objects count for in quotas, and which quotas are about them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.kinds.usage.amounts import amounts_of, pod_amounts, text
from bouvier.kinds.usage.objects import usage
from bouvier.kinds.usage.quotas import growth, refusal, unset
from bouvier.kinds.usage.scopes import matches
from bouvier.meta.resources import CONFIGMAPS, DEPLOYMENTS, PERSISTENTVOLUMECLAIMS, PODS, SERVICES


def container(name="c", restart=None, **requests):
    made = {"name": name, "resources": {"requests": requests}}
    return made | ({"restartPolicy": restart} if restart else {})


def pod(*containers, status=None, **spec):
    return {"metadata": {"name": "p"}, "spec": {"containers": list(containers), **spec}, "status": status or {}}


def shown(amounts):
    return {name: text(name, amount) for name, amount in amounts.items()}


def test_a_pod_counts_with_all_its_names():
    """Requests count under both names, limits under theirs, other resources as requests."""
    one = container(cpu="250m", memory="1Gi")
    one["resources"]["requests"]["example.com/gpu"] = "2"
    one["resources"]["limits"] = {"cpu": "1"}
    assert shown(usage(PODS, pod(one))) == {
        "count/pods": "1",
        "pods": "1",
        "cpu": "250m",
        "requests.cpu": "250m",
        "memory": "1Gi",
        "requests.memory": "1Gi",
        "requests.example.com/gpu": "2",
        "limits.cpu": "1",
    }


def test_a_pod_that_ended_only_exists():
    """It uses nothing any more, but it is still an object."""
    assert shown(usage(PODS, pod(container(cpu="1"), status={"phase": "Succeeded"}))) == {"count/pods": "1"}


def test_init_containers_and_sidecars():
    """The largest moment counts, and sidecars stay."""
    spec = pod(
        container(cpu="1"),
        initContainers=[
            container("first", cpu="3"),
            container("side", "Always", cpu="500m"),
            container("next", cpu="2"),
        ],
    )["spec"]
    assert pod_amounts(spec, "requests") == {"cpu": Decimal(3)}
    spec["initContainers"][0]["resources"]["requests"]["cpu"] = "1"
    assert pod_amounts(spec, "requests") == {"cpu": Decimal("2.5")}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"type": "ClusterIP", "ports": [{}]}, {}),
        ({"type": "NodePort", "ports": [{}, {}]}, {"services.nodeports": "2"}),
        ({"type": "LoadBalancer", "ports": [{}]}, {"services.loadbalancers": "1", "services.nodeports": "1"}),
        (
            {"type": "LoadBalancer", "ports": [{}], "allocateLoadBalancerNodePorts": False},
            {"services.loadbalancers": "1", "services.nodeports": "0"},
        ),
    ],
)
def test_services_count_their_ports(spec, expected):
    """Node ports and balancers are limited on their own."""
    found = shown(usage(SERVICES, {"metadata": {}, "spec": spec}))
    assert found == {"count/services": "1", "services": "1"} | expected


def test_claims_count_their_size_and_class():
    """In all, and for each class."""
    spec = {"resources": {"requests": {"storage": "10Gi"}}, "storageClassName": "fast"}
    assert shown(usage(PERSISTENTVOLUMECLAIMS, {"metadata": {}, "spec": spec})) == {
        "count/persistentvolumeclaims": "1",
        "persistentvolumeclaims": "1",
        "requests.storage": "10Gi",
        "fast.storageclass.storage.k8s.io/persistentvolumeclaims": "1",
        "fast.storageclass.storage.k8s.io/requests.storage": "10Gi",
    }


def test_other_objects_are_counted():
    """Under `count/` with their group, a few also under their bare name."""
    assert list(usage(DEPLOYMENTS, {"metadata": {}})) == ["count/deployments.apps"]
    assert list(usage(CONFIGMAPS, {"metadata": {}})) == ["count/configmaps", "configmaps"]


@pytest.mark.parametrize(
    ("quota", "spec", "is_match"),
    [
        ({}, {}, True),
        ({"scopes": ["Terminating"]}, {"activeDeadlineSeconds": 5}, True),
        ({"scopes": ["NotTerminating"]}, {"activeDeadlineSeconds": 5}, False),
        ({"scopes": ["BestEffort"]}, {}, True),
        ({"scopes": ["NotBestEffort", "NotTerminating"]}, {}, False),
        ({"selector": ("PriorityClass", "In", ["high"])}, {"priorityClassName": "high"}, True),
        ({"selector": ("PriorityClass", "In", ["high"])}, {"priorityClassName": "low"}, False),
        ({"selector": ("PriorityClass", "DoesNotExist", [])}, {}, True),
        ({"selector": ("CrossNamespacePodAffinity", "Exists", [])}, {}, False),
    ],
)
def test_scopes(quota, spec, is_match):
    """Each scope looks at what it is named after; several must all match."""
    made = {"spec": {"scopes": quota.get("scopes")}}
    if "selector" in quota:
        scope, operator, values = quota["selector"]
        expression = {"scopeName": scope, "operator": operator, "values": values}
        made["spec"]["scopeSelector"] = {"matchExpressions": [expression]}
    assert matches(made, PODS, pod(container(), **spec)) is is_match
    if quota:
        assert not matches(made, CONFIGMAPS, {"metadata": {}})


def test_a_scoped_quota_sees_terms_on_other_namespaces():
    """Affinity to pods elsewhere is what CrossNamespacePodAffinity is about."""
    term = {"topologyKey": "zone", "namespaceSelector": {}}
    affinity = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    quota = {"spec": {"scopes": ["CrossNamespacePodAffinity"]}}
    assert matches(quota, PODS, pod(container(), affinity=affinity))


def quota(hard, used, name="q"):
    return {"metadata": {"name": name}, "spec": {"hard": hard}, "status": {"hard": hard, "used": used}}


def test_a_refusal_names_every_number():
    """What was asked, what is used, what there is; and only what does not fit."""
    made = quota({"pods": "2", "requests.memory": "1Gi"}, {"pods": "1", "requests.memory": "768Mi"})
    wanted = amounts_of({"pods": "1", "requests.memory": "512Mi", "cpu": "1"})
    assert refusal(made, wanted, amounts_of(made["status"]["used"])) == (
        "exceeded quota: q, requested: requests.memory=512Mi, used: requests.memory=768Mi, limited: requests.memory=1Gi"
    )


def test_what_was_never_counted_is_not_guessed():
    """Until the controller has measured a new quota, nothing is let through."""
    made = quota({"pods": "2"}, {})
    assert refusal(made, amounts_of({"pods": "1"}), {}) == "status unknown for quota: q, resources: pods"


def test_unlimited_pods_are_refused_by_container():
    """Every container must say how much it wants of what is limited."""
    made = quota({"limits.cpu": "1", "memory": "1Gi"}, {})
    two = pod(container("a", memory="1Gi"), container("b"))
    assert unset(made, PODS, two) == "failed quota: q: must specify limits.cpu for: a,b; memory for: b"


@given(
    hard=st.integers(0, 50),
    steps=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=30),
)
def test_what_is_accepted_never_exceeds_the_limit(hard, steps):
    """Whatever grows and shrinks, the sum of what was let through stays within."""
    used = Decimal(0)
    for new, old in steps:
        wanted = growth({"pods": Decimal(new)}, {"pods": Decimal(old)})
        if not refusal(quota({"pods": str(hard)}, {"pods": str(used)}), wanted, {"pods": used}):
            used += wanted.get("pods", 0)
        assert used <= hard
