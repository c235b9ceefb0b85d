import pytest

from bouvier.network.balancer.plan import BackendRef, Certificate, Route, Server
from tests.unit.network.balancer.making import ingress, plan_of, rule

WEB = BackendRef("default", "web", 80)


def test_routes_and_endpoints() -> None:
    """A rule becomes a route to a backend with the ready endpoints of the Service's port."""
    plan = plan_of(ingress("i", rule("Web.Example", "/shop/", "web")))

    assert plan.routes == (Route("web.example", "/shop", is_exact=False, backend="default.web.80"),)
    assert plan.backends == {WEB: (Server("10.42.0.2", 8080), Server("10.42.0.3", 8080))}
    assert plan.services() == {"default/web"}


def test_the_older_ingress_holds_a_path() -> None:
    """Of two Ingresses with one host and path the older wins, whatever their names."""
    young = ingress("a", rule("web.example", "/", "api"), created="2026-02-01T00:00:00Z")
    old = ingress("b", rule("web.example", "/", "web"))

    (route,) = plan_of(young, old).routes
    assert route.backend == "default.web.80"


def test_classes() -> None:
    """Ingresses of our class and of none are ours; the annotation counts as the field does."""
    foreign = ingress("a", rule("a.example", "/", "web"), ingressClassName="nginx")
    annotated = ingress("b", rule("b.example", "/", "web"))
    annotated["metadata"]["annotations"] = {"kubernetes.io/ingress.class": "nginx"}
    ours = ingress("c", rule("c.example", "/", "web"), ingressClassName="bouvier")

    assert [route.site for route in plan_of(foreign, annotated, ours).routes] == ["c.example"]


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        (rule("web.example", "/", "gone"), 'http.paths[0].backend.service.name: there is no Service "gone"'),
        (rule("web example", "/", "web"), "spec.rules[0].host: 'web example' is not a host name"),
        (rule("web.example", "/a b", "web"), "http.paths[0].path: '/a b' has characters that must be percent-encoded"),
        (
            {"http": {"paths": [{"path": "/", "backend": {"resource": {}}}]}},
            "http.paths[0].backend: only Services can be served, not other resources",
        ),
        (
            {"http": {"paths": [{"path": "/", "backend": {"service": {"name": "web", "port": {"name": "x"}}}}]}},
            'http.paths[0].backend.service.port: Service "web" has no port x',
        ),
    ],
)
def test_what_cannot_be_served_is_named(made: dict[str, object], problem: str) -> None:
    """The problem names the Ingress, the field and the reason; other rules are served."""
    plan = plan_of(ingress("i", made, rule("fine.example", "/", "web")))

    assert any(problem in text and text.startswith("Ingress default/i: ") for text in plan.problems), plan.problems
    assert "fine.example" in {route.site for route in plan.routes}


def test_certificates() -> None:
    """Hosts of several Ingresses share a Secret's certificate; a broken Secret is named and left out."""
    first = ingress("a", tls=[{"hosts": ["A.example"], "secretName": "good"}])
    second = ingress("b", tls=[{"hosts": ["b.example", "a.example"], "secretName": "good"}, {"secretName": "bad"}])
    plan = plan_of(first, second)

    assert plan.certificates == (Certificate("default.good", "PEM\n", ("a.example", "b.example")),)
    assert plan.problems == ("Secret default/bad: it has no tls.crt",)
