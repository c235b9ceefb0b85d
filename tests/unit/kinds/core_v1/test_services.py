"""Services."""

import pytest

from tests.unit.kinds.making import defaulted, errors_of, kind_named, row_of, update_errors_of

SERVICE = kind_named("services")


def service(**spec):
    return {
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"ports": [{"port": 80}], "selector": {"app": "web"}, **spec},
    }


def test_defaults():
    """A port and a selector are enough."""
    assert defaulted(SERVICE, service())["spec"] == {
        "ports": [{"port": 80, "protocol": "TCP", "targetPort": 80}],
        "selector": {"app": "web"},
        "type": "ClusterIP",
        "sessionAffinity": "None",
        "internalTrafficPolicy": "Cluster",
        "ipFamilyPolicy": "SingleStack",
        "ipFamilies": ["IPv4"],
    }


def test_defaults_by_type():
    """What is reached from outside has a policy for that; what is only a name has no addresses."""
    assert defaulted(SERVICE, service(type="NodePort"))["spec"]["externalTrafficPolicy"] == "Cluster"
    assert defaulted(SERVICE, service(type="LoadBalancer"))["spec"]["allocateLoadBalancerNodePorts"] is True
    named = defaulted(SERVICE, service(type="ExternalName", externalName="db.example.com"))["spec"]
    assert "ipFamilies" not in named
    sticky = defaulted(SERVICE, service(sessionAffinity="ClientIP"))["spec"]
    assert sticky["sessionAffinityConfig"] == {"clientIP": {"timeoutSeconds": 10800}}


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"ports": []}, "spec.ports: Required value"),
        (
            {"ports": [{"port": 0, "targetPort": 80}]},
            "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
        ),
        (
            {"ports": [{"port": 80, "name": "a"}, {"port": 81}]},
            "spec.ports[1].name: Required value",
        ),
        (
            {"ports": [{"port": 80, "name": "a"}, {"port": 80, "name": "b"}]},
            'spec.ports[1]: Duplicate value: {"port":80,"protocol":"TCP"}',
        ),
        (
            {"type": "Public"},
            (
                'spec.type: Unsupported value: "Public": supported values: '
                '"ClusterIP", "ExternalName", "LoadBalancer", "NodePort"'
            ),
        ),
        ({"type": "ExternalName", "ports": []}, "spec.externalName: Required value"),
        (
            {"type": "NodePort", "clusterIP": "None"},
            "spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for NodePort services",
        ),
        (
            {"clusterIP": "ten"},
            'spec.clusterIPs[0]: Invalid value: "ten": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
        ),
        (
            {"ports": [{"port": 80, "nodePort": 30080}]},
            "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
        ),
    ],
)
def test_bad_services(spec, message):
    """Each mistake is reported at its own path."""
    assert errors_of(SERVICE, service(**spec)) == [message]


def test_headless_services_need_no_port():
    """A name for pods alone."""
    assert errors_of(SERVICE, service(clusterIP="None", ports=[])) == []


def test_the_address_stays():
    """Clients keep the address they looked up."""
    old = service(clusterIP="10.0.0.1")
    assert update_errors_of(SERVICE, service(clusterIP="10.0.0.1"), old) == []
    assert update_errors_of(SERVICE, service(clusterIP="10.0.0.2"), old) == [
        'spec.clusterIPs[0]: Invalid value: ["10.0.0.2"]: may not change once set'
    ]
    assert "can not be unset" in update_errors_of(SERVICE, service(), old)[0]


def test_cells():
    """Addresses and ports as kubectl shows them."""
    ports = [{"port": 80, "nodePort": 30080, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}]
    found = row_of(SERVICE, service(type="LoadBalancer", clusterIP="10.0.0.1", ports=ports))
    assert found["Port(s)"] == "80:30080/TCP,53/UDP"
    assert (found["Cluster-IP"], found["External-IP"], found["Selector"]) == ("10.0.0.1", "<pending>", "app=web")
    balanced = service(type="LoadBalancer")
    balanced["status"] = {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}
    assert row_of(SERVICE, balanced)["External-IP"] == "192.0.2.1"
    assert row_of(SERVICE, service())["External-IP"] == "<none>"
