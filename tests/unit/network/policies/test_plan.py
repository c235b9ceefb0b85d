"""Which connections the planned rules let pass."""

from typing import Any

import pytest
from hypothesis import given, settings

from bouvier.network.policies.plan import Chain, Rules, plan
from bouvier.network.policies.views import NamedPort, PodView
from tests.unit.network.policies.making import Cluster, Flow, clusters, flows, is_allowed, passes, policy

WEB = PodView("w", "default", {"app": "web"}, address="10.42.0.2", ports=(NamedPort("TCP", "http", 8080),))
NEAR = PodView("n", "default", {"app": "client"}, address="10.42.0.3")
FAR = PodView("f", "other", {"app": "client"}, address="10.42.1.4", ports=(NamedPort("TCP", "http", 9090),))
NAMESPACES = {"default": {"kubernetes.io/metadata.name": "default"}, "other": {"team": "b"}}
TO_WEB = Flow(NEAR.address, WEB.address, "TCP", 8080)


def planned(*policies: dict[str, Any]) -> Rules:
    cluster = Cluster(list(policies), NAMESPACES, [WEB, NEAR, FAR])
    return plan(cluster.policies, cluster.namespaces, cluster.pods, cluster.held)


@settings(max_examples=400, deadline=None)
@given(clusters())
def test_rules_let_pass_what_policies_say(cluster: Cluster) -> None:
    """For any cluster and connection, the rules decide as a plain reading of the policies does."""
    rules = plan(cluster.policies, cluster.namespaces, cluster.pods, cluster.held)

    wrong = [flow for flow in flows(cluster) if passes(rules, flow) != is_allowed(cluster, flow)]
    assert wrong == []


def test_without_a_policy_nothing_is_judged() -> None:
    """No policy, or none that selects: no address is looked at."""
    assert planned() == Rules()
    assert planned(policy("other")).ingress == {}


@pytest.mark.parametrize(
    ("ingress", "expected"),
    [
        ([], False),
        ([{}], True),
        ([{"from": []}], True),
        ([{"from": [{"podSelector": {}}]}], True),
        ([{"from": [{"podSelector": {"matchLabels": {"app": "web"}}}]}], False),
        ([{"from": [{"namespaceSelector": {"matchLabels": {"team": "b"}}}]}], False),
        ([{"from": [{"ipBlock": {"cidr": "10.42.0.0/24"}}]}], True),
        ([{"from": [{"ipBlock": {"cidr": "10.42.0.0/24", "except": ["10.42.0.3/32"]}}]}], False),
        ([{"from": [{"ipBlock": {"cidr": "fd00::/8"}}]}], False),
        ([{"from": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["0.0.0.0/1", "128.0.0.0/1"]}}]}], False),
        ([{"ports": [{"protocol": "TCP", "port": "http"}]}], True),
        ([{"ports": [{"protocol": "UDP", "port": 8080}]}], False),
        ([{"ports": [{"protocol": "TCP", "port": 8000, "endPort": 8100}]}], True),
        ([{"ports": [{"protocol": "TCP"}]}], True),
    ],
)
def test_ingress(ingress: list[Any], expected: bool) -> None:
    """One rule at a time, from a pod of the same namespace to port 8080."""
    assert passes(planned(policy(ingress=ingress)), TO_WEB) is expected


def test_policies_add_up() -> None:
    """What one policy allows is allowed, whatever others do not."""
    allow = policy(name="allow", ingress=[{"ports": [{"protocol": "TCP", "port": 8080}]}])
    assert not passes(planned(policy()), TO_WEB)
    assert passes(planned(policy(), allow), TO_WEB)


def test_a_named_port_is_the_receivers() -> None:
    """To whom a pod may send by a port's name depends on the port that the receiver calls so."""
    rules = planned(policy(egress=[{"ports": [{"protocol": "TCP", "port": "http"}]}], policyTypes=["Egress"]))
    assert passes(rules, Flow(NEAR.address, FAR.address, "TCP", 9090))
    assert not passes(rules, Flow(NEAR.address, FAR.address, "TCP", 8080))


def test_pods_of_the_same_rules_share_a_chain() -> None:
    """However many pods a policy selects, there is one chain for them."""
    rules = planned(policy())
    assert rules.ingress.keys() == {WEB.address, NEAR.address}
    assert list(rules.chains.values()) == [Chain("ingress")]


def test_an_address_of_nobody_is_closed() -> None:
    """A pod that is not known yet gets and sends nothing until it is."""
    rules = plan([policy("other")], NAMESPACES, [FAR], frozenset({"10.42.0.9"}))
    assert not passes(rules, Flow("10.42.0.9", FAR.address, "TCP", 80))
    assert not passes(rules, Flow(FAR.address, "10.42.0.9", "TCP", 80))
