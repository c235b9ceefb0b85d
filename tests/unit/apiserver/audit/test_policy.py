"""Audit policies: what is refused, by field, and which rule decides."""

import pytest

from bouvier.apiserver.audit.default_policy import DEFAULT_POLICY
from bouvier.apiserver.audit.matching import NOTHING, Wish, decide, depends_on_name
from bouvier.apiserver.audit.policy import parse_policy
from bouvier.apiserver.request import User

HEAD = "apiVersion: audit.k8s.io/v1\nkind: Policy\n"
ALICE = User("alice", ("dev", "system:authenticated"))


def policy(rules: str):
    return parse_policy(HEAD + "rules:\n" + rules)


def level(made, **wish) -> str:
    return decide(made, Wish(**{"user": ALICE, "verb": "get"} | wish)).level


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ("- level: Everything", 'rules[0].level: Unsupported value: "Everything"'),
        ("- users: [a]", "rules[0].level: Required value"),
        ("- level: None\n  users: alice", "rules[0].users: Expected `array`, got `str`"),
        ("- level: None\n  usrs: [a]", "rules[0]: Object contains unknown field `usrs`"),
        ("- level: None\n  omitStages: [Middle]", "rules[0].omitStages[0]: Unsupported value"),
        ("- level: None\n  nonResourceURLs: [healthz]", "rules[0].nonResourceURLs[0]: Invalid value"),
        ("- level: None\n  nonResourceURLs: ['/a*b']", "wildcards '*' must be the final character"),
        ("- level: None\n  nonResourceURLs: ['*']\n  namespaces: [a]", "cannot apply to both regular resources"),
        ("- level: None\n  resources: [{group: Apps}]", "rules[0].resources[0].group: Invalid value"),
        ("- level: None\n  resources: [{resourceNames: [a]}]", "requires at least one resource"),
        ("  []", "rules: Required value"),
    ],
)
def test_what_is_wrong_is_named(rules: str, message: str):
    """Every refusal names the field."""
    with pytest.raises(ValueError, match=r".") as refusal:
        policy(rules)
    assert message in str(refusal.value)


def test_another_kind_of_file_is_refused():
    """A kubeconfig is no policy."""
    with pytest.raises(ValueError, match="expected apiVersion audit.k8s.io/v1 and kind Policy"):
        parse_policy("apiVersion: v1\nkind: Config\n")


def test_the_first_rule_about_a_request_decides():
    """Users, groups, verbs and namespaces limit a rule; nothing matching is nothing recorded."""
    made = policy(
        "- {level: None, users: [bob]}\n"
        "- {level: Request, userGroups: [dev], verbs: [create], namespaces: [shop]}\n"
        "- {level: Metadata, verbs: [create, delete]}\n"
    )
    assert level(made, verb="create", resource="pods", namespace="shop") == "Request"
    assert level(made, verb="create", resource="pods", namespace="other") == "Metadata"
    assert level(made, verb="create", user=User("bob", ("dev",)), resource="pods", namespace="shop") == "None"
    assert level(made, verb="get", resource="pods") == "None"
    assert decide(made, Wish(None, "delete", resource="pods")).level == "Metadata"


@pytest.mark.parametrize(
    ("names", "resource", "subresource", "is_about"),
    [
        ("pods", "pods", "", True),
        ("pods", "pods", "log", False),
        ("pods/log", "pods", "log", True),
        ("pods/*", "pods", "exec", True),
        ("'*/status'", "pods", "status", True),
        ("'*/status'", "pods", "", False),
        ("'*'", "secrets", "", True),
        ("'*'", "pods", "exec", True),
        ("configmaps", "secrets", "", False),
    ],
)
def test_resources_and_subresources(names: str, resource: str, subresource: str, is_about: bool):
    """Subresources are matched by name or by wildcard, as upstream does."""
    made = policy(f"- level: Metadata\n  resources: [{{resources: [{names}]}}]")
    assert (level(made, resource=resource, subresource=subresource) == "Metadata") is is_about


def test_names_groups_and_paths():
    """A rule may be about single objects, whole groups, or paths."""
    made = policy(
        "- level: Request\n  resources: [{resources: [configmaps], resourceNames: [ours]}]\n"
        "- level: Metadata\n  resources: [{group: apps}]\n"
        "- level: Metadata\n  nonResourceURLs: ['/metrics', '/logs/*']\n"
    )
    assert depends_on_name(made)
    assert level(made, resource="configmaps", name="ours") == "Request"
    assert level(made, resource="configmaps", name="theirs") == "None"
    assert level(made, resource="deployments", group="apps") == "Metadata"
    assert [level(made, path=path) for path in ("/metrics", "/logs/a", "/version")] == ["Metadata", "Metadata", "None"]


def test_stages_and_managed_fields_come_from_policy_and_rule():
    """A rule adds stages to omit, and has the last word on managed fields."""
    made = parse_policy(
        HEAD + "omitStages: [RequestReceived]\nomitManagedFields: true\n"
        "rules:\n- {level: Request, verbs: [get], omitStages: [Panic]}\n- {level: Request, omitManagedFields: false}"
    )
    first, second = decide(made, Wish(ALICE, "get")), decide(made, Wish(ALICE, "list"))
    assert first.omit_stages == {"RequestReceived", "Panic"}
    assert (first.omit_managed_fields, second.omit_managed_fields) == (True, False)


def test_the_default_policy_keeps_changes_and_reads_of_secrets():
    """Changes by people are kept, the platform's noise and all bodies are not."""
    made = parse_policy(DEFAULT_POLICY)
    actor = User("system:kube-controller-manager", ("system:authenticated",))
    host = User("system:node:a", ("system:nodes", "system:authenticated"))
    assert level(made, verb="delete", group="apps", resource="deployments") == "Metadata"
    assert level(made, verb="create", resource="pods", subresource="exec") == "Metadata"
    assert level(made, verb="get", resource="secrets") == "Metadata"
    assert level(made, verb="get", resource="pods") == "None"
    assert level(made, verb="update", group="coordination.k8s.io", resource="leases") == "None"
    assert level(made, verb="create", resource="pods", user=actor) == "Metadata"
    assert level(made, verb="watch", resource="secrets", user=actor) == "None"
    assert level(made, verb="patch", group="apps", resource="deployments", subresource="status", user=actor) == "None"
    assert level(made, verb="get", resource="secrets", user=host) == "None"
    assert decide(made, Wish(None, "create", resource="pods")) is NOTHING
    assert all(rule.level in ("None", "Metadata") for rule in made.rules)
