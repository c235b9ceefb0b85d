"""With whom the claims of a StatefulSet go away."""

import pytest

from bouvier.controllers.statefulsets.claims import wanted_owners
from tests.unit.controllers.making import pod, stateful_set


@pytest.mark.parametrize(
    ("when_deleted", "when_scaled", "condemned", "kind"),
    [
        ("Retain", "Retain", True, None),
        ("Delete", "Retain", True, "StatefulSet"),
        ("Retain", "Delete", True, "Pod"),
        ("Retain", "Delete", False, None),
        ("Delete", "Delete", False, "StatefulSet"),
        ("Delete", "Delete", True, "Pod"),
    ],
)
def test_the_owner_follows_the_policy(when_deleted, when_scaled, condemned, kind):
    """Each combination of the policy has its documented owner; owners that others set stay."""
    policy = {"whenDeleted": when_deleted, "whenScaled": when_scaled}
    made = stateful_set(persistentVolumeClaimRetentionPolicy=policy)
    foreign = {"uid": "x", "kind": "Thing", "name": "x", "apiVersion": "a/v1"}
    former = {"uid": "uid-db", "kind": "StatefulSet", "name": "db", "apiVersion": "apps/v1"}
    owners = wanted_owners(made, [foreign, former], pod("db-0"), is_condemned=condemned)
    assert owners[0] == foreign
    assert [each["kind"] for each in owners[1:]] == ([kind] if kind else [])
    assert all("controller" not in each for each in owners)
