"""What Go's typed clients do all day: every body protobuf, `Accept` with protobuf first, JSON taken as it comes."""

from base64 import b64encode
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.apiserver import RunningApi, running_api
from tests.support.protobuf_objects import written

PROTOBUF = "application/vnd.kubernetes.protobuf"
DEFAULT = "/api/v1/namespaces/default"


class TypedClient:
    """A few verbs with the headers of client-go."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def call(self, method: str, path: str, kind: tuple[str, str] = ("", ""), obj: dict | None = None) -> dict:
        """Send an object (or nothing) and return the answer, which must be a success."""
        status, answer = await self.send(method, path, kind, obj)
        assert status < 300, answer
        return answer

    async def send(self, method: str, path: str, kind: tuple[str, str], obj: dict | None) -> tuple[int, dict]:
        """Send an object and return status and answer."""
        headers = {"Accept": f"{PROTOBUF}, */*"}
        body = b""
        if obj is not None:
            headers["Content-Type"], body = PROTOBUF, written(*kind, obj)
        async with self._session.request(method, f"http://api{path}", data=body, headers=headers) as answer:
            assert answer.content_type == "application/json"
            return answer.status, await answer.json()


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[RunningApi]:
    async with running_api(tmp_path) as running:
        yield running


@pytest.fixture
async def client(api: RunningApi) -> AsyncIterator[TypedClient]:
    connector = aiohttp.UnixConnector(path=str(api.socket))
    headers = {"Authorization": f"Bearer {api.token()}"}
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:
        yield TypedClient(session)


def pod(name: str) -> dict:
    containers = [{"name": "c", "image": "web:1", "resources": {"requests": {"cpu": "100m"}}}]
    return {"metadata": {"name": name, "labels": {"app": name}}, "spec": {"containers": containers}}


async def test_life_of_an_object(client: TypedClient) -> None:
    """Create, update with the resourceVersion read, update of the status, delete with preconditions."""
    kind = ("v1", "Pod")
    made = await client.call("POST", f"{DEFAULT}/pods", kind, pod("a"))
    made["metadata"]["labels"]["more"] = "1"
    changed = await client.call("PUT", f"{DEFAULT}/pods/a", kind, made)
    assert changed["metadata"]["labels"] == {"app": "a", "more": "1"}
    condition = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-02T03:04:05Z"}
    changed["status"] |= {"phase": "Running", "conditions": [condition], "podIPs": [{"ip": "10.0.0.1"}]}
    running = await client.call("PUT", f"{DEFAULT}/pods/a/status", kind, changed)
    assert running["status"]["conditions"][0]["lastTransitionTime"] == "2026-01-02T03:04:05Z"
    stale = {"preconditions": {"uid": "other"}}
    status, refusal = await client.send("DELETE", f"{DEFAULT}/pods/a", ("v1", "DeleteOptions"), stale)
    assert (status, refusal["reason"]) == (409, "Conflict")
    options = {"gracePeriodSeconds": 0, "preconditions": {"uid": made["metadata"]["uid"]}}
    await client.call("DELETE", f"{DEFAULT}/pods/a", ("v1", "DeleteOptions"), options)
    assert (await client.send("GET", f"{DEFAULT}/pods/a", ("", ""), None))[0] == 404


async def test_options_of_every_group(client: TypedClient) -> None:
    """Options for deleting are of the group version of the client that sends them."""
    maps = f"{DEFAULT}/configmaps"
    for name in ("a", "b"):
        await client.call("POST", maps, ("v1", "ConfigMap"), {"metadata": {"name": name, "labels": {"x": "y"}}})
    await client.call("DELETE", f"{maps}?labelSelector=x", ("v1", "DeleteOptions"), {"propagationPolicy": "Background"})
    assert [one["metadata"]["name"] for one in (await client.call("GET", f"{maps}?labelSelector=x"))["items"]] == []
    deployments = "/apis/apps/v1/namespaces/default/deployments"
    await client.call("POST", deployments, ("apps/v1", "Deployment"), deployment("web"))
    options = {"propagationPolicy": "Foreground"}
    left = await client.call("DELETE", f"{deployments}/web", ("apps/v1", "DeleteOptions"), options)
    assert left["metadata"]["finalizers"] == ["foregroundDeletion"]


def deployment(name: str) -> dict:
    labels = {"app": name}
    return {
        "metadata": {"name": name},
        "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": pod(name)},
    }


async def test_subresources(client: TypedClient) -> None:
    """Scale, binding, eviction and token requests are protobuf bodies of their own kinds."""
    deployments = "/apis/apps/v1/namespaces/default/deployments"
    await client.call("POST", deployments, ("apps/v1", "Deployment"), deployment("web"))
    scale = await client.call("GET", f"{deployments}/web/scale")
    scale["spec"]["replicas"] = 3
    scaled = await client.call("PUT", f"{deployments}/web/scale", ("autoscaling/v1", "Scale"), scale)
    assert scaled["spec"] == {"replicas": 3}
    await client.call("POST", "/api/v1/nodes", ("v1", "Node"), {"metadata": {"name": "n1"}})
    await client.call("POST", f"{DEFAULT}/pods", ("v1", "Pod"), pod("a"))
    target = {"metadata": {"name": "a"}, "target": {"kind": "Node", "name": "n1"}}
    await client.call("POST", f"{DEFAULT}/pods/a/binding", ("v1", "Binding"), target)
    assert (await client.call("GET", f"{DEFAULT}/pods/a"))["spec"]["nodeName"] == "n1"
    eviction = {"metadata": {"name": "a", "namespace": "default"}, "deleteOptions": {"gracePeriodSeconds": 0}}
    await client.call("POST", f"{DEFAULT}/pods/a/eviction", ("policy/v1", "Eviction"), eviction)
    await client.call("POST", f"{DEFAULT}/serviceaccounts", ("v1", "ServiceAccount"), {"metadata": {"name": "sa"}})
    asked = {"spec": {"audiences": ["a"], "expirationSeconds": 600}}
    kind = ("authentication.k8s.io/v1", "TokenRequest")
    issued = await client.call("POST", f"{DEFAULT}/serviceaccounts/sa/token", kind, asked)
    assert issued["status"]["token"].count(".") == 2


async def test_reviews(client: TypedClient) -> None:
    """Access and token reviews are asked and answered."""
    for kind, spec in (
        ("SelfSubjectAccessReview", {"resourceAttributes": {"verb": "get", "resource": "pods"}}),
        ("SubjectAccessReview", {"user": "jane", "nonResourceAttributes": {"path": "/metrics", "verb": "get"}}),
    ):
        path = f"/apis/authorization.k8s.io/v1/{kind.lower()}s"
        answer = await client.call("POST", path, ("authorization.k8s.io/v1", kind), {"spec": spec})
        assert answer["status"]["allowed"] is (kind == "SelfSubjectAccessReview")
    group = "authentication.k8s.io/v1"
    review = await client.call("POST", f"/apis/{group}/tokenreviews", (group, "TokenReview"), {"spec": {"token": "x"}})
    assert review["status"].get("authenticated", False) is False


async def test_times_quantities_and_raw_json(client: TypedClient) -> None:
    """A lease's microseconds, a quota's quantities and a revision's raw data arrive as they were."""
    leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases"
    spec = {"holderIdentity": "me", "leaseDurationSeconds": 15, "renewTime": "2026-01-02T03:04:05.678901Z"}
    lease = {"metadata": {"name": "l"}, "spec": spec}
    assert (await client.call("POST", leases, ("coordination.k8s.io/v1", "Lease"), lease))["spec"] == spec
    quota = {"metadata": {"name": "q"}, "spec": {"hard": {"cpu": "1500m", "count/pods": "0"}}}
    made = await client.call("POST", f"{DEFAULT}/resourcequotas", ("v1", "ResourceQuota"), quota)
    assert made["spec"]["hard"] == {"cpu": "1500m", "count/pods": "0"}
    revisions = "/apis/apps/v1/namespaces/default/controllerrevisions"
    revision = {"metadata": {"name": "r"}, "revision": 1, "data": {"spec": {"a": [1, None, "x"]}}}
    made = await client.call("POST", revisions, ("apps/v1", "ControllerRevision"), revision)
    assert made["data"] == {"spec": {"a": [1, None, "x"]}}


async def test_definition_with_a_schema(client: TypedClient) -> None:
    """A definition's schema survives with its defaults, limits and alternatives, and is enforced."""
    size = {"type": "integer", "minimum": 0, "maximum": 10.5, "default": 0}
    properties = {
        "size": size,
        "names": {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}, "x-kubernetes-list-type": "set"},
        "either": {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "numbers": {"type": "object", "additionalProperties": {"type": "number"}},
    }
    rules = [{"rule": "self.size < 5", "message": "too large"}]
    schema = {
        "type": "object",
        "properties": {"spec": {"type": "object", "properties": properties, "x-kubernetes-validations": rules}},
    }
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"plural": "widgets", "kind": "Widget"}
    spec = {"group": "example.com", "names": names, "scope": "Namespaced", "versions": [version]}
    definition = {"metadata": {"name": "widgets.example.com"}, "spec": spec}
    kind = ("apiextensions.k8s.io/v1", "CustomResourceDefinition")
    made = await client.call("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", kind, definition)
    assert made["spec"]["versions"][0]["schema"]["openAPIV3Schema"] == schema


async def test_approval(client: TypedClient) -> None:
    """A request for a certificate is approved by an update of its own subresource."""
    requests = "/apis/certificates.k8s.io/v1/certificatesigningrequests"
    kind = ("certificates.k8s.io/v1", "CertificateSigningRequest")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "me")])
    builder = x509.CertificateSigningRequestBuilder().subject_name(name)
    signed = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    request = b64encode(signed.public_bytes(serialization.Encoding.PEM)).decode()
    spec = {"request": request, "signerName": "example.com/own", "usages": ["client auth"]}
    made = await client.call("POST", requests, kind, {"metadata": {"name": "c"}, "spec": spec})
    made["status"] = {"conditions": [{"type": "Approved", "status": "True", "reason": "r", "message": "m"}]}
    approved = await client.call("PUT", f"{requests}/c/approval", kind, made)
    assert approved["status"]["conditions"][0]["type"] == "Approved"
