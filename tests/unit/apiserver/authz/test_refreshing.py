"""Default roles after an upgrade."""

from bouvier.apiserver.authz.refreshing import refreshed


def role(rules, **annotations):
    return {"metadata": {"name": "r", "annotations": annotations}, "rules": rules}


UPDATED = {"rbac.authorization.kubernetes.io/autoupdate": "true"}


def test_missing_rules_are_added_and_own_ones_stay():
    """An upgrade neither lacks rights nor takes those that somebody added."""
    live = role([{"verbs": ["own"]}], **UPDATED)
    assert refreshed(live, role([{"verbs": ["new"]}]))["rules"] == [{"verbs": ["own"]}, {"verbs": ["new"]}]
    assert refreshed(live, role([{"verbs": ["own"]}])) is None


def test_who_said_no_is_left_alone():
    """Without the annotation nothing is touched."""
    assert refreshed(role([]), role([{"verbs": ["new"]}])) is None


def test_aggregation_is_adopted():
    """A role that is gathered from now on keeps its rules until its controller has gathered them."""
    wanted = role([{"verbs": ["get"]}]) | {"aggregationRule": {"clusterRoleSelectors": [{}]}}
    made = refreshed(role([], **UPDATED), wanted)
    assert made["aggregationRule"] == wanted["aggregationRule"]
    assert made["rules"] == []
