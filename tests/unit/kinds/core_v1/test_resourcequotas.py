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
