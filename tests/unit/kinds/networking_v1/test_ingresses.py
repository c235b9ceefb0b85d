"""Ingresses."""

import pytest

from tests.unit.kinds.making import errors_of, kind_named, row_of

KIND = kind_named("ingresses", "networking.k8s.io")


def backend(name="web", **port):
    return {"service": {"name": name, "port": port or {"number": 80}}}


def ingress(host="example.com", **path):
    entry = {"path": "/", "pathType": "Prefix", "backend": backend(), **path}
    rule = {"host": host, "http": {"paths": [entry]}}
    return {"metadata": {"name": "a", "namespace": "x"}, "spec": {"rules": [rule]}}


@pytest.mark.parametrize(
    ("obj", "message"),
    [
        (
            {"metadata": {}, "spec": {}},
            "spec: Invalid value: []: either `defaultBackend` or `rules` must be specified",
        ),
        (ingress(pathType=None), "spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified"),
        (
            ingress(path="relative"),
            'spec.rules[0].http.paths[0].path: Invalid value: "relative": must be an absolute path',
        ),
        (
            ingress(path="/a//b"),
            "spec.rules[0].http.paths[0].path: Invalid value: \"/a//b\": must not contain '//'",
        ),
        (
            ingress("10.0.0.1"),
            'spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address',
        ),
        (
            ingress(backend={}),
            "spec.rules[0].http.paths[0].backend: Required value: resource or service backend is required",
        ),
        (
            ingress(backend=backend(name="http", number=80)),
            "",
        ),
    ],
)
def test_bad_ingresses(obj, message):
    """Paths, hosts and backends are checked where they stand."""
    assert errors_of(KIND, obj) == ([message] if message else [])


def test_a_port_is_named_or_numbered():
    """Not both, and one of them."""
    both = ingress(backend={"service": {"name": "web", "port": {"name": "http", "number": 80}}})
    assert "cannot set both port name & port number" in errors_of(KIND, both)[0]
    none = ingress(backend={"service": {"name": "web"}})
    assert "port name or number is required" in errors_of(KIND, none)[0]


def test_wildcards():
    """A star stands for the first label only."""
    assert errors_of(KIND, ingress("*.example.com")) == []
    assert "a wildcard DNS-1123 subdomain" in errors_of(KIND, ingress("a.*.com"))[0]


def test_cells():
    """Class, hosts, address, ports."""
    obj = ingress()
    obj["spec"] |= {"ingressClassName": "bouvier", "tls": [{"hosts": ["example.com"]}]}
    obj["status"] = {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}
    found = row_of(KIND, obj)
    shown = (found["Class"], found["Hosts"], found["Address"], found["Ports"])
    assert shown == ("bouvier", "example.com", "192.0.2.1", "80, 443")
    assert row_of(KIND, ingress(host=""))["Hosts"] == "*"
