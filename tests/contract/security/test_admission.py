"""Built-in plug-ins of admission: what they give, and what they refuse."""

import base64
from collections.abc import Callable
from typing import Any

from bouvier.client import Client
from bouvier.meta.resources import (
    CERTIFICATESIGNINGREQUESTS,
    INGRESSCLASSES,
    INGRESSES,
    PODS,
    PRIORITYCLASSES,
    SERVICEACCOUNTS,
)
from bouvier.util.signing_requests import make_request, new_key
from tests.contract.security.test_escalation import GROUP
from tests.contract.test_api_verbs import refused
from tests.support.apiserver import RunningApi

Clients = Callable[..., Client]
NS = "default"


def pod(name: str, **spec: Any) -> dict:
    own = {"containers": [{"name": "c", "image": "busybox"}]} | spec
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": NS}, "spec": own}


async def account(client: Client, name: str, **more: Any) -> None:
    metadata = {"name": name, "namespace": NS, "annotations": more.pop("annotations", {})}
    await client.create(SERVICEACCOUNTS, {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata} | more)


async def test_pull_secrets_come_from_the_account(client: Client) -> None:
    """A pod without its own gets those of its account."""
    await account(client, "robot", imagePullSecrets=[{"name": "registry"}])
    made = await client.create(PODS, pod("a", serviceAccountName="robot"))
    assert made["spec"]["imagePullSecrets"] == [{"name": "registry"}]
    own = await client.create(PODS, pod("b", serviceAccountName="robot", imagePullSecrets=[{"name": "mine"}]))
    assert own["spec"]["imagePullSecrets"] == [{"name": "mine"}]


async def test_accounts_may_name_the_secrets_of_their_pods(client: Client) -> None:
    """With the annotation a pod mounts, reads and pulls with no others."""
    note = {"kubernetes.io/enforce-mountable-secrets": "true"}
    await account(client, "robot", annotations=note, secrets=[{"name": "mine"}])
    env = [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "other", "key": "k"}}}]
    parts: tuple[dict, ...] = (
        {"volumes": [{"name": "v", "secret": {"secretName": "other"}}]},
        {"containers": [{"name": "c", "image": "busybox", "env": env}]},
        {"containers": [{"name": "c", "image": "busybox", "envFrom": [{"secretRef": {"name": "other"}}]}]},
        {"imagePullSecrets": [{"name": "other"}]},
    )
    for part in parts:
        error = await refused(client.create(PODS, pod("a", serviceAccountName="robot", **part)))
        assert error.reason == "Forbidden"
        assert "service account robot does not reference that" in error.message
    mine = [{"name": "v", "secret": {"secretName": "mine"}}]
    await client.create(PODS, pod("a", serviceAccountName="robot", volumes=mine))


async def test_the_default_ingress_class(client: Client) -> None:
    """The newest default class is named, unless the Ingress names one in either way."""

    async def ingress(name: str, annotations: dict | None = None, **spec: Any) -> str | None:
        own = {"defaultBackend": {"service": {"name": "web", "port": {"number": 80}}}} | spec
        body = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "spec": own}
        metadata = {"name": name, "namespace": NS, "annotations": annotations or {}}
        made = await client.create(INGRESSES, body | {"metadata": metadata})
        return made["spec"].get("ingressClassName")

    assert await ingress("none") is None
    body = {"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "spec": {"controller": "example.com/x"}}
    note = {"ingressclass.kubernetes.io/is-default-class": "true"}
    for name in ("b", "a"):
        await client.create(INGRESSCLASSES, body | {"metadata": {"name": name, "annotations": note}})
    await client.create(INGRESSCLASSES, body | {"metadata": {"name": "0"}})
    assert await ingress("given", ingressClassName="b") == "b"
    assert await ingress("old", {"kubernetes.io/ingress.class": "x"}) is None
    assert await ingress("open") in {"a", "b"}


async def test_priorities(client: Client) -> None:
    """One default class; the number comes from the class and from nowhere else; the system's classes are there."""
    body = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "value": 100}
    await client.create(PRIORITYCLASSES, body | {"metadata": {"name": "high"}, "preemptionPolicy": "Never"})
    await client.create(PRIORITYCLASSES, body | {"metadata": {"name": "usual"}, "value": 7, "globalDefault": True})
    error = await refused(client.create(PRIORITYCLASSES, body | {"metadata": {"name": "x"}, "globalDefault": True}))
    assert "PriorityClass usual is already marked as default" in error.message
    made = await client.create(PODS, pod("a"))
    assert (made["spec"]["priorityClassName"], made["spec"]["priority"]) == ("usual", 7)
    made = await client.create(PODS, pod("b", priorityClassName="high"))
    assert (made["spec"]["priority"], made["spec"]["preemptionPolicy"]) == (100, "Never")
    assert "computed 7" in (await refused(client.create(PODS, pod("c", priority=9)))).message
    error = await refused(client.create(PODS, pod("c", priorityClassName="none")))
    assert error.message == 'pods "c" is forbidden: no PriorityClass with name none was found'
    names = {one["metadata"]["name"] for one in (await client.list(PRIORITYCLASSES)).items}
    assert names >= {"system-cluster-critical", "system-node-critical"}


async def test_certificates_take_the_right_to_their_signer(client: Client, client_of: Clients, api: RunningApi) -> None:
    """To approve or to sign takes that verb on the signer; nobody becomes a superuser by a request."""

    def request(name: str, signer: str, *organisations: str) -> dict:
        pem = make_request(new_key(), "jane", organisations)
        spec = {"request": base64.b64encode(pem).decode(), "signerName": signer, "usages": ["client auth"]}
        metadata = {"name": name}
        head = {"apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest"}
        return head | {"metadata": metadata, "spec": spec | {"username": "admin", "groups": ["system:masters"]}}

    signer = "kubernetes.io/kube-apiserver-client"
    forged = await refused(client.create(CERTIFICATESIGNINGREQUESTS, request("m", signer, "system:masters")))
    assert f"use of {signer} signer with system:masters group is not allowed" in forged.message
    rules = [
        {"apiGroups": ["certificates.k8s.io"], "resources": ["*"], "verbs": ["get", "create", "update", "patch"]},
        {
            "apiGroups": ["certificates.k8s.io"],
            "resources": ["signers"],
            "verbs": ["approve", "sign"],
            "resourceNames": ["example.com/*"],
        },
    ]
    role = {"apiVersion": f"{GROUP}/v1", "kind": "ClusterRole", "metadata": {"name": "csr"}, "rules": rules}
    await client.request("POST", f"/apis/{GROUP}/v1/clusterroles", body=role)
    await api.kubectl("create", "clusterrolebinding", "csr", "--clusterrole=csr", "--user=nobody")
    nobody = client_of("nobody")
    made = await nobody.create(CERTIFICATESIGNINGREQUESTS, request("a", signer))
    assert made["spec"]["username"] == "nobody"
    assert made["spec"]["groups"] == ["system:authenticated"]
    approved = {"conditions": [{"type": "Approved", "status": "True", "reason": "x"}]}
    for subresource, status in (("approval", approved), ("status", {"certificate": "eA=="})):
        error = await refused(
            nobody.update(CERTIFICATESIGNINGREQUESTS, made | {"status": status}, subresource=subresource)
        )
        assert error.reason == "Forbidden"
        assert f'requests with signerName "{signer}"' in error.message
    bundles = "/apis/certificates.k8s.io/v1beta1/clustertrustbundles"
    spec = {"signerName": "example.com/own", "trustBundle": (api.folder / "pki" / "ca.crt").read_text()}
    head = {"apiVersion": "certificates.k8s.io/v1beta1", "kind": "ClusterTrustBundle"}
    bundle = head | {"metadata": {"name": "example.com:own:x"}, "spec": spec}
    error = await refused(nobody.request("POST", bundles, body=bundle))
    assert 'user not permitted to attest for signerName "example.com/own"' in error.message
    await client.request("POST", bundles, body=bundle)
    own = await nobody.create(CERTIFICATESIGNINGREQUESTS, request("b", "example.com/own"))
    await nobody.update(CERTIFICATESIGNINGREQUESTS, own | {"status": approved}, subresource="approval")


async def test_reviews(client: Client, api: RunningApi) -> None:
    """Why a host may not, what selectors a question has, and that a host's list of rights is not all of it."""
    path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
    head = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview"}
    host = {"user": "system:node:n1", "groups": ["system:nodes"]}

    async def ask(**attributes: Any) -> dict:
        body = head | {"spec": host | {"resourceAttributes": attributes}}
        return (await client.request("POST", path, body=body))["status"]

    status = await ask(verb="get", resource="secrets", namespace=NS, name="x")
    assert status["reason"] == "no relationship found between node 'n1' and this object"
    demand = {"key": "spec.nodeName", "operator": "In", "values": ["n1"]}
    assert (await ask(verb="list", resource="pods", fieldSelector={"requirements": [demand]}))["allowed"]
    assert not (await ask(verb="list", resource="pods"))["allowed"]
    as_host = ("--as=system:node:n1", "--as-group=system:nodes")
    listed = await api.kubectl("auth", "can-i", "--list", *as_host)
    assert "node authorizer does not support user rule resolution" in listed
