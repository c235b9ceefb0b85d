"""Roles and bindings."""

from tests.unit.kinds.making import defaulted, errors_of, kind_named, row_of, update_errors_of

GROUP = "rbac.authorization.k8s.io"
ROLE, CLUSTER_ROLE = kind_named("roles", GROUP), kind_named("clusterroles", GROUP)
BINDING, CLUSTER_BINDING = kind_named("rolebindings", GROUP), kind_named("clusterrolebindings", GROUP)


def binding(kind="ClusterRole", subjects=()):
    return {
        "metadata": {"name": "a", "namespace": "x"},
        "roleRef": {"kind": kind, "name": "view"},
        "subjects": list(subjects),
    }


def test_rules_name_verbs_and_resources():
    """A rule that allows nothing is a mistake."""
    assert errors_of(ROLE, {"metadata": {}, "rules": [{}]}) == [
        "rules[0].verbs: Required value: verbs must contain at least one value",
        "rules[0].apiGroups: Required value: resource rules must supply at least one api group",
        "rules[0].resources: Required value: resource rules must supply at least one resource",
    ]


def test_paths_are_for_cluster_roles():
    """A namespace has no paths."""
    rules = {"metadata": {}, "rules": [{"verbs": ["get"], "nonResourceURLs": ["/healthz"]}]}
    assert errors_of(CLUSTER_ROLE, rules) == []
    assert "namespaced rules cannot apply to non-resource URLs" in errors_of(ROLE, rules)[0]


def test_groups_are_filled():
    """Roles and subjects belong to known groups."""
    filled = defaulted(BINDING, binding(subjects=[{"kind": "User", "name": "ann"}]))
    assert filled["roleRef"]["apiGroup"] == filled["subjects"][0]["apiGroup"] == GROUP
    robot = defaulted(BINDING, binding(subjects=[{"kind": "ServiceAccount", "name": "r", "namespace": "x"}]))
    assert "apiGroup" not in robot["subjects"][0]


def test_bad_bindings():
    """The role and who holds it exist in form at least."""
    assert errors_of(CLUSTER_BINDING, binding("Role")) == [
        'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"'
    ]
    assert errors_of(CLUSTER_BINDING, binding(subjects=[{"kind": "ServiceAccount", "name": "r"}])) == [
        "subjects[0].namespace: Required value"
    ]
    assert errors_of(BINDING, binding(subjects=[{"kind": "Robot", "name": "r"}])) == [
        'subjects[0].kind: Unsupported value: "Robot": supported values: "Group", "ServiceAccount", "User"'
    ]


def test_the_role_of_a_binding_stays():
    """A binding is made anew for another role."""
    assert "cannot change roleRef" in update_errors_of(BINDING, binding("Role"), binding())[0]


def test_cells():
    """Who holds what."""
    subjects = [
        {"kind": "User", "name": "ann"},
        {"kind": "User", "name": "bob"},
        {"kind": "ServiceAccount", "name": "r", "namespace": "x"},
    ]
    found = row_of(BINDING, binding(subjects=subjects))
    shown = (found["Role"], found["Users"], found["ServiceAccounts"])
    assert shown == ("ClusterRole/view", "ann, bob", "x/r")


def test_names_may_have_colons():
    """Built-in roles are called `system:…`."""
    assert {kind.name_rule for kind in (ROLE, CLUSTER_ROLE, BINDING, CLUSTER_BINDING)} == {"path"}
