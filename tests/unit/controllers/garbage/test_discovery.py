"""What the API serves."""

from bouvier.controllers.garbage.discovery import parse, preferred
from bouvier.meta.gvk import Resource


def entry(name, kind, scope="Namespaced"):
    return {"resource": name, "responseKind": {"kind": kind}, "scope": scope, "verbs": ["list", "delete"]}


def test_every_version_is_known_and_one_of_each_resource_preferred():
    """Owners may be named in any version; objects are watched once."""
    document = {
        "items": [
            {
                "metadata": {"name": "example.com"},
                "versions": [
                    {"version": "v2", "resources": [entry("widgets", "Widget")]},
                    {"version": "v1", "resources": [entry("widgets", "Widget"), entry("hosts", "Host", "Cluster")]},
                ],
            }
        ]
    }
    served = parse(document)
    assert [s.resource.api_version for s in served] == ["example.com/v2", "example.com/v1", "example.com/v1"]
    assert [s.resource for s in preferred(served)] == [
        Resource("example.com", "v2", "widgets", "Widget"),
        Resource("example.com", "v1", "hosts", "Host", namespaced=False),
    ]
