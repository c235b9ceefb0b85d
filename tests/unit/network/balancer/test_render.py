from bouvier.network.balancer.plan import Plan
from bouvier.network.balancer.render import MAIN, ListenSettings, render
from tests.expected.golden import assert_expected
from tests.unit.network.balancer.making import ingress, plan_of, rule

LISTEN = ListenSettings(http_port=80, https_port=443, user="haproxy")
RULES = [
    rule("web.example", "/", "web"),
    rule("web.example", "/shop", "api", "Exact"),
    rule("*.example", "/", "web"),
    rule("", "/any/", "web"),
    rule("whole.example", "/", "web"),
]


def test_whole_configuration() -> None:
    """Every kind of rule, a certificate and a default backend, with all files."""
    default = {"service": {"name": "api", "port": {"number": 80}}}
    tls = [{"hosts": ["web.example"], "secretName": "good"}]
    rendered = render(plan_of(ingress("i", *RULES, tls=tls, defaultBackend=default)), LISTEN, "DEFAULT\n")

    files = {MAIN: rendered.main} | rendered.files
    text = "".join(f"=== {name}\n{content}" for name, content in files.items())
    assert_expected(text, "network/haproxy.txt")


def test_nothing_to_serve() -> None:
    """Without Ingresses every request is a 404, and no map is asked."""
    main = render(Plan(), LISTEN, "DEFAULT\n").main

    assert "default_backend nothing" in main
    assert "map" not in main


def test_endpoints_are_no_structure() -> None:
    """Endpoints change the file but not its structure; a rule or a certificate does."""
    two, three = (render(plan_of(ingress("i", *RULES), ready=n), LISTEN, "DEFAULT\n") for n in (2, 3))
    assert two.main != three.main
    assert two.structure == three.structure

    others = [
        render(plan_of(ingress("i", *RULES[:1])), LISTEN, "DEFAULT\n"),
        render(plan_of(ingress("i", *RULES)), LISTEN, "OTHER\n"),
        render(plan_of(ingress("i", *RULES)), ListenSettings(http_port=81, https_port=443), "DEFAULT\n"),
    ]
    assert two.structure not in {other.structure for other in others}
