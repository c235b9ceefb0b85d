"""A hook can do what its author can do at the moment of the call, and nothing more."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bouvier.client import Client, Endpoint
from bouvier.hooks.secrets import hashed
from bouvier.kinds.hooks_v1 import receivercalls, receivers
from bouvier.kinds.keys_v1.apikeys import RESOURCE as KEYS
from bouvier.meta.errors import ApiError
from bouvier.meta.resources import CLUSTERS, ROLEBINDINGS, ROLES, SERVICEACCOUNTS
from tests.contract.hooks.conftest import NAMESPACE, Hooks, receiver, scaling

RBAC = "rbac.authorization.k8s.io"
HOOKS = {"apiGroups": ["hooks.bouvier.io"], "resources": ["receivers", "receivercalls"], "verbs": ["*"]}
SCALE = {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "patch"]}


async def grant(admin: Client, name: str, subject: dict, *rules: dict) -> None:
    metadata = {"name": name, "namespace": NAMESPACE}
    await admin.create(ROLES, {"apiVersion": f"{RBAC}/v1", "kind": "Role", "metadata": metadata, "rules": list(rules)})
    reference = {"apiGroup": RBAC, "kind": "Role", "name": name}
    binding = {"apiVersion": f"{RBAC}/v1", "kind": "RoleBinding", "metadata": metadata, "roleRef": reference}
    await admin.create(ROLEBINDINGS, binding | {"subjects": [subject]})


def user(name: str) -> dict:
    return {"kind": "User", "apiGroup": RBAC, "name": name}


@pytest.fixture
async def nobody(hooks: Hooks):
    made = Client.connect(Endpoint(unix_socket=str(hooks.api.socket), token=hooks.api.token("nobody")))
    yield made
    await made.close()


async def refusal(call: Callable) -> ApiError:
    with pytest.raises(ApiError) as caught:
        await call
    return caught.value


async def test_nobody_makes_a_hook_for_what_they_may_not_do(hooks: Hooks, nobody: Client) -> None:
    """Without the right to change the target, making the hook is refused in Kubernetes' words; with it it is not."""
    await hooks.deploy()
    await grant(hooks.admin, "hooks", user("nobody"), HOOKS)

    error = await refusal(hooks.make("up", nobody, **scaling(1)))
    assert error.reason == "Forbidden"
    assert 'cannot get resource "deployments"' in error.message
    await grant(hooks.admin, "scale", user("nobody"), SCALE)
    made = await hooks.make("up", nobody, **scaling(1))
    assert made["spec"]["author"]["username"] == "nobody"
    assert (await hooks.call("up")).status == 200


async def test_rights_count_at_the_moment_of_the_call(hooks: Hooks, nobody: Client) -> None:
    """An author who lost the right has hooks that are refused."""
    await hooks.deploy()
    await grant(hooks.admin, "hooks", user("nobody"), HOOKS)
    await grant(hooks.admin, "scale", user("nobody"), SCALE)
    await hooks.make("up", nobody, **scaling(1))
    await hooks.admin.delete(ROLEBINDINGS, "scale", NAMESPACE)

    answer = await hooks.call("up")
    assert (answer.status, answer.body["result"]) == (403, "Refused")
    assert 'User "nobody" cannot' in answer.body["message"]
    assert await hooks.replicas() == 1


async def test_whoever_changes_a_hook_answers_for_it(hooks: Hooks, nobody: Client) -> None:
    """Nobody can point an administrator's hook elsewhere, or take over its URL, with the administrator's rights."""
    await hooks.deploy()
    await hooks.make("up", **scaling(1))
    await grant(hooks.admin, "hooks", user("nobody"), HOOKS)

    change = {"spec": {"secretHash": "sha256:" + "0" * 64}}
    error = await refusal(nobody.patch(receivers.RESOURCE, "up", change, namespace=NAMESPACE))
    assert error.reason == "Forbidden"
    forged = receiver("mine", **scaling(1), author={"username": "admin", "groups": ["system:masters"]})
    assert (await refusal(nobody.create(receivers.RESOURCE, forged))).reason == "Forbidden"
    await nobody.patch(receivers.RESOURCE, "up", {"metadata": {"labels": {"a": "b"}}}, namespace=NAMESPACE)
    assert (await hooks.get("up"))["spec"]["author"]["username"] == "admin"


async def test_a_service_account_bounds_what_a_hook_may(hooks: Hooks) -> None:
    """A hook that names an account has the account's rights, not its author's."""
    await hooks.deploy()
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "robot", "namespace": NAMESPACE}}
    await hooks.admin.create(SERVICEACCOUNTS, account)
    await hooks.make("up", **scaling(1), serviceAccountName="robot")

    assert (await hooks.call("up")).status == 403
    subject = {"kind": "ServiceAccount", "name": "robot", "namespace": NAMESPACE}
    await grant(hooks.admin, "scale", subject, SCALE | {"resourceNames": ["web"]})
    assert (await hooks.call("up")).status == 200


async def test_calls_are_not_made_by_hand(hooks: Hooks, nobody: Client) -> None:
    """An object of the kind does nothing but tell what a call would do."""
    await hooks.deploy()
    await hooks.make("up", **scaling(1))
    await grant(hooks.admin, "hooks", user("nobody"), HOOKS)
    metadata = {"name": "x", "namespace": NAMESPACE}
    body = {"apiVersion": "hooks.bouvier.io/v1", "kind": "ReceiverCall", "metadata": metadata}

    error = await refusal(nobody.create(receivercalls.RESOURCE, body | {"spec": {"receiver": "up"}}))
    assert error.reason == "Forbidden"
    await nobody.create(receivercalls.RESOURCE, body | {"spec": {"receiver": "up", "dryRun": True}})
    async with asyncio.timeout(60):
        while "status" not in (call := await hooks.admin.get(receivercalls.RESOURCE, "x", NAMESPACE)):
            await asyncio.sleep(0.01)
    assert (call["status"]["result"], await hooks.replicas()) == ("Done", 1)
    assert "calls" not in (await hooks.get("up"))["status"]


async def test_a_hook_made_with_a_key_ends_with_the_key(hooks: Hooks) -> None:
    """It may what the key may, and nothing after the key was revoked."""
    await hooks.deploy()
    token = "bvk_ci_x"
    spec = {"role": "edit", "namespaces": [NAMESPACE], "tokenHash": hashed(token)}
    key = {"apiVersion": "keys.bouvier.io/v1", "kind": "ApiKey", "metadata": {"name": "ci"}, "spec": spec}
    await hooks.admin.create(KEYS, key)
    user = Client.connect(Endpoint(unix_socket=str(hooks.api.socket), token=token))
    await hooks.make("up", user, **scaling(1))
    await user.close()

    answer = await hooks.call("up")
    assert (answer.status, answer.body["result"]) == (200, "Done")
    await hooks.admin.delete(KEYS, "ci")
    assert (await hooks.call("up")).status == 403
    assert await hooks.replicas() == 2


async def test_kubectl_knows_hooks(hooks: Hooks, tmp_path: Path) -> None:
    """Applied twice nothing changes; get shows what happened, explain the fields; a wrong one is refused with its field."""
    await hooks.deploy()
    file = tmp_path / "hook.json"
    file.write_text(json.dumps(receiver("up", **scaling(1))))
    assert "created" in await hooks.api.kubectl("apply", "-f", str(file))
    before = (await hooks.get("up"))["spec"]["author"]
    assert "unchanged" in await hooks.api.kubectl("apply", "-f", str(file))
    assert "serverside-applied" in await hooks.api.kubectl(
        "apply", "--server-side", "--force-conflicts", "-f", str(file)
    )
    assert (await hooks.get("up"))["spec"]["author"] == before

    await hooks.call("up")
    shown = await hooks.api.kubectl("get", "receivers,receivercalls")
    assert "deployment/web" in shown
    assert "1 -> 2 replicas" in shown
    assert "secretHash" in await hooks.api.kubectl("explain", "receivers.spec")
    file.write_text(json.dumps(receiver("bad", **scaling(0))))
    assert "spec.scale.by: Invalid value: 0" in await hooks.api.kubectl("apply", "-f", str(file), ok=False)


async def test_other_orchestrators_refuse_hooks_by_name(hooks: Hooks) -> None:
    """Where nobody would carry calls out, a hook cannot be made."""
    spec = {"driver": "swarm", "swarm": {"engine": "unix:///nowhere.sock"}}
    cluster = {"apiVersion": CLUSTERS.api_version, "kind": "Cluster", "metadata": {"name": "bees"}, "spec": spec}
    await hooks.admin.create(CLUSTERS, cluster)
    endpoint = Endpoint(unix_socket=str(hooks.api.socket), token=hooks.api.token(), cluster="bees")
    other = Client.connect(endpoint)
    async with asyncio.timeout(60):
        while (error := await refusal(other.create(receivers.RESOURCE, receiver("up", **scaling(1))))).code == 503:
            await asyncio.sleep(0.02)
    await other.close()
    assert "hooks have an effect only in native clusters; bees is executed by swarm" in error.message
