"""OpenShift's Routes in the balancer's plan."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bouvier.meta.objects import Obj
from bouvier.network.balancer.parts import Server
from bouvier.network.balancer.plan import Plan, Sources, make_plan
from bouvier.network.balancer.render import ListenSettings, render
from bouvier.network.balancer.routes import LARGEST_WEIGHT, weighted
from bouvier.network.balancer.servers import Observed, commands
from tests.unit.network.making import endpoint, endpoint_slice, service

LISTEN = ListenSettings(http_port=80, https_port=8443)


def route(name: str = "shop", created: str = "2026-01-01T00:00:00Z", **spec: Any) -> Obj:
    metadata = {"name": name, "namespace": "default", "creationTimestamp": created}
    return {"metadata": metadata, "spec": {"host": "shop.example", "to": {"name": "web", "weight": 100}} | spec}


def plan_of(*routes: Obj) -> Plan:
    """Return the plan where `web` has two endpoints and `api` one."""
    services = {f"default/{name}": service(name) for name in ("web", "api")}
    slices = {
        "default/web": [endpoint_slice("web", endpoint("10.42.0.2"), endpoint("10.42.0.3"))],
        "default/api": [endpoint_slice("api", endpoint("10.42.0.9"))],
    }
    sources = Sources(services.get, lambda key: slices.get(key, []), lambda _: "PEM\n")
    return make_plan([], sources, "bouvier", routes)


def test_a_route_shares_the_backend_of_its_service() -> None:
    """With nothing of its own it costs no backend."""
    plan = plan_of(route(path="/cart/"))
    assert [(one.site, one.path, one.backend) for one in plan.routes] == [("shop.example", "/cart", "default.web.80")]
    assert plan.services() == {"default/web"}


def test_weights_are_spread_over_endpoints() -> None:
    """Three to one between Services, whatever the number of their pods."""
    plan = plan_of(route(to={"name": "web", "weight": 75}, alternateBackends=[{"name": "api", "weight": 25}]))
    (servers,) = plan.backends.values()
    by_address = {server.address: server.weight for server in servers}
    assert by_address["10.42.0.2"] == by_address["10.42.0.3"] == LARGEST_WEIGHT
    assert by_address["10.42.0.9"] == round(LARGEST_WEIGHT * 2 / 3)
    assert plan.services() == {"default/web", "default/api"}
    assert f"server 10.42.0.9:8080 10.42.0.9:8080 weight {by_address['10.42.0.9']}" in render(plan, LISTEN, "PEM").main


@given(st.lists(st.tuples(st.integers(0, 256), st.integers(0, 20)), min_size=1, max_size=4))
def test_shares_are_kept(shares: list[tuple[int, int]]) -> None:
    """Weights stay in range, zero stays zero, and a Service's sum follows its weight."""
    made = [
        (weight, tuple(Server(f"10.{n}.0.{i}", 80) for i in range(count))) for n, (weight, count) in enumerate(shares)
    ]
    servers = weighted(made)
    assert all(0 <= server.weight <= LARGEST_WEIGHT for server in servers)
    for n, (weight, _) in enumerate(shares):
        own = [server.weight for server in servers if server.address.startswith(f"10.{n}.")]
        assert all((one == 0) == (weight == 0) for one in own)


def test_the_oldest_route_holds_a_host() -> None:
    """A younger one of another name does not take it over."""
    young = route("a", created="2026-02-01T00:00:00Z", to={"name": "api"})
    (one,) = plan_of(young, route("b")).routes
    assert one.backend == "default.web.80"


def test_tls_routes_redirect_or_refuse_what_comes_without() -> None:
    """Each policy has its line; Allow has none."""
    redirecting = route(tls={"termination": "edge", "insecureEdgeTerminationPolicy": "Redirect"})
    closed = route("closed", host="closed.example", tls={"termination": "edge"})
    allowing = route("open", host="open.example", tls={"termination": "edge", "insecureEdgeTerminationPolicy": "Allow"})
    text = render(plan_of(redirecting, closed, allowing), LISTEN, "PEM").main
    http = text[text.index("frontend http\n") : text.index("frontend https")]
    assert "redirect location https://%[req.hdr(host),field(1,:)]:8443%[pathq] code 302" in http
    assert "-m str default.web.80.shop }" in http
    assert "503: this route is served with TLS only" in http
    assert "-m str default.web.80.closed }" in http
    assert "default.web.80.open }" not in http
    assert "redirect" not in text[text.index("frontend https") :]


def test_bad_certificates_and_missing_services_are_named() -> None:
    """The rest is served all the same."""
    broken = route(tls={"termination": "edge", "certificate": "x", "key": "y"}, alternateBackends=[{"name": "gone"}])
    plan = plan_of(broken)
    assert any("spec.tls.certificate" in problem for problem in plan.problems)
    assert any('there is no Service "gone"' in problem for problem in plan.problems)
    assert len(plan.routes) == 1


def test_a_changed_weight_is_set_without_a_reload() -> None:
    """The runtime interface takes weights."""
    wanted = {"b": [Server("10.0.0.1", 80, 10), Server("10.0.0.2", 80, 20)]}
    observed = [Observed("b", "10.0.0.1:80", "UP", 0, 256), Observed("b", "10.0.0.2:80", "UP", 0, 20)]
    assert commands(wanted, observed).lines == ("set server b/10.0.0.1:80 weight 10",)
