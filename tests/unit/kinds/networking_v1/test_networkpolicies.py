"""Network policies and ingress classes."""

from tests.unit.kinds.making import defaulted, errors_of, kind_named, update_errors_of

KIND = kind_named("networkpolicies", "networking.k8s.io")
CLASS = kind_named("ingressclasses", "networking.k8s.io")


def policy(**spec):
    return {"metadata": {"name": "a", "namespace": "x"}, "spec": {"podSelector": {}, **spec}}


def test_directions_follow_from_rules():
    """A policy is about incoming traffic, and about outgoing if it says something about it."""
    assert defaulted(KIND, policy())["spec"]["policyTypes"] == ["Ingress"]
    assert defaulted(KIND, policy(egress=[{}]))["spec"]["policyTypes"] == ["Ingress", "Egress"]


def test_peers_and_ports():
    """A peer is a selector or a range; a port range is numeric and ascending."""
    block = {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}
    good = policy(ingress=[{"from": [{"ipBlock": block}], "ports": [{"port": 80, "endPort": 90}]}])
    assert errors_of(KIND, good) == []
    assert errors_of(KIND, policy(ingress=[{"from": [{}]}])) == [
        "spec.ingress[0].from[0]: Required value: must specify a peer"
    ]
    outside = {"cidr": "10.0.0.0/8", "except": ["192.0.2.0/24"]}
    assert "must be a strict subset of `cidr`" in errors_of(KIND, policy(ingress=[{"from": [{"ipBlock": outside}]}]))[0]
    ports = [{"port": 90, "endPort": 80}]
    assert "must be greater than or equal to `port`" in errors_of(KIND, policy(ingress=[{"ports": ports}]))[0]


def test_ingress_classes():
    """A controller has a domain and stays."""
    obj = {"metadata": {"name": "a"}, "spec": {"controller": "bouvier.io/balancer"}}
    assert errors_of(CLASS, obj) == []
    assert "must be a domain-prefixed path" in errors_of(CLASS, {"metadata": {}, "spec": {"controller": "x"}})[0]
    other = {"metadata": {"name": "a"}, "spec": {"controller": "bouvier.io/other"}}
    assert "field is immutable" in update_errors_of(CLASS, other, obj)[0]
