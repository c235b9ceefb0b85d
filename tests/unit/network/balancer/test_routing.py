from bouvier.network.balancer.plan import Plan
from bouvier.network.balancer.routing import EXACT, HOSTS, PREFIX, lookups, maps
from tests.unit.network.balancer.making import ingress, plan_of, rule


def test_a_host_with_one_rule_for_all_needs_no_path() -> None:
    """Only its name is looked up; as soon as it has a second rule, paths are."""
    whole = plan_of(ingress("i", rule("web.example", "/", "web")))
    assert maps(whole) == {HOSTS: "web.example default.web.80\n", EXACT: "", PREFIX: ""}
    assert not any("path" in line for line in lookups(whole, "f"))

    two = plan_of(ingress("i", rule("web.example", "/", "web"), rule("web.example", "/x", "api")))
    assert maps(two) == {HOSTS: "", EXACT: "", PREFIX: "web.example/ default.web.80\nweb.example/x/ default.api.80\n"}


def test_only_what_there_are_rules_for_is_asked() -> None:
    """Without rules nothing is looked up; wildcards are tried only when there are some."""
    assert lookups(Plan(), "f") == []

    plain = plan_of(ingress("i", rule("a.example", "/x", "web"), rule("", "/", "web")))
    assert not any("regsub" in line for line in lookups(plain, "f"))
    wild = plan_of(ingress("i", rule("*.example", "/", "web")))
    assert sum("set-var(txn.backend)" in line for line in lookups(wild, "f")) == 1
