"""Parts of objects with a path of their own, as the original's conformance tests use them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bouvier.client.endpoint import Endpoint
from bouvier.client.rest import Client
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.resources import CERTIFICATESIGNINGREQUESTS, INGRESSES, NODES, PODS
from tests.conformance.kinds.samples import NAMESPACE, sample
from tests.support.apiserver import RunningApi, running_api

BUNDLES = Resource("certificates.k8s.io", "v1", "clustertrustbundles", "ClusterTrustBundle", namespaced=False)
RBAC = "rbac.authorization.k8s.io/v1"
MERGE = "application/merge-patch+json"


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[RunningApi]:
    async with running_api(tmp_path) as running:
        yield running


@pytest.fixture
async def client(api: RunningApi) -> AsyncIterator[Client]:
    made = Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token()), user_agent="test")
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    await made.request("POST", "/api/v1/namespaces", body=namespace)
    yield made
    await made.close()


def kind_of(api, resource):
    return api.server.context.kinds.find("local", resource.group, resource.version, resource.plural)


async def patched(client, resource, body, *, namespace="", part="status"):
    return await client.request("PATCH", resource.path(namespace, "sample", part), body=body, content_type=MERGE)


async def test_notes_written_beside_a_status(api, client, tmp_path):
    """Annotations of the oldest kinds can be written with their status; the spec cannot."""
    await client.create(INGRESSES, sample(kind_of(api, INGRESSES), tmp_path))
    ingress = {"ingress": [{"ip": "169.1.1.1"}]}
    body = {
        "metadata": {"annotations": {"patchedstatus": "true"}},
        "spec": {"ingressClassName": "other"},
        "status": {"loadBalancer": ingress},
    }
    after = await patched(client, INGRESSES, body, namespace=NAMESPACE)
    assert after["metadata"]["annotations"]["patchedstatus"] == "true"
    assert after["status"]["loadBalancer"] == ingress
    assert "ingressClassName" not in after["spec"]
    assert after["metadata"]["generation"] == 1


async def test_requests_for_certificates_are_approved_and_issued(api, client, tmp_path):
    """Approval by patch and update, the certificate by the status; each leaves the other alone."""
    made = await client.create(CERTIFICATESIGNINGREQUESTS, sample(kind_of(api, CERTIFICATESIGNINGREQUESTS), tmp_path))
    noted = {
        "metadata": {"annotations": {"patchedapproval": "true"}},
        "status": {"conditions": [{"type": "ApprovalPatch", "status": "True", "reason": "e2e"}]},
    }
    after = await patched(client, CERTIFICATESIGNINGREQUESTS, noted, part="approval")
    assert after["metadata"]["annotations"]["patchedapproval"] == "true"
    assert [one["type"] for one in after["status"]["conditions"]] == ["ApprovalPatch"]
    after["status"]["conditions"].append({"type": "Approved", "status": "True", "reason": "E2E", "message": "yes"})
    path = CERTIFICATESIGNINGREQUESTS.path("", made["metadata"]["name"], "approval")
    approved = await client.request("PUT", path, body=after)
    condition = approved["status"]["conditions"][1]
    assert (condition["type"], condition["reason"]) == ("Approved", "E2E")
    assert condition["lastUpdateTime"]
    assert condition["lastTransitionTime"]
    assert await client.request("GET", path) == approved

    taken_back = await patched(client, CERTIFICATESIGNINGREQUESTS, {"status": {"conditions": []}})
    assert [one["type"] for one in taken_back["status"]["conditions"]] == ["Approved"]
    with pytest.raises(ApiError) as refused:
        await patched(client, CERTIFICATESIGNINGREQUESTS, {"status": {"conditions": []}}, part="approval")
    assert 'updates may not remove a condition of type "Approved"' in refused.value.message
    with pytest.raises(ApiError) as wrong:
        await patched(client, CERTIFICATESIGNINGREQUESTS, {"status": {"certificate": "bm9uZQ=="}})
    assert "must contain at least one CERTIFICATE PEM block" in wrong.value.message


async def test_pods_are_bound_by_their_namespace(api, client, tmp_path):
    """A Binding may be sent to the namespace; it brings the scheduler's notes along, once."""
    await client.create(NODES, {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}})
    await client.create(PODS, sample(kind_of(api, PODS), tmp_path))
    binding = {
        "apiVersion": "v1",
        "kind": "Binding",
        "metadata": {"name": "sample", "namespace": NAMESPACE, "annotations": {"why": "best"}},
        "target": {"apiVersion": "v1", "kind": "Node", "name": "n1"},
    }
    path = f"/api/v1/namespaces/{NAMESPACE}/bindings"
    with pytest.raises(ApiError, match='target.kind: Unsupported value: "Host"'):
        await client.request("POST", path, body=binding | {"target": {"kind": "Host", "name": "n1"}})
    assert (await client.request("POST", path, body=binding))["status"] == "Success"
    pod = await client.get(PODS, "sample", NAMESPACE)
    assert (pod["spec"]["nodeName"], pod["metadata"]["annotations"]["why"]) == ("n1", "best")
    with pytest.raises(ApiError, match='is already assigned to node "n1"'):
        await client.request("POST", path, body=binding)


async def test_hosts_report_on_pods_and_nothing_else(api, client, tmp_path):
    """A host's report about its pod may not make a service or a controller take the pod for theirs."""
    await client.create(NODES, {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}})
    pod = sample(kind_of(api, PODS), tmp_path)
    pod["spec"]["nodeName"] = "n1"
    await client.create(PODS, pod)
    host = Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token("node-n1")), user_agent="test")
    good = {"status": {"phase": "Running"}}
    assert (await patched(host, PODS, good, namespace=NAMESPACE))["status"]["phase"] == "Running"
    with pytest.raises(ApiError, match='node "n1" cannot update labels through pod status'):
        await patched(host, PODS, {"metadata": {"labels": {"app": "bank"}}}, namespace=NAMESPACE)
    await host.close()


async def test_devices_in_use_are_claimed_where_administrators_are(client):
    """Access for administration needs a label on the namespace."""
    request = {"name": "r", "exactly": {"deviceClassName": "gpu", "adminAccess": True}}
    claim = {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "ResourceClaim",
        "metadata": {"name": "c", "namespace": NAMESPACE},
        "spec": {"devices": {"requests": [request]}},
    }
    path = f"/apis/resource.k8s.io/v1/namespaces/{NAMESPACE}/resourceclaims"
    with pytest.raises(ApiError) as refused:
        await client.request("POST", path, body=claim)
    assert "requires the `resource.kubernetes.io/admin-access: true` label" in refused.value.message
    label = {"metadata": {"labels": {"resource.kubernetes.io/admin-access": "true"}}}
    await client.request("PATCH", f"/api/v1/namespaces/{NAMESPACE}", body=label, content_type=MERGE)
    assert (await client.request("POST", path, body=claim))["metadata"]["uid"]


async def test_bundles_for_a_signer_need_its_consent(api, client, tmp_path):
    """Who may write bundles may still not speak for a signer."""
    bundle = sample(kind_of(api, BUNDLES), tmp_path, "example.com:s:b")
    bundle["spec"]["signerName"] = "example.com/s"
    rules = [{"apiGroups": ["certificates.k8s.io"], "resources": ["clustertrustbundles"], "verbs": ["*"]}]
    role = {"apiVersion": RBAC, "kind": "ClusterRole", "metadata": {"name": "bundles"}, "rules": rules}
    subject = {"kind": "User", "name": "nobody", "apiGroup": "rbac.authorization.k8s.io"}
    reference = {"kind": "ClusterRole", "name": "bundles", "apiGroup": "rbac.authorization.k8s.io"}
    binding = {"apiVersion": RBAC, "kind": "ClusterRoleBinding", "metadata": {"name": "bundles"}}
    await client.request("POST", f"/apis/{RBAC}/clusterroles", body=role)
    given = binding | {"subjects": [subject], "roleRef": reference}
    await client.request("POST", f"/apis/{RBAC}/clusterrolebindings", body=given)
    other = Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token("nobody")), user_agent="test")
    with pytest.raises(ApiError, match='user not permitted to attest for signerName "example.com/s"'):
        await other.create(BUNDLES, bundle)
    assert (await client.create(BUNDLES, bundle))["metadata"]["uid"]
    await other.close()


async def test_one_object_in_every_version(client):
    """What is written in the oldest version is read in the newest, and the other way round."""
    flat = {
        "apiVersion": "resource.k8s.io/v1beta1",
        "kind": "ResourceClaim",
        "metadata": {"name": "c", "namespace": NAMESPACE},
        "spec": {"devices": {"requests": [{"name": "r", "deviceClassName": "gpu"}]}},
    }
    place = f"namespaces/{NAMESPACE}/resourceclaims"
    await client.request("POST", f"/apis/resource.k8s.io/v1beta1/{place}", body=flat)
    exactly = {"deviceClassName": "gpu", "allocationMode": "ExactCount", "count": 1}
    for version in ("v1", "v1beta2"):
        found = await client.request("GET", f"/apis/resource.k8s.io/{version}/{place}/c")
        assert found["apiVersion"] == f"resource.k8s.io/{version}"
        assert found["spec"]["devices"]["requests"] == [{"name": "r", "exactly": exactly}]
    listed = await client.request("GET", f"/apis/resource.k8s.io/v1beta1/{place}")
    assert listed["items"][0]["spec"]["devices"]["requests"] == [{"name": "r", **exactly}]
