"""Quotas."""

from tests.unit.kinds.making import errors_of, kind_named, row_of

KIND = kind_named("resourcequotas")


def test_only_what_is_counted_is_limited():
    """An unknown name would never limit anything."""
    assert errors_of(KIND, {"metadata": {}, "spec": {"hard": {"pods": "5", "count/deployments.apps": "2"}}}) == []
    assert errors_of(KIND, {"metadata": {}, "spec": {"hard": {"bananas": "5"}}}) == [
        'spec.hard[bananas]: Invalid value: "bananas": must be a standard resource for quota'
    ]


def test_cells():
    """Used of allowed, limits apart."""
    status = {"hard": {"pods": "5", "limits.cpu": "2"}, "used": {"pods": "1"}}
    found = row_of(KIND, {"metadata": {"name": "a"}, "status": status})
    assert (found["Request"], found["Limit"]) == ("pods: 1/5", "limits.cpu: 0/2")


def test_scopes_fit_what_is_limited_and_each_other():
    """A scope is about pods or claims; two that exclude each other would be about nothing."""

    def errors(hard, *scopes, **more):
        return errors_of(
            KIND, {"metadata": {}, "spec": {"hard": dict.fromkeys(hard, "1"), "scopes": list(scopes)} | more}
        )

    assert errors(["pods"], "BestEffort") == []
    assert errors(["pods", "cpu", "count/pods"], "Terminating", "NotBestEffort") == []
    assert "unsupported scope applied to resource" in errors(["cpu"], "BestEffort")[0]
    assert "unsupported scope applied to resource" in errors(["services"], "PriorityClass")[0]
    assert "conflicting scopes" in errors(["pods"], "Terminating", "NotTerminating")[0]
    assert "unsupported scope" in errors(["pods"], "Sometimes")[0]

    def chosen(**demand):
        return errors(["pods"], scopeSelector={"matchExpressions": [demand]})

    assert chosen(scopeName="PriorityClass", operator="In", values=["high"]) == []
    assert "at least one value" in chosen(scopeName="PriorityClass", operator="In")[0]
    assert "must be no value" in chosen(scopeName="PriorityClass", operator="Exists", values=["x"])[0]
    assert "must be 'Exist'" in chosen(scopeName="BestEffort", operator="In", values=["x"])[0]
    assert "not a valid selector operator" in chosen(scopeName="PriorityClass", operator="Gt")[0]


def test_scope_selectors_are_checked():
    """Scopes are known, operators fit them, and values are there where they are asked for."""

    def wrong(**expression):
        selector = {"matchExpressions": [expression]}
        obj = {"metadata": {"name": "q", "namespace": "d"}, "spec": {"hard": {"pods": "1"}, "scopeSelector": selector}}
        return [message.partition("matchExpressions[0].")[2] for message in errors_of(KIND, obj)]

    assert wrong(scopeName="PriorityClass", operator="In", values=["high"]) == []
    assert wrong(scopeName="Mine", operator="Exists") == ['scopeName: Invalid value: "Mine": unsupported scope']
    assert wrong(scopeName="PriorityClass", operator="Is") == [
        'operator: Invalid value: "Is": not a valid selector operator'
    ]
    assert wrong(scopeName="PriorityClass", operator="In") == [
        "values: Required value: must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"
    ]
    assert "must be 'Exist' when scope is any of" in wrong(scopeName="BestEffort", operator="DoesNotExist")[0]
