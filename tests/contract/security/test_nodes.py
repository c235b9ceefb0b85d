"""What a host may read and write, and what it may not."""

from collections.abc import Callable
from typing import Any

import pytest

from bouvier.client import Client
from bouvier.meta.errors import ApiError
from bouvier.meta.resources import CONFIGMAPS, INGRESSES, LEASES, NODES, PERSISTENTVOLUMECLAIMS, PODS, SECRETS
from tests.contract.test_api_verbs import refused
from tests.support.waiting import eventually

Clients = Callable[..., Client]
NS = "default"


def secret(name: str, **more: Any) -> dict:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": NS}, **more}


def pod(name: str, node: str = "n1", **spec: Any) -> dict:
    container = {"name": "c", "image": "busybox", "env": spec.pop("env", [])}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": NS},
        "spec": {"containers": [container], "nodeName": node} | spec,
    }


async def forbidden(work: Any) -> str:
    error = await refused(work)
    assert (error.code, error.reason) == (403, "Forbidden"), error
    return error.message


@pytest.fixture
async def node(client_of: Clients) -> Client:
    """The agent of n1, whose Node exists."""
    agent = client_of("node-n1")
    await agent.create(NODES, {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}})
    return agent


async def test_only_objects_of_own_pods_can_be_read(client: Client, node: Client) -> None:
    """Every way in which a pod names a Secret opens that one, for as long as the pod is bound here."""
    for name in ("env", "volume", "projected", "pull", "other", "elsewhere"):
        await client.create(SECRETS, secret(name))
    env = [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "env", "key": "k"}}}]
    volumes = [
        {"name": "v", "secret": {"secretName": "volume"}},
        {"name": "p", "projected": {"sources": [{"secret": {"name": "projected"}}]}},
        {"name": "m", "configMap": {"name": "settings"}},
        {"name": "d", "persistentVolumeClaim": {"claimName": "data"}},
    ]
    assert "no relationship found between node 'n1' and this object" in await forbidden(node.get(SECRETS, "env", NS))
    await client.create(PODS, pod("a", env=env, volumes=volumes, imagePullSecrets=[{"name": "pull"}]))
    elsewhere = [{"name": "v", "secret": {"secretName": "elsewhere"}}]
    await client.create(PODS, pod("b", "n2", volumes=elsewhere))
    for name in ("env", "volume", "projected", "pull"):
        assert (await node.get(SECRETS, name, NS))["metadata"]["name"] == name
    for name in ("other", "elsewhere", "absent"):
        await forbidden(node.get(SECRETS, name, NS))
    with pytest.raises(ApiError) as missing:
        await node.get(CONFIGMAPS, "settings", NS)
    assert missing.value.reason == "NotFound"
    await client.delete(PODS, "a", NS, grace_seconds=0)
    await forbidden(node.get(SECRETS, "env", NS))


async def test_lists_and_watches_name_one_object(client: Client, node: Client) -> None:
    """A host lists and watches Secrets one by one, never a namespace of them."""
    await client.create(SECRETS, secret("env"))
    await client.create(PODS, pod("a", volumes=[{"name": "v", "secret": {"secretName": "env"}}]))
    found = await node.list(SECRETS, NS, field_selector="metadata.name=env")
    assert len(found.items) == 1
    for namespace, selector in (
        (NS, ""),
        ("", ""),
        (NS, "metadata.name!=env"),
        (NS, "metadata.name=x"),
        (NS, "type=Opaque"),
    ):
        await forbidden(node.list(SECRETS, namespace, field_selector=selector))
    await forbidden(node.delete(SECRETS, "env", NS))
    await forbidden(node.update(SECRETS, secret("env")))


async def test_certificates_of_ingresses_can_be_read(client: Client, node: Client) -> None:
    """Every host serves Ingresses, so it may read their Secrets, if they are certificates."""
    await client.create(SECRETS, secret("plain"))
    tls = [{"hosts": ["a.example"], "secretName": "plain"}, {"hosts": ["b.example"], "secretName": "cert"}]
    rules = [{"host": "a.example"}]
    ingress = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "i", "namespace": NS}}
    await client.create(INGRESSES, ingress | {"spec": {"tls": tls, "rules": rules}})
    await forbidden(node.get(SECRETS, "plain", NS))
    await forbidden(node.list(SECRETS, NS, field_selector="metadata.name=plain"))
    found = await node.list(SECRETS, NS, field_selector="metadata.name=plain,type=kubernetes.io/tls")
    assert found.items == []


async def test_pods_are_seen_by_host(client: Client, node: Client) -> None:
    """A host reads its own pods, and those of namespaces in which it runs some."""
    await client.create(PODS, pod("b", "n2"))
    await forbidden(node.get(PODS, "b", NS))
    await forbidden(node.list(PODS))
    await forbidden(node.list(PODS, NS))
    assert (await node.list(PODS, field_selector="spec.nodeName=n1")).items == []
    await forbidden(node.list(PODS, field_selector="spec.nodeName=n2"))
    await client.create(PODS, pod("a"))
    assert (await node.get(PODS, "a", NS))["metadata"]["name"] == "a"
    assert len((await node.list(PODS, NS)).items) == 2
    await forbidden(node.delete(PODS, "b", NS))
    await node.delete(PODS, "a", NS, grace_seconds=0)


async def test_no_host_makes_pods_or_labels_itself(client: Client, node: Client) -> None:
    """Mirror pods only, without rights; no labels by which pods are kept apart; no other host's Node or Lease."""
    assert "can only create mirror pods" in await forbidden(node.create(PODS, pod("x")))
    mirror = pod("x")
    mirror["metadata"]["annotations"] = {"kubernetes.io/config.mirror": "1"}
    assert "owner reference set to itself" in await forbidden(node.create(PODS, mirror))
    uid = (await client.get(NODES, "n1"))["metadata"]["uid"]
    owner = {"apiVersion": "v1", "kind": "Node", "name": "n1", "uid": uid, "controller": True}
    mirror["metadata"]["ownerReferences"] = [owner]
    named = mirror | {"spec": mirror["spec"] | {"volumes": [{"name": "v", "secret": {"secretName": "s"}}]}}
    assert "can not create pods that reference secrets" in await forbidden(node.create(PODS, named))
    account = mirror | {"spec": mirror["spec"] | {"serviceAccountName": "default"}}
    assert "service account" in await forbidden(node.create(PODS, account))
    assert "serviceAccountName" not in (await node.create(PODS, mirror))["spec"]

    async def label(key: str, name: str = "n1") -> dict:
        return await node.patch(NODES, name, {"metadata": {"labels": {key: "x"}}})

    await label("example.com/rack")
    await label("topology.kubernetes.io/zone")
    for key in ("node-restriction.kubernetes.io/pool", "kubernetes.io/other", "x.k8s.io/y"):
        assert "is not allowed to modify labels" in await forbidden(label(key))
    await client.create(NODES, {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n2"}})
    await forbidden(label("example.com/rack", "n2"))
    taints = [{"key": "a", "effect": "NoSchedule"}]
    assert "modify taints" in await forbidden(node.patch(NODES, "n1", {"spec": {"taints": taints}}))
    lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "n2"}}
    await forbidden(node.create(LEASES, lease | {"metadata": {"name": "n2", "namespace": "kube-node-lease"}}))
    await forbidden(node.create(LEASES, lease | {"metadata": {"name": "n1", "namespace": "kube-system"}}))
    await node.create(LEASES, lease | {"metadata": {"name": "n1", "namespace": "kube-node-lease"}})


async def test_tokens_only_for_own_pods(client: Client, node: Client) -> None:
    """A host gets tokens for accounts of its pods, bound to them, for audiences that they name."""
    source = {"serviceAccountToken": {"path": "t", "audience": "vault"}}
    volumes = [{"name": "t", "projected": {"sources": [source]}}]
    mine = await client.create(PODS, pod("a", volumes=volumes))
    other = await client.create(PODS, pod("b", "n2"))
    path = f"/api/v1/namespaces/{NS}/serviceaccounts/default/token"

    def ask(bound: dict | None, audiences: tuple[str, ...] = ()) -> Any:
        reference = None
        if bound is not None:
            metadata = bound["metadata"]
            reference = {"apiVersion": "v1", "kind": "Pod", "name": metadata["name"], "uid": metadata["uid"]}
        spec = {"boundObjectRef": reference, "audiences": list(audiences)}
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
        return node.request("POST", path, body=body)

    async def account() -> bool:
        body = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": NS}}
        await client.request("POST", f"/api/v1/namespaces/{NS}/serviceaccounts", body=body)
        return True

    await eventually(account)
    assert (await ask(mine))["status"]["token"]
    assert (await ask(mine, ("vault",)))["spec"]["audiences"] == ["vault"]
    assert "not found in pod spec" in await forbidden(ask(mine, ("elsewhere",)))
    assert "different node" in await forbidden(ask(other))
    assert "not bound to a pod" in await forbidden(ask(None))
    stale = {"metadata": mine["metadata"] | {"uid": other["metadata"]["uid"]}}
    await forbidden(ask(stale))


async def test_claims_of_own_pods(client: Client, node: Client) -> None:
    """The original's rule holds for names that nobody else grants: volume attachments of other hosts stay closed."""
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": "system:node:n1", "groups": ["system:nodes"]},
    }

    async def may(**attributes: str) -> bool:
        body = review | {"spec": review["spec"] | {"resourceAttributes": attributes}}
        answer = await client.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", body=body)
        return bool(answer["status"]["allowed"])

    assert not await may(verb="get", group="storage.k8s.io", resource="volumeattachments", name="x")
    assert not await may(verb="get", group="resource.k8s.io", resource="resourceclaims", name="x", namespace=NS)
    assert not await may(verb="create", resource="serviceaccounts", subresource="token", name="default", namespace=NS)
    assert not await may(verb="delete", resource=PERSISTENTVOLUMECLAIMS.plural, name="x", namespace=NS)
    assert not await may(verb="impersonate", resource="users", name="admin")
    assert await may(verb="get", group="storage.k8s.io", resource="csinodes", name="n1")
    assert not await may(verb="get", group="storage.k8s.io", resource="csinodes", name="n2")
