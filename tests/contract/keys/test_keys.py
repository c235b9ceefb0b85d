"""API keys: never more than the owner may, never more than the scope says."""

import hashlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from bouvier.apiserver.extras import key_uses
from bouvier.cli.commands.key import kubeconfig, rules_of
from bouvier.client import Client, Endpoint
from bouvier.kinds.keys_v1.apikeys import RESOURCE
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
from tests.support.apiserver import RunningApi, running_api

RBAC = "rbac.authorization.k8s.io"


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[RunningApi]:
    async with running_api(tmp_path) as running:
        yield running


@pytest.fixture
async def connect(api: RunningApi) -> AsyncIterator[Callable[[str], Client]]:
    made: list[Client] = []

    def make(token: str) -> Client:
        made.append(Client.connect(Endpoint(unix_socket=str(api.socket), token=token)))
        return made[-1]

    yield make
    for one in made:
        await one.close()


@pytest.fixture
def admin(api: RunningApi, connect: Callable[[str], Client]) -> Client:
    return connect(api.token())


def key(name: str, token: str, **spec: Any) -> dict:
    full = {"tokenHash": "sha256:" + hashlib.sha256(token.encode()).hexdigest()} | spec
    return {"apiVersion": RESOURCE.api_version, "kind": "ApiKey", "metadata": {"name": name}, "spec": full}


def config(name: str, namespace: str = "default") -> dict:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}}


async def refused(call: Any) -> ApiError:
    with pytest.raises(ApiError) as caught:
        await call
    return caught.value


async def test_a_role_and_a_namespace_bound_a_key(admin: Client, connect: Callable[[str], Client]) -> None:
    """An administrator's key for editing one namespace edits there, and neither elsewhere nor the cluster's objects."""
    made = await admin.create(RESOURCE, key("ci", "bvk_ci_x", role="edit", namespaces=["default"]))
    user = connect("bvk_ci_x")

    assert made["spec"]["owner"]["username"] == "admin"
    await user.create(CONFIGMAPS, config("a"))
    await user.list(SECRETS, "default")
    for call in (
        user.create(CONFIGMAPS, config("a", "kube-system")),
        user.list(CONFIGMAPS),
        user.list(NODES),
        user.list(RESOURCE),
        user.list(ROLES, "default"),
    ):
        error = await refused(call)
        assert (error.reason, 'User "apikey:ci"' in error.message) == ("Forbidden", True)


async def test_verbs_and_resources_bound_a_key(admin: Client, connect: Callable[[str], Client]) -> None:
    """A key for reading pods and deployments reads these and nothing else; names of single objects count."""
    rules = rules_of("get,list", "pods,deployments", "")
    await admin.create(RESOURCE, key("read", "bvk_read_x", rules=rules))
    await admin.create(CONFIGMAPS, config("a"))
    one = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"], "resourceNames": ["a"]}]
    await admin.create(RESOURCE, key("one", "bvk_one_x", rules=one))

    await connect("bvk_read_x").list(PODS)
    assert (await refused(connect("bvk_read_x").list(CONFIGMAPS, "default"))).code == 403
    assert (await refused(connect("bvk_read_x").create(PODS, config("a")))).code == 403
    await connect("bvk_one_x").get(CONFIGMAPS, "a", "default")
    assert (await refused(connect("bvk_one_x").get(CONFIGMAPS, "b", "default"))).code == 403


async def test_a_key_loses_what_its_owner_loses(
    api: RunningApi, admin: Client, connect: Callable[[str], Client]
) -> None:
    """A scope wider than the owner's rights gives nothing more, and their end is the key's end."""
    rules = [
        {"apiGroups": ["keys.bouvier.io"], "resources": ["apikeys"], "verbs": ["create"]},
        {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list", "create"]},
    ]
    role = {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRole", "metadata": {"name": "some"}, "rules": rules}
    await admin.request("POST", f"/apis/{RBAC}/v1/clusterroles", body=role)
    reference = {"apiGroup": RBAC, "kind": "ClusterRole", "name": "some"}
    subject = {"kind": "User", "apiGroup": RBAC, "name": "nobody"}
    binding = {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "some"}}
    await admin.create(CLUSTERROLEBINDINGS, binding | {"roleRef": reference, "subjects": [subject]})
    await connect(api.token("nobody")).create(RESOURCE, key("wide", "bvk_wide_x", role="cluster-admin"))

    user = connect("bvk_wide_x")
    await user.list(CONFIGMAPS)
    assert (await refused(user.list(SECRETS))).code == 403
    await admin.delete(CLUSTERROLEBINDINGS, "some")
    assert (await refused(user.list(CONFIGMAPS))).code == 403


async def test_bad_keys_are_unauthorized(admin: Client, connect: Callable[[str], Client]) -> None:
    """Forged, expired, disabled and revoked tokens are 401, with the reason where it helps."""
    await admin.create(RESOURCE, key("a", "bvk_a_good", role="view"))
    await admin.create(RESOURCE, key("old", "bvk_old_x", role="view", expires="2020-01-01T00:00:00Z"))
    good = connect("bvk_a_good")
    await good.list(PODS)

    for token in ("bvk_a_bad", "bvk_none_good", "bvk_", "bvk_a_", "sha256:x"):
        assert (await refused(connect(token).list(PODS))).code == 401
    assert "expired at 2020-01-01" in (await refused(connect("bvk_old_x").list(PODS))).message
    await admin.patch(RESOURCE, "a", {"spec": {"disabled": True}})
    assert "is disabled" in (await refused(good.list(PODS))).message
    await admin.patch(RESOURCE, "a", {"spec": {"disabled": None}})
    await good.list(PODS)
    await admin.delete(RESOURCE, "a")
    assert (await refused(good.list(PODS))).code == 401


async def test_nobody_widens_or_takes_over_a_key(admin: Client, connect: Callable[[str], Client]) -> None:
    """The scope and the token of a key stay; a key makes no keys; an owner cannot be claimed."""
    await admin.create(RESOURCE, key("a", "bvk_a_x", role="cluster-admin"))
    for change in ({"tokenHash": "sha256:" + "0" * 64}, {"role": "admin"}, {"expires": "2099-01-01T00:00:00Z"}):
        error = await refused(admin.patch(RESOURCE, "a", {"spec": change}))
        assert (error.reason, "make another key" in error.message) == ("Invalid", True)
    forged = key("b", "bvk_b_x", role="view", owner={"username": "root", "groups": ["system:masters"]})
    assert (await admin.create(RESOURCE, forged))["spec"]["owner"]["username"] == "admin"
    error = await refused(connect("bvk_a_x").create(RESOURCE, key("c", "bvk_c_x", role="view")))
    assert "cannot make API keys" in error.message


async def test_a_key_grants_no_more_than_it_holds(admin: Client, connect: Callable[[str], Client]) -> None:
    """An administrator's key for one namespace cannot write roles beyond its own scope."""
    await admin.create(RESOURCE, key("a", "bvk_a_x", role="admin", namespaces=["default"]))
    user, metadata = connect("bvk_a_x"), {"name": "r", "namespace": "default"}
    role = {"apiVersion": f"{RBAC}/v1", "kind": "Role", "metadata": metadata}

    wide = role | {"rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]}
    assert (await refused(user.create(ROLES, wide))).code == 403
    await user.create(ROLES, role | {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]})
    reference = {"apiGroup": RBAC, "kind": "ClusterRole", "name": "cluster-admin"}
    binding = {"apiVersion": f"{RBAC}/v1", "kind": "RoleBinding", "metadata": metadata, "roleRef": reference}
    assert (await refused(user.create(ROLEBINDINGS, binding | {"subjects": []}))).code == 403


async def test_a_service_accounts_key_ends_with_it(
    api: RunningApi, admin: Client, connect: Callable[[str], Client]
) -> None:
    """When the account is removed and made again, its former keys stay void."""
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "bot", "namespace": "default"}}
    await admin.create(SERVICEACCOUNTS, account)
    reference = {"apiGroup": RBAC, "kind": "ClusterRole", "name": "cluster-admin"}
    subject = {"kind": "ServiceAccount", "name": "bot", "namespace": "default"}
    binding = {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "bot"}}
    await admin.create(CLUSTERROLEBINDINGS, binding | {"roleRef": reference, "subjects": [subject]})
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    token = await admin.create(SERVICEACCOUNTS, body, namespace="default", name="bot", subresource="token")
    await connect(token["status"]["token"]).create(RESOURCE, key("a", "bvk_a_x", role="view"))

    user = connect("bvk_a_x")
    await user.list(PODS)
    await admin.delete(SERVICEACCOUNTS, "bot", "default")
    await admin.create(SERVICEACCOUNTS, account)
    assert (await refused(user.list(PODS))).code == 403


async def test_the_last_use_is_on_record(api: RunningApi, admin: Client, connect: Callable[[str], Client]) -> None:
    """A used key shows when; one that was not used shows nothing."""
    for name in ("a", "b"):
        await admin.create(RESOURCE, key(name, f"bvk_{name}_x", role="view"))
    await connect("bvk_a_x").list(PODS)
    await key_uses.write(api.server.context, api.server.keys)

    assert (await admin.get(RESOURCE, "a"))["status"]["lastUsed"] > "2026"
    assert "status" not in await admin.get(RESOURCE, "b")


async def test_kubectl_works_with_a_key(api: RunningApi, admin: Client) -> None:
    """The kubeconfig of a key is all that kubectl needs; what it may not is refused."""
    await admin.create(RESOURCE, key("ci", "bvk_ci_x", role="edit", namespaces=["default"]))
    cluster = yaml.safe_load(api.kubeconfig.read_text())["clusters"][0]["cluster"]
    made = kubeconfig(Endpoint(url=cluster["server"]), "ci", "bvk_ci_x", ("default",))
    made["clusters"][0]["cluster"] = cluster
    api.kubeconfig.write_text(yaml.safe_dump(made))

    await api.kubectl("create", "configmap", "a", "--from-literal=x=1")
    assert "configmap/a" in await api.kubectl("get", "configmaps", "-o", "name")
    assert "apikey:ci" in await api.kubectl("auth", "whoami")
    assert "yes" in await api.kubectl("auth", "can-i", "delete", "pods")
    assert "configmaps" in await api.kubectl("auth", "can-i", "--list")
    assert "Forbidden" in await api.kubectl("get", "nodes", ok=False)
