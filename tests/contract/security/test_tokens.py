"""Service account tokens, tokens of Secrets, and who a token is for; forged and outlived ones."""

import base64
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bouvier.apiserver.authn.signing import ISSUER, Signer
from bouvier.client import Client, Endpoint
from bouvier.meta.errors import ApiError
from bouvier.meta.resources import NAMESPACES, NODES, PODS, SECRETS, SERVICEACCOUNTS
from tests.contract.test_api_verbs import refused
from tests.support.apiserver import RunningApi, running_api
from tests.support.waiting import eventually

Clients = Callable[..., Client]
NS = "default"
REVIEWS = "/apis/authentication.k8s.io/v1"


async def account(client: Client, name: str = "robot") -> dict:
    body = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": NS}}
    return await client.create(SERVICEACCOUNTS, body)


async def ask(client: Client, name: str = "robot", **spec: Any) -> dict:
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
    return await client.request("POST", f"/api/v1/namespaces/{NS}/serviceaccounts/{name}/token", body=body)


async def info(client: Client) -> dict:
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    return (await client.request("POST", f"{REVIEWS}/selfsubjectreviews", body=body))["status"]["userInfo"]


async def review(client: Client, token: str, *audiences: str) -> dict:
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
    if audiences:
        body["spec"]["audiences"] = list(audiences)
    return (await client.request("POST", f"{REVIEWS}/tokenreviews", body=body))["status"]


def pod(name: str = "a", **spec: Any) -> dict:
    own = {"containers": [{"name": "c", "image": "busybox"}], "serviceAccountName": "robot"} | spec
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": NS}, "spec": own}


def bound(obj: dict) -> dict:
    return {"kind": obj["kind"], "apiVersion": "v1", "name": obj["metadata"]["name"], "uid": obj["metadata"]["uid"]}


def claims(token: str) -> dict:
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


async def test_a_pod_s_token_says_pod_host_and_itself(client: Client, client_of: Clients) -> None:
    """Extras name pod, host and the token's own identifier."""
    await account(client)
    node = await client.create(NODES, {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}})
    made = await client.create(PODS, pod(nodeName="n1"))
    token = (await ask(client, boundObjectRef=bound(made)))["status"]["token"]
    extra = (await info(client_of(token=token)))["extra"]
    prefix = "authentication.kubernetes.io/"
    assert extra == {
        f"{prefix}credential-id": [f"JTI={claims(token)['jti']}"],
        f"{prefix}node-name": ["n1"],
        f"{prefix}node-uid": [node["metadata"]["uid"]],
        f"{prefix}pod-name": ["a"],
        f"{prefix}pod-uid": [made["metadata"]["uid"]],
    }


async def test_a_token_ends_with_what_it_is_bound_to(client: Client, client_of: Clients) -> None:
    """Pod, Secret, Node and account: once gone, or made anew under the same name, the token is refused at once."""
    for kind, resource in (("Pod", PODS), ("Secret", SECRETS), ("Node", NODES)):
        await account(client)
        body = pod() if kind == "Pod" else {"apiVersion": "v1", "kind": kind, "metadata": {"name": "a"}}
        namespace = "" if kind == "Node" else NS
        body["metadata"]["namespace"] = namespace
        made = await client.create(resource, body, namespace=namespace)
        robot = client_of(token=(await ask(client, boundObjectRef=bound(made)))["status"]["token"])
        assert (await info(robot))["username"] == f"system:serviceaccount:{NS}:robot"
        await client.delete(resource, "a", namespace, grace_seconds=0)
        assert (await refused(info(robot))).code == 401
        await client.create(resource, body, namespace=namespace)
        assert (await refused(info(robot))).code == 401
        free = client_of(token=(await ask(client))["status"]["token"])
        await info(free)
        await client.delete(SERVICEACCOUNTS, "robot", NS)
        assert (await refused(info(free))).code == 401
        await account(client)
        assert (await refused(info(free))).code == 401
        await client.delete(SERVICEACCOUNTS, "robot", NS)


async def test_requests_for_tokens_are_judged(client: Client) -> None:
    """Too short, bound to nothing, to another uid, to a pod of another account, to another kind of object."""
    await account(client)
    made = await client.create(PODS, pod(serviceAccountName="default"))
    short = await refused(ask(client, expirationSeconds=599))
    assert short.reason == "Invalid"
    assert "may not specify a duration less than 10 minutes" in short.message
    assert (await refused(ask(client, expirationSeconds=1 << 33))).reason == "Invalid"
    absent = {"kind": "Pod", "apiVersion": "v1", "name": "ghost"}
    assert (await refused(ask(client, boundObjectRef=absent))).reason == "NotFound"
    stale = bound(made) | {"uid": "another"}
    assert (await refused(ask(client, "default", boundObjectRef=stale))).reason in ("Conflict", "NotFound")
    assert "different serviceaccount" in (await refused(ask(client, boundObjectRef=bound(made)))).message
    assert (await refused(ask(client, boundObjectRef=absent | {"kind": "Deployment"}))).reason == "BadRequest"


async def test_audiences(client: Client, client_of: Clients) -> None:
    """A token for others is no proof here; a review tells for which of the asked audiences it is good."""
    await account(client)
    token = (await ask(client, audiences=["vault", "other"]))["status"]["token"]
    assert (await refused(info(client_of(token=token)))).code == 401
    assert (await review(client, token, "vault", "x"))["audiences"] == ["vault"]
    assert not (await review(client, token, "x")).get("authenticated")
    assert not (await review(client, token)).get("authenticated")
    own = (await ask(client))["status"]["token"]
    found = await review(client, own)
    assert (found["authenticated"], found["audiences"]) == (True, [ISSUER])
    assert found["user"]["username"] == f"system:serviceaccount:{NS}:robot"


async def test_injected_tokens_outlive_careless_clients(client: Client, api: RunningApi) -> None:
    """A token asked for as pods' own are lives a year, though it says an hour; its late use is noted."""
    await account(client)
    made = await client.create(PODS, pod())
    answer = await ask(client, expirationSeconds=3607, boundObjectRef=bound(made))
    found = claims(answer["status"]["token"])
    assert found["exp"] - found["iat"] == 365 * 24 * 3600
    assert found["kubernetes.io"]["warnafter"] - found["iat"] == 3607
    own = claims((await ask(client, expirationSeconds=3600, boundObjectRef=bound(made)))["status"]["token"])
    assert own["exp"] - own["iat"] == 3600


async def test_forged_tokens(client: Client, client_of: Clients, api: RunningApi, tmp_path: Path) -> None:
    """No signature, another key, other claims, another time, another issuer, another cluster."""
    await account(client)
    good = (await ask(client))["status"]["token"]
    body, signer = claims(good), api.server.context.accounts.signer
    head, middle, signature = good.split(".")
    other = Signer.from_file(tmp_path / "other.key")

    def coded(document: dict) -> str:
        return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()

    now = int(time.time())
    forged = [
        f"{coded({'alg': 'none'})}.{middle}.",
        f"{coded({'alg': 'none', 'kid': signer.kid})}.{middle}.{signature}",
        f"{coded({'alg': 'HS256', 'kid': signer.kid})}.{middle}.{signature}",
        f"{head}.{coded(body | {'sub': 'admin'})}.{signature}",
        other.sign_as_is(body),
        signer.sign_as_is(body | {"exp": now - 1}),
        signer.sign_as_is(body | {"nbf": now + 100}),
        signer.sign_as_is(body | {"iss": "https://elsewhere"}),
        signer.sign_as_is({key: value for key, value in body.items() if key != "aud"}),
        signer.sign_as_is({key: value for key, value in body.items() if key != "exp"}),
        signer.sign_as_is(body | {"kubernetes.io": body["kubernetes.io"] | {"cluster": "another"}}),
        signer.sign({"sub": "admin", "groups": ["system:masters"]}, 600, ["bouvier-console"]),
        good[:-2],
        good + "A",
        good.replace(".", ".."),
    ]
    assert (await info(client_of(token=good)))["username"]
    for token in forged:
        error = await refused(info(client_of(token=token)))
        assert error.code in (401, 404), token


async def test_keys_can_be_changed(tmp_path: Path) -> None:
    """An old key in the folder beside goes on verifying; both are published; without it its tokens are void."""
    async with running_api(tmp_path) as api:
        client = Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token()))
        token = api.server.context.accounts.signer.sign({"sub": "x"}, 600, [ISSUER])
        assert len((await client.request("GET", "/openid/v1/jwks"))["keys"]) == 1
        described = await client.request("GET", "/.well-known/openid-configuration")
        await client.close()
    assert described["issuer"] == ISSUER
    assert described["id_token_signing_alg_values_supported"] == ["ES256"]
    (tmp_path / "sa-keys").mkdir()
    (tmp_path / "sa.key").rename(tmp_path / "sa-keys" / "old.pem")
    rotated = Signer.from_file(tmp_path / "sa.key")
    assert len(rotated.public_jwks()["keys"]) == 2
    assert rotated.verify(token, ISSUER)
    (tmp_path / "sa-keys" / "old.pem").unlink()
    assert Signer.from_file(tmp_path / "sa.key").verify(token, ISSUER) is None


async def test_tokens_of_secrets(client: Client, client_of: Clients) -> None:
    """The Secret is filled, proves the account, notes its use, and goes with the account."""
    await account(client)
    note = {"kubernetes.io/service-account.name": "robot"}
    body = {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/service-account-token"}
    await client.create(SECRETS, body | {"metadata": {"name": "old", "namespace": NS, "annotations": note}})

    async def data() -> dict:
        return (await client.get(SECRETS, "old", NS)).get("data") or {}

    found = await eventually(data)
    assert found.keys() == {"ca.crt", "namespace", "token"}
    token = base64.b64decode(found["token"]).decode()
    robot = client_of(token=token)
    assert (await info(robot))["username"] == f"system:serviceaccount:{NS}:robot"
    stolen = base64.b64encode(b"another").decode()
    await client.patch(SECRETS, "old", {"data": {"token": stolen}}, namespace=NS)
    assert (await refused(info(robot))).code == 401
    await client.patch(SECRETS, "old", {"data": {"token": found["token"]}}, namespace=NS)
    await info(robot)
    invalid = {"metadata": {"labels": {"kubernetes.io/legacy-token-invalid-since": "2026-01-01"}}}
    await client.patch(SECRETS, "old", invalid, namespace=NS)
    assert (await refused(info(robot))).code == 401
    await client.delete(SERVICEACCOUNTS, "robot", NS)

    async def is_gone() -> bool:
        try:
            await client.get(SECRETS, "old", NS)
        except ApiError as error:
            return error.reason == "NotFound"
        return False

    assert await eventually(is_gone)


async def test_bootstrap_tokens(client: Client, client_of: Clients) -> None:
    """They prove a joining host: with the right secret, in time, when meant for it, in groups of that name only."""
    data = {
        "token-id": "abcdef",
        "token-secret": "0123456789abcdef",
        "usage-bootstrap-authentication": "true",
        "auth-extra-groups": "system:bootstrappers:workers,system:masters",
    }

    async def put(**more: str) -> None:
        body = {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": "bootstrap.kubernetes.io/token",
            "metadata": {"name": "bootstrap-token-abcdef", "namespace": "kube-system"},
            "stringData": data | more,
        }
        try:
            await client.delete(SECRETS, "bootstrap-token-abcdef", "kube-system")
        except ApiError as error:
            assert error.reason == "NotFound"
        await client.create(SECRETS, body)

    joining = client_of(token="abcdef.0123456789abcdef")
    await put()
    found = (await review(client, "abcdef.0123456789abcdef"))["user"]
    assert found["username"] == "system:bootstrap:abcdef"
    assert found["groups"] == ["system:bootstrappers", "system:bootstrappers:workers", "system:authenticated"]
    assert (await refused(joining.list(SECRETS))).code == 403
    for change in (
        {"expiration": "2020-01-01T00:00:00Z"},
        {"expiration": "soon"},
        {"usage-bootstrap-authentication": "false"},
        {"token-secret": "fedcba9876543210"},
    ):
        await put(**change)
        assert (await refused(joining.list(NAMESPACES))).code == 401, change
