"""Which rules an aggregated role has."""

from bouvier.controllers.access.aggregation_plan import aggregated_rules, is_aggregated


def role(name, rules=(), label="", gathers=()):
    made = {"metadata": {"name": name, "labels": {label: "true"} if label else {}}, "rules": list(rules)}
    if gathers:
        made["aggregationRule"] = {"clusterRoleSelectors": [{"matchLabels": {each: "true"}} for each in gathers]}
    return made


READ, WRITE = {"verbs": ["get"]}, {"verbs": ["create"]}


def test_rules_come_from_every_chosen_role_once():
    """In the order of names; the role itself and those that no selector matches are left out."""
    edit = role("edit", [{"verbs": ["old"]}], "to-edit", gathers=("to-edit", "too"))
    others = [role("b", [WRITE, READ], "to-edit"), role("a", [READ], "too"), role("c", [{"verbs": ["x"]}])]
    assert aggregated_rules(edit, [edit, *others]) == [READ, WRITE]


def test_plain_roles_keep_their_own_rules():
    """Without selectors nothing is gathered."""
    assert not is_aggregated(role("plain", [READ]))
