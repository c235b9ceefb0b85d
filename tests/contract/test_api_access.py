"""Who may do what: tokens, roles, hosts' agents, sessions."""

import asyncio
import json
from collections.abc import Callable

import pytest

from bouvier.client import Client
from bouvier.meta.errors import ApiError
from bouvier.meta.resources import (
    CLUSTERROLEBINDINGS,
    CONFIGMAPS,
    NODES,
    PODS,
    ROLEBINDINGS,
    ROLES,
    SECRETS,
    SERVICEACCOUNTS,
)
from tests.contract.test_api_verbs import config, pod, refused
from tests.support.apiserver import RunningApi

RBAC = "rbac.authorization.k8s.io"
Clients = Callable[..., Client]


def role(name: str, verbs: list[str], resources: list[str]) -> dict:
    rules = [{"apiGroups": [""], "verbs": verbs, "resources": resources}]
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "Role",
        "metadata": {"name": name, "namespace": "default"},
        "rules": rules,
    }


def binding(role_name: str, user: str) -> dict:
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": f"{role_name}-{user}".replace(":", "-"), "namespace": "default"},
        "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": role_name},
        "subjects": [{"kind": "User", "apiGroup": RBAC, "name": user}],
    }


async def test_wrong_token_is_unauthorized_and_no_right_is_forbidden(client_of: Clients) -> None:
    """A bad token is 401; a good one without rights is 403 in Kubernetes' words."""
    bad = await refused(client_of(token="nonsense").list(PODS, "default"))
    none = await refused(client_of("nobody").list(PODS, "default"))

    assert (bad.reason, bad.code) == ("Unauthorized", 401)
    assert (none.reason, none.code) == ("Forbidden", 403)
    assert none.message == (
        'pods is forbidden: User "nobody" cannot list resource "pods" in API group "" in the namespace "default"'
    )


async def test_role_grants_and_revokes_at_once(client: Client, client_of: Clients) -> None:
    """A binding works from its creation to its deletion, in its namespace only."""
    nobody = client_of("nobody")
    await client.create(ROLES, role("reader", ["get", "list"], ["configmaps"]))
    made = await client.create(ROLEBINDINGS, binding("reader", "nobody"))

    await nobody.list(CONFIGMAPS, "default")
    assert (await refused(nobody.create(CONFIGMAPS, config("a")))).code == 403
    assert (await refused(nobody.list(CONFIGMAPS, "kube-system"))).code == 403
    await client.delete(ROLEBINDINGS, made["metadata"]["name"], "default")
    assert (await refused(nobody.list(CONFIGMAPS, "default"))).code == 403


async def test_nobody_gives_more_than_they_have(client: Client, client_of: Clients) -> None:
    """Writing roles does not let one grant oneself rights."""
    nobody = client_of("nobody")
    rules = [{"apiGroups": [RBAC], "verbs": ["create", "update"], "resources": ["roles", "rolebindings"]}]
    await client.create(
        ROLES, role("x", [], []) | {"metadata": {"name": "rbac", "namespace": "default"}, "rules": rules}
    )
    await client.create(ROLEBINDINGS, binding("rbac", "nobody"))

    error = await refused(nobody.create(ROLES, role("steal", ["get"], ["secrets"])))

    assert error.reason == "Forbidden"
    assert "not currently held" in error.message
    admin_binding = {
        "apiVersion": f"{RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "steal", "namespace": "default"},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "User", "apiGroup": RBAC, "name": "nobody"}],
    }
    assert (await refused(nobody.create(ROLEBINDINGS, admin_binding))).code == 403
    assert (
        await refused(nobody.create(CLUSTERROLEBINDINGS, admin_binding | {"kind": "ClusterRoleBinding"}))
    ).code == 403


async def test_agents_touch_their_own_host_only(client: Client, client_of: Clients) -> None:
    """The agent of n1 may not write the Node or the pods of another host."""
    agent = client_of("node-n1")
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}}
    await agent.create(NODES, node)
    await client.create(PODS, pod("a"))
    path = "/api/v1/namespaces/default/pods/a/status"

    assert (await refused(agent.create(NODES, node | {"metadata": {"name": "n2"}}))).code == 403
    patch = {"status": {"phase": "Running"}}
    error = await refused(agent.request("PATCH", path, body=patch, content_type="application/merge-patch+json"))
    assert error.code == 403
    await refused(
        agent.create(SECRETS, {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "default"}})
    )


async def test_service_account_token_lives_with_its_pod(client: Client, client_of: Clients) -> None:
    """A bound token proves the account while the pod exists, and no longer."""
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "robot", "namespace": "default"}}
    await client.create(SERVICEACCOUNTS, account)
    body = pod("a")
    body["spec"]["serviceAccountName"] = "robot"
    made = await client.create(PODS, body)
    ask = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "spec": {
            "expirationSeconds": 600,
            "boundObjectRef": {"kind": "Pod", "name": "a", "uid": made["metadata"]["uid"]},
        },
    }
    answer = await client.request("POST", "/api/v1/namespaces/default/serviceaccounts/robot/token", body=ask)
    robot = client_of(token=answer["status"]["token"])
    who = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    me = await robot.request("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", body=who)
    assert me["status"]["userInfo"]["username"] == "system:serviceaccount:default:robot"
    await client.delete(PODS, "a", "default")

    assert (await refused(robot.list(PODS, "default"))).code == 401
    ask["spec"] = {"expirationSeconds": 5}
    error = await refused(client.request("POST", "/api/v1/namespaces/default/serviceaccounts/robot/token", body=ask))
    assert error.reason == "Invalid"


async def test_pods_get_account_token_and_tolerations(client: Client) -> None:
    """Admission completes a new pod as Kubernetes does."""
    made = await client.create(PODS, pod("a"))

    assert made["spec"]["serviceAccountName"] == "default"
    assert made["spec"]["containers"][0]["volumeMounts"][0]["mountPath"].endswith("serviceaccount")
    assert {t["key"] for t in made["spec"]["tolerations"]} == {
        "node.kubernetes.io/not-ready",
        "node.kubernetes.io/unreachable",
    }
    unknown = pod("b")
    unknown["spec"]["serviceAccountName"] = "ghost"
    assert (await refused(client.create(PODS, unknown))).reason == "Forbidden"


async def test_sign_in_link_works_once(client: Client, api: RunningApi) -> None:
    """A code becomes a session cookie one single time."""
    code = (await client.request("POST", "/bouvier/v1/login-codes"))["code"]
    signed_in = await client.request("POST", "/bouvier/v1/session", body={"code": code})

    assert signed_in["user"] == "admin"
    assert (await refused(client.request("POST", "/bouvier/v1/session", body={"code": code}))).code == 401


async def test_tunnel_carries_logs(client: Client, client_of: Clients) -> None:
    """A log request reaches the host's agent through the connection that the agent opened."""
    agent = client_of("node-n1")
    await client.create(PODS, pod("a"))
    target = {
        "apiVersion": "v1",
        "kind": "Binding",
        "metadata": {"name": "a"},
        "target": {"kind": "Node", "name": "n1"},
    }
    await client.request("POST", "/api/v1/namespaces/default/pods/a/binding", body=target)
    offline = await refused(client.request("GET", "/api/v1/namespaces/default/pods/a/log"))
    control = await agent.websocket("/apis/node.bouvier.io/v1/nodes/n1/tunnel")

    async def serve() -> dict:
        order = json.loads(await control.receive())
        answer = await agent.websocket(f"/apis/node.bouvier.io/v1/nodes/n1/tunnel/{order['id']}")
        await answer.send_text(json.dumps({"ok": True}))
        await answer.send(b"hello\n")
        await answer.close()
        return order

    serving = asyncio.create_task(serve())
    async with client.stream("GET", "/api/v1/namespaces/default/pods/a/log", query={"tailLines": 5}) as chunks:
        text = b"".join([chunk async for chunk in chunks])
    order = await serving
    await control.close()

    assert offline.reason == "ServiceUnavailable"
    assert text == b"hello\n"
    assert (order["op"], order["pod"], order["container"], order["options"]) == ("logs", "a", "c", {"tailLines": "5"})
    with pytest.raises(ApiError):
        await agent.websocket("/apis/node.bouvier.io/v1/nodes/n2/tunnel")


async def test_secrets_are_sealed_in_the_store(client: Client, api: RunningApi) -> None:
    """What lies in the store does not show a secret's content."""
    body = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s", "namespace": "default"},
        "data": {"p": "aHVudGVyMg=="},
    }
    await client.create(SECRETS, body)
    stored = await api.server.context.store.get("/local/core/secrets/default/s")

    assert b"aHVudGVyMg" not in stored.value
    assert (await client.get(SECRETS, "s", "default"))["data"] == {"p": "aHVudGVyMg=="}
