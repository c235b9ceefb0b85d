"""Where balancers say that they serve Services and Ingresses."""

import pytest

from tests.unit.kinds.making import kind_named

SERVICE, INGRESS = kind_named("services"), kind_named("ingresses", "networking.k8s.io")


def served(*places, kind="LoadBalancer"):
    spec = {"type": kind, "ports": [{"port": 80}]}
    return {"metadata": {"name": "web"}, "spec": spec, "status": {"loadBalancer": {"ingress": list(places)}}}


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ({"ip": "1.2.3"}, "status.loadBalancer.ingress[0].ip: Invalid value"),
        ({"ip": "1.2.3.4", "ipMode": "Magic"}, 'ipMode: Unsupported value: "Magic": supported values: "Proxy", "VIP"'),
        ({"hostname": "a.example", "ipMode": "VIP"}, "ipMode: Forbidden: may not be specified when `ip` is not set"),
        ({"ip": "1.2.3.4"}, "ipMode: Required value: must be specified when `ip` is set"),
        ({"hostname": "1.2.3.4"}, "hostname: Invalid value"),
        ({"hostname": "a_b"}, "hostname: Invalid value"),
    ],
)
def test_bad_places(place, message):
    """Each is named."""
    found = [f"{one.field}: {one.detail}" for one in SERVICE.validate_status(served(place), served())]
    assert any(message in one for one in found), found


def test_the_mode_is_filled_in():
    """Packets arrive with the balancer's address, if nothing else is said."""
    made = served({"ip": "1.2.3.4"}, {"hostname": "a.example"})
    SERVICE.default(made)
    assert made["status"]["loadBalancer"]["ingress"] == [{"ip": "1.2.3.4", "ipMode": "VIP"}, {"hostname": "a.example"}]
    assert SERVICE.validate_status(made, served()) == []


def test_other_services_have_no_balancer():
    """What is left from another type may stay until it is cleared."""
    place = {"ip": "1.2.3.4", "ipMode": "VIP"}
    (error,) = SERVICE.validate_status(served(place, kind="ClusterIP"), served(kind="ClusterIP"))
    assert "may only be used when `spec.type` is 'LoadBalancer'" in error.detail
    left = served(place, kind="ClusterIP")
    assert SERVICE.validate_status(left, left) == []


def test_ingresses_have_no_mode():
    """Addresses and names are checked all the same."""
    assert INGRESS.validate_status(served({"ip": "1.2.3.4"}), {}) == []
    assert INGRESS.validate_status(served({"ip": "x"}), {})
