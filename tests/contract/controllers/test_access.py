"""Aggregated roles on the real API server, with the real kubectl."""

import pytest

from bouvier.meta.errors import ApiError
from bouvier.meta.resources import CLUSTERROLES
from tests.contract.controllers.world import world

LABEL = "rbac.authorization.k8s.io/aggregate-to-view"
LEASES = {"verbs": ["get", "list", "watch"], "apiGroups": ["coordination.k8s.io"], "resources": ["leases"]}


@pytest.fixture
async def here(tmp_path):
    async with world(tmp_path) as made:
        yield made


async def test_a_labelled_role_reaches_view_edit_and_admin(here):
    """Rules with the label become part of the roles that people have, and go again."""
    metadata = {"name": "lease-readers", "labels": {LABEL: "true"}}
    await here.admin.create(
        CLUSTERROLES,
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": metadata,
            "rules": [LEASES],
        },
    )
    for name in ("view", "edit", "admin"):
        await here.object(CLUSTERROLES, name, lambda role: LEASES in role["rules"])
    kubectl = here.api.kubectl
    await kubectl("-n", "work", "create", "rolebinding", "guest", "--clusterrole=view", "--user=guest")
    assert "yes" in await kubectl("auth", "can-i", "list", "leases", "-n", "work", "--as=guest")
    await here.admin.delete(CLUSTERROLES, "lease-readers")
    for name in ("view", "edit", "admin"):
        found = await here.object(CLUSTERROLES, name, lambda role: LEASES not in role["rules"])
        assert {
            "verbs": ["get", "list", "watch"],
            "apiGroups": ["discovery.k8s.io"],
            "resources": ["endpointslices"],
        } in found["rules"]


async def test_aggregation_is_no_way_around_the_escalation_check(here):
    """Who does not hold everything may not make a role that could come to hold anything."""
    rule = {"verbs": ["create"], "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["clusterroles"]}
    kubectl = here.api.kubectl
    await kubectl("create", "clusterrole", "maker", f"--verb={rule['verbs'][0]}", "--resource=clusterroles")
    await kubectl("create", "clusterrolebinding", "maker", "--clusterrole=maker", "--user=maker")
    await kubectl("create", "clusterrole", "all", "--aggregation-rule=a=b", "--as=maker", ok=False)
    with pytest.raises(ApiError):
        await here.admin.get(CLUSTERROLES, "all")
