"""Nobody gets more than they have: attempts with every default role, and by what binds roles to people."""

from collections.abc import Callable
from typing import Any

import pytest

from bouvier.apiserver.authz.bootstrap import CLUSTER_ROLES
from bouvier.client import Client
from bouvier.meta.resources import CLUSTERROLEBINDINGS, CLUSTERROLES, ROLEBINDINGS, ROLES
from tests.contract.test_api_verbs import refused
from tests.support.apiserver import RunningApi

Clients = Callable[..., Client]
GROUP = "rbac.authorization.k8s.io"
NS = "default"
POWERFUL = {"cluster-admin", "system:cluster-driver", "bouvier:controllers", "system:hooks"}
"""Roles of administrators and of the platform's own processes, which act for others."""
SUPERUSER = {
    "escalate": ("escalate", GROUP, "clusterroles", ""),
    "bind": ("bind", GROUP, "clusterroles", ""),
    "pose as users": ("impersonate", "", "users", ""),
    "pose as groups": ("impersonate", "", "groups", ""),
    "make cluster bindings": ("create", GROUP, "clusterrolebindings", ""),
    "change cluster roles": ("update", GROUP, "clusterroles", ""),
    "sign certificates": ("sign", "certificates.k8s.io", "signers", ""),
    "change webhooks": ("create", "admissionregistration.k8s.io", "mutatingwebhookconfigurations", ""),
    "redirect APIs": ("create", "apiregistration.k8s.io", "apiservices", ""),
    "exec in the system": ("create", "", "pods/exec", "kube-system"),
    "make pods in the system": ("create", "", "pods", "kube-system"),
}


def role(name: str, *rules: dict, kind: str = "Role", **more: Any) -> dict:
    metadata = {"name": name} | ({"namespace": NS} if kind == "Role" else {})
    return {"apiVersion": f"{GROUP}/v1", "kind": kind, "metadata": metadata, "rules": list(rules), **more}


def binding(name: str, role_name: str, user: str, *, role_kind: str = "ClusterRole", cluster: bool = False) -> dict:
    metadata = {"name": name} | ({} if cluster else {"namespace": NS})
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "ClusterRoleBinding" if cluster else "RoleBinding",
        "metadata": metadata,
        "roleRef": {"apiGroup": GROUP, "kind": role_kind, "name": role_name},
        "subjects": [{"kind": "User", "apiGroup": GROUP, "name": user}],
    }


async def may(client: Client, user: str, *wanted: str) -> bool:
    verb, group, resource, namespace = wanted
    plural, _, subresource = resource.partition("/")
    attributes = {"verb": verb, "group": group, "resource": plural, "subresource": subresource, "namespace": namespace}
    spec = {"user": user, "resourceAttributes": attributes}
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
    answer = await client.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", body=body)
    return bool(answer["status"]["allowed"])


async def test_no_default_role_makes_an_administrator(client: Client) -> None:
    """Bound in the whole cluster, none of them gives what a superuser needs; in one namespace nothing outside it."""
    for number, name in enumerate(sorted(CLUSTER_ROLES.keys() - POWERFUL)):
        await client.create(CLUSTERROLEBINDINGS, binding(f"c{number}", name, f"wide:{name}", cluster=True))
        await client.create(ROLEBINDINGS, binding(f"n{number}", name, f"near:{name}"))
        for what, wanted in SUPERUSER.items():
            assert not await may(client, f"near:{name}", *wanted), f"{name} in a namespace may {what}"
            if wanted[3] or (name == "admin" and wanted[1] == GROUP):
                continue
            assert not await may(client, f"wide:{name}", *wanted), f"{name} may {what}"


async def test_only_editors_and_up_see_secrets(client: Client) -> None:
    """Who only looks sees no Secret; hosts and the platform's scheduler neither."""
    for name in ("view", "system:kube-scheduler", "system:node-proxier", "bouvier:host", "system:monitoring"):
        await client.create(
            CLUSTERROLEBINDINGS, binding(f"x-{name}".replace(":", "-"), name, f"u:{name}", cluster=True)
        )
        assert not await may(client, f"u:{name}", "get", "", "secrets", NS), name
    await client.create(ROLEBINDINGS, binding("e", "edit", "editor"))
    assert await may(client, "editor", "get", "", "secrets", NS)
    assert not await may(client, "editor", "get", "", "secrets", "kube-system")
    assert not await may(client, "editor", "create", "", "endpoints", NS)
    assert not await may(client, "editor", "create", GROUP, "rolebindings", NS)


@pytest.fixture
async def owner(client: Client, client_of: Clients) -> Client:
    """The user `nobody`, who is admin of the namespace `default`."""
    await client.create(ROLEBINDINGS, binding("owner", "admin", "nobody"))
    return client_of("nobody")


async def test_a_namespace_s_admin_gives_away_only_what_they_have(client: Client, owner: Client) -> None:
    """Their own rights in parts and as a whole, and nothing beyond, by roles, bindings, patches and aggregation."""
    own = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}
    nodes = {"apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]}
    await owner.create(ROLES, role("pods", own))
    await owner.create(ROLEBINDINGS, binding("ok", "pods", "x", role_kind="Role"))
    await owner.create(ROLEBINDINGS, binding("ok2", "edit", "x"))
    for rule in (
        nodes,
        own | {"verbs": ["*"]},
        own | {"apiGroups": ["*"]},
        own | {"resources": ["*"]},
        {"apiGroups": [GROUP], "resources": ["roles"], "verbs": ["escalate"]},
    ):
        error = await refused(owner.create(ROLES, role("more", rule)))
        assert error.code == 403, rule
        assert "is attempting to grant RBAC permissions not currently held:\n{" in error.message
        assert (await refused(owner.patch(ROLES, "pods", {"rules": [own, rule]}, namespace=NS))).code == 403
    for name in ("cluster-admin", "system:node", "system:kube-controller-manager"):
        assert (await refused(owner.create(ROLEBINDINGS, binding("more", name, "nobody")))).code == 403
    missing = await refused(owner.create(ROLEBINDINGS, binding("later", "not-yet", "nobody")))
    assert (missing.reason, missing.message) == ("NotFound", f'clusterroles.{GROUP} "not-yet" not found')
    assert (
        await refused(owner.create(CLUSTERROLEBINDINGS, binding("all", "view", "nobody", cluster=True)))
    ).code == 403
    label = {"metadata": {"labels": {f"{GROUP}/aggregate-to-admin": "true"}}}
    gathered = role("gathered", own, kind="ClusterRole") | {"metadata": {"name": "gathered"} | label["metadata"]}
    assert (await refused(owner.create(CLUSTERROLES, gathered))).code == 403


async def test_the_verbs_bind_and_escalate(client: Client, client_of: Clients, api: RunningApi) -> None:
    """Who may bind a role hands it out without holding it; who may escalate writes any rule."""
    rights = [
        {"apiGroups": [GROUP], "resources": ["rolebindings", "roles"], "verbs": ["create", "update", "patch", "get"]},
        {"apiGroups": [GROUP], "resources": ["clusterroles"], "verbs": ["bind"], "resourceNames": ["view"]},
        {"apiGroups": [GROUP], "resources": ["roles"], "verbs": ["escalate"], "resourceNames": ["free"]},
    ]
    await client.create(ROLES, role("binder", *rights))
    await client.create(ROLEBINDINGS, binding("binder", "binder", "nobody", role_kind="Role"))
    nobody = client_of("nobody")
    await nobody.create(ROLEBINDINGS, binding("viewers", "view", "x"))
    assert (await refused(nobody.create(ROLEBINDINGS, binding("editors", "edit", "x")))).code == 403
    everything = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
    await client.create(ROLES, role("free"))
    await nobody.patch(ROLES, "free", {"rules": [everything]}, namespace=NS)
    assert (await refused(nobody.create(ROLES, role("other", everything)))).code == 403


async def test_kubectl_auth(api: RunningApi, tmp_path: Any) -> None:
    """`auth can-i --list` and `auth reconcile` as people use them."""
    listed = await api.kubectl("auth", "can-i", "--list", "--as=jane")
    assert "selfsubjectaccessreviews.authorization.k8s.io" in listed
    await api.kubectl("create", "rolebinding", "jane", "--clusterrole=view", "--user=jane")
    assert "yes" in await api.kubectl("auth", "can-i", "list", "pods", "--as=jane")
    assert "no" in await api.kubectl("auth", "can-i", "list", "secrets", "--as=jane", ok=False)
    file = tmp_path / "roles.yaml"
    head = f"apiVersion: {GROUP}/v1\nkind: Role\nmetadata: {{name: r, namespace: default}}\n"
    file.write_text(head + "rules:\n- {apiGroups: [''], resources: [pods], verbs: [get]}\n")
    await api.kubectl("auth", "reconcile", "-f", str(file))
    file.write_text(head + "rules:\n- {apiGroups: [''], resources: [pods], verbs: [list]}\n")
    await api.kubectl("auth", "reconcile", "-f", str(file))
    shown = await api.kubectl("get", "role", "r", "-o", "jsonpath={.rules[*].verbs[*]}")
    assert set(shown.split()) == {"get", "list"}


async def test_an_older_platform_s_hosts_lose_the_right_to_read_everything(client: Client, api: RunningApi) -> None:
    """The binding of hosts to `system:node` is taken back at the next start; what somebody else added stays."""
    hosts = {"kind": "Group", "apiGroup": GROUP, "name": "system:nodes"}
    jane = {"kind": "User", "apiGroup": GROUP, "name": "jane"}
    await client.patch(CLUSTERROLEBINDINGS, "system:node", {"subjects": [hosts, jane]})
    await api.server._fill("local")
    assert (await client.get(CLUSTERROLEBINDINGS, "system:node"))["subjects"] == [jane]
