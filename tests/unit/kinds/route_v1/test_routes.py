"""Routes: generated hosts, weights, and what is refused."""

import pytest

from bouvier.kinds.route_v1 import routes
from bouvier.meta.objects import Obj


def route(**spec: object) -> Obj:
    obj: Obj = {"metadata": {"name": "shop", "namespace": "web"}, "spec": {"to": {"name": "shop"}} | spec}
    routes.default(obj)
    routes.prepare(obj)
    return obj


def test_a_host_is_made_where_none_is_given() -> None:
    """Below localhost, so that it works without a name server; and it stays."""
    made = route()
    assert made["spec"]["host"] == "shop-web.apps.localhost"
    assert route(host="shop.example")["spec"]["host"] == "shop.example"
    assert made["spec"]["to"] == {"name": "shop", "kind": "Service", "weight": 100}
    assert routes.validate(made) == []


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"to": {}}, "spec.to.name"),
        ({"to": {"name": "a", "weight": 257}}, "spec.to.weight"),
        ({"alternateBackends": [{"name": str(n)} for n in range(4)]}, "spec.alternateBackends"),
        ({"alternateBackends": [{"kind": "Pod", "name": "a"}]}, "spec.alternateBackends[0].kind"),
        ({"host": "no host"}, "spec.host"),
        ({"path": "shop"}, "spec.path"),
        ({"wildcardPolicy": "Subdomain"}, "spec.wildcardPolicy"),
        ({"tls": {"termination": "passthrough"}}, "spec.tls.termination"),
        ({"tls": {"termination": "reencrypt"}}, "spec.tls.termination"),
        ({"tls": {"termination": "edge", "certificate": "x"}}, "spec.tls.key"),
        (
            {"tls": {"termination": "edge", "insecureEdgeTerminationPolicy": "Maybe"}},
            "spec.tls.insecureEdgeTerminationPolicy",
        ),
        ({"httpHeaders": {"actions": {}}}, "spec.httpHeaders"),
    ],
)
def test_what_is_not_served_is_refused_by_name(spec: Obj, field: str) -> None:
    """Each refusal names the field."""
    assert field in [error.field for error in routes.validate(route(**spec))]


def test_shares_are_shown_in_percent() -> None:
    """The table shows who gets how much."""
    made = route(to={"name": "a", "weight": 30}, alternateBackends=[{"name": "b", "weight": 10}])
    cells = {column.name: column.value(made) for column in routes.KIND.columns}
    assert cells["Services"] == "a(75%),b(25%)"
