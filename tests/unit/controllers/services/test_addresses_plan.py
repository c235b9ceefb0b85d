"""Addresses of load balancers."""

from bouvier.controllers.services.addresses_plan import host_addresses, ingress_status, service_status
from tests.unit.controllers.making import node, service


def ingress(name=""):
    return {"metadata": {"name": "i"}, "spec": {"ingressClassName": name} if name else {}}


def test_addresses_of_ready_hosts_are_reported():
    """A lost host's address is withdrawn."""
    hosts = [node("h2"), node("h1"), node("h3", ready="Unknown")]
    addresses = host_addresses(hosts)
    assert addresses == sorted(h["status"]["addresses"][0]["address"] for h in hosts[:2])
    assert service_status(service(type="LoadBalancer"), ["192.0.2.1"]) == {
        "ingress": [{"ip": "192.0.2.1", "ipMode": "VIP"}]
    }


def test_services_of_other_types_and_classes_are_not_ours():
    """A Service that stops being a LoadBalancer loses its address; one of another class is left alone."""
    assert service_status(service(type="ClusterIP"), ["192.0.2.1"]) == {}
    assert service_status(service(type="LoadBalancer", loadBalancerClass="x/y"), ["192.0.2.1"]) is None


def test_ingresses_are_served_by_class():
    """Ours and those without a class; another controller's status is left alone."""
    ips = ["192.0.2.1"]
    assert ingress_status(ingress("bouvier"), ips) == {"ingress": [{"ip": "192.0.2.1"}]}
    assert ingress_status(ingress(), ips) is not None
    assert ingress_status(ingress("nginx"), ips) is None
    old_form = {"metadata": {"name": "i", "annotations": {"kubernetes.io/ingress.class": "nginx"}}}
    assert ingress_status(old_form, ips) is None
