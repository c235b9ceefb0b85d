"""Who rules one logical cluster tries to read, change, learn of or disturb another one."""

import asyncio
import base64
import json
import ssl

import aiohttp
import pytest

from bouvier.apiserver.extension import calling
from bouvier.apiserver.flow.control import FlowControl
from bouvier.meta.errors import ApiError
from bouvier.meta.resources import CLUSTERROLEBINDINGS, CLUSTERS, CONFIGMAPS, NAMESPACES, SECRETS
from tests.contract.isolation.conftest import MARKS, Places, add_cluster, ruler_of, user
from tests.support.waiting import eventually, until

FOREIGN = [mark.encode() for name, mark in MARKS.items() if name != "a"]
FOREIGN += [base64.b64encode(mark)[:-4] for mark in FOREIGN] + [b"only-local", b"only-b"]
"""Texts that only another cluster holds, plain and as a Secret shows them."""

SECRET = "/api/v1/namespaces/default/secrets/mark"
PREFIXES = [
    "/clusters/b",
    "/clusters/local",
    "/clusters/a/clusters/b",
    "/clusters/a/clusters/local",
    "/clusters/a/../b",
    "/clusters/a/..",
    "/clusters/a/../..",
    "/clusters/a/%2e%2e/b",
    "/clusters/a%2f..%2fb",
    "/clusters/a/..%2fb",
    "/clusters/a//..//b",
    "/clusters//b",
    "/clusters/%62",
    "/clusters/B",
    "/clusters/b%00",
    "/clusters/a%00/../b",
    "/clusters/a;/clusters/b",
    "/%63lusters/b",
    "//clusters/b",
    "/./clusters/b",
    "/clusters/a/api/v1/namespaces/default/services/https:kubernetes:443/proxy/clusters/b",
    "/clusters/a/apis/node.bouvier.io/v1/nodes/../../../../../b",
    "http://api/clusters/b",
]
HEADERS = [
    {},
    {"Impersonate-User": "admin", "Impersonate-Group": "system:masters"},
    {"Impersonate-User": "system:kube-controller-manager"},
    {"X-Remote-User": "admin", "X-Remote-Group": "system:masters"},
    {"X-Forwarded-Prefix": "/clusters/b", "X-Original-URL": "/clusters/b/api/v1/secrets"},
]


async def sent(places: Places, line: str, headers: dict[str, str]) -> tuple[int, bytes]:
    """Send a request whose path is not touched by any client library; return status and body."""
    reader, writer = await asyncio.open_unix_connection(str(places.api.socket))
    lines = {"Host": "api", "Connection": "close", "Authorization": f"Bearer {places.ruler}"} | headers
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    writer.write(f"{line} HTTP/1.1\r\n{head}\r\n".encode())
    async with asyncio.timeout(30):
        answer = await reader.read()
    writer.close()
    return int(answer.split(b" ")[1]), answer


@pytest.mark.parametrize("headers", HEADERS, ids=lambda one: "+".join(one) or "plain")
async def test_no_path_leads_out(places: Places, headers: dict[str, str]) -> None:
    """Whatever is written before a path, and as whoever: nothing of another cluster comes back, and nothing fails inside."""
    for prefix in PREFIXES:
        for path in (SECRET, "/api/v1/secrets", "/api/v1/namespaces", "/api/v1/secrets?watch=1&timeoutSeconds=1"):
            if "watch" in path and prefix != "/clusters/b":
                continue
            status, body = await sent(places, f"GET {prefix}{path}", headers)
            assert status < 500 or "proxy" in prefix, (prefix, path, body)
            assert not [mark for mark in FOREIGN if mark in body], (prefix, path, body)
    status, body = await sent(places, f"GET {SECRET}", headers)
    assert status == 200 or headers.get("Impersonate-User", "").startswith("system:"), body
    for path in ("/live", "/bouvier/v1/live", "/bouvier/v1/session", "/bouvier/v1/login-codes"):
        for prefix in ("", "/clusters/a", "/clusters/b"):
            status, body = await sent(places, f"GET {prefix}{path}", headers)
            assert 400 <= status < 500, (prefix, path, body)


async def test_writes_stay_inside(places: Places) -> None:
    """Nothing in another cluster can be made, changed or removed."""
    for prefix in ("/clusters/b", "/clusters/a/clusters/b", "/clusters/a/../b"):
        for method in ("DELETE", "PUT", "PATCH", "POST"):
            status, _ = await sent(places, f"{method} {prefix}{SECRET}", {})
            assert 400 <= status < 500
    for name, client in (("local", places.home), ("b", places.b)):
        found = await client.get(SECRETS, "mark", "default")
        assert base64.b64decode(found["data"]["mark"]).decode() == MARKS[name]
    async with asyncio.timeout(10):
        await places.a.delete(SECRETS, "mark", "default")


async def test_tokens_and_reviews_know_one_cluster(places: Places) -> None:
    """A token, key or join token of one cluster proves nothing in another, and reviews there say so."""
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": places.ruler}}
    body = json.dumps(review)
    for name, expected in (("", False), ("/clusters/b", False), ("/clusters/a", True)):
        found = await places.raw.ok("POST", f"{name}/apis/authentication.k8s.io/v1/tokenreviews", body)
        assert bool(found["status"].get("authenticated")) is expected, name
    join = {"token-id": "abcdef", "token-secret": "0123456789abcdef", "usage-bootstrap-authentication": "true"}
    body = {"apiVersion": "v1", "kind": "Secret", "type": "bootstrap.kubernetes.io/token", "stringData": join}
    await places.a.create(SECRETS, body | {"metadata": {"name": "bootstrap-token-abcdef", "namespace": "kube-system"}})
    own = user(places.api, "a", "abcdef.0123456789abcdef")
    with pytest.raises(ApiError) as caught:
        await own.list(SECRETS)
    assert caught.value.reason == "Forbidden"
    for cluster in ("local", "b"):
        for token in ("abcdef.0123456789abcdef", places.ruler):
            stranger = user(places.api, cluster, token)
            if cluster == "local" and token == places.ruler:
                names = {one["metadata"]["name"] for one in (await stranger.list(NAMESPACES)).items}
                assert "only-a" in names  # led home
            else:
                with pytest.raises(ApiError) as caught:
                    await stranger.list(NAMESPACES)
                assert caught.value.reason == "Unauthorized"
            await stranger.close()
    await own.close()


async def test_tokens_of_lists_name_no_cluster(places: Places) -> None:
    """A continue token of one cluster pages through the cluster that is asked."""
    first = await places.raw.ok("GET", "/clusters/b/api/v1/secrets", limit="1")
    mine = {"Authorization": f"Bearer {places.ruler}"}
    page = await places.raw(
        "GET", "/api/v1/secrets", headers=mine, **{"continue": first["metadata"].get("continue", "")}
    )
    assert not [mark for mark in FOREIGN if mark in json.dumps(page.body).encode()]
    for revision in ("1", first["metadata"]["resourceVersion"]):
        options = {"resourceVersion": revision, "resourceVersionMatch": "Exact"}
        page = await places.raw("GET", "/api/v1/secrets", headers=mine, **options)
        assert not [mark for mark in FOREIGN if mark in json.dumps(page.body).encode()]


async def test_pages_about_all_requests_are_the_platforms(places: Places) -> None:
    """Metrics and the queues of flow control, which show everybody's requests, are in `local` alone."""
    for path in ("/metrics", "/debug/api_priority_and_fairness/dump_requests"):
        assert (await sent(places, f"GET {path}", {}))[0] == 404
        assert (await sent(places, f"GET /clusters/a{path}", {}))[0] == 404
        assert (await places.raw("GET", path)).status == 200


async def test_what_is_configured_in_one_acts_there_alone(places: Places) -> None:
    """Definitions, quotas and admission policies of a cluster are unknown, and without effect, in others."""
    policy = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "nothing"},
        "spec": {
            "matchConstraints": {
                "resourceRules": [
                    {"apiGroups": [""], "apiVersions": ["*"], "operations": ["*"], "resources": ["configmaps"]}
                ]
            },
            "validations": [{"expression": "false"}],
        },
    }
    binding = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": "nothing"},
        "spec": {"policyName": "nothing", "validationActions": ["Deny"]},
    }
    hook = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "nothing"},
        "webhooks": [
            {
                "name": "nothing.example.com",
                "clientConfig": {"url": "https://localhost:1/"},
                "rules": [{"apiGroups": [""], "apiVersions": ["*"], "operations": ["*"], "resources": ["configmaps"]}],
                "sideEffects": "None",
                "admissionReviewVersions": ["v1"],
            }
        ],
    }
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "none"},
        "spec": {"hard": {"configmaps": "0"}},
    }
    base = "/clusters/a/apis/admissionregistration.k8s.io/v1"
    await places.raw.ok("POST", f"{base}/validatingadmissionpolicies", policy)
    await places.raw.ok("POST", f"{base}/validatingadmissionpolicybindings", binding)
    await places.raw.ok("POST", f"{base}/validatingwebhookconfigurations", hook)
    await places.raw.ok("POST", "/clusters/a/api/v1/namespaces/default/resourcequotas", quota)
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "spies.spying.io"},
        "spec": {
            "group": "spying.io",
            "scope": "Namespaced",
            "names": {"plural": "spies", "kind": "Spy"},
            "versions": [
                {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}
            ],
        },
    }
    await places.raw.ok("POST", "/clusters/a/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition)

    async def is_served() -> bool:
        return (await places.raw("GET", "/clusters/a/apis/spying.io/v1")).status == 200

    await eventually(is_served)
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one", "namespace": "default"}}
    for client in (places.home, places.b):
        assert await client.create(CONFIGMAPS, body)
    with pytest.raises(ApiError):
        await places.a.create(CONFIGMAPS, body)
    for prefix in ("", "/clusters/b"):
        assert (await places.raw("GET", f"{prefix}/apis/spying.io/v1")).status == 404
        for path in ("/apis", "/openapi/v3", "/openapi/v2"):
            found = await places.raw("GET", prefix + path)
            assert "spying.io" not in json.dumps(found.body), (prefix, path)


async def test_names_of_others_in_roles_mean_nothing(places: Places) -> None:
    """A role bound in one cluster to an account that another one has gives that account nothing there or here."""
    token = await ruler_of(places.b)
    spy = user(places.api, "a", token)
    with pytest.raises(ApiError) as caught:
        await spy.list(SECRETS)
    assert caught.value.reason == "Unauthorized"
    await spy.close()


async def test_the_server_does_not_believe_itself(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """An APIService that leads back to this server brings nobody's name along: its proxy is a stranger here."""
    port = places.api.port
    trust = ssl.create_default_context()
    trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
    monkeypatch.setattr(calling, "socket_elsewhere", None)
    monkeypatch.setattr(places.api.server._caller, "_endpoint", lambda *_place: ("127.0.0.1", port))
    group = "rbac.authorization.k8s.io"
    service = {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": f"v1.{group}"},
        "spec": {
            "group": group,
            "version": "v1",
            "groupPriorityMinimum": 100,
            "versionPriority": 10,
            "insecureSkipTLSVerify": True,
            "service": {"name": "back", "namespace": "default"},
        },
    }
    reply = await places.raw("POST", "/clusters/a/apis/apiregistration.k8s.io/v1/apiservices", service)
    if reply.status == 409:  # it is there for the group that is served here
        where = f"/clusters/a/apis/apiregistration.k8s.io/v1/apiservices/v1.{group}"
        found = await places.raw.ok("GET", where)
        reply = await places.raw("PUT", where, service | {"metadata": found["metadata"]})
    assert reply.status < 300, reply.body
    remote = places.api.server.context.remote_apis
    found = remote.of("a")[group, "v1"]
    found["status"] = {"conditions": [{"type": "Available", "status": "True"}]}
    lines = {"Impersonate-User": "admin", "Impersonate-Group": "system:masters"}
    status, body = await sent(places, f"GET /apis/{group}/v1/clusterrolebindings", lines)
    assert status >= 400
    assert b"system:basic-user" not in body, body
    assert all(
        not one["metadata"]["name"].startswith("ruler") for one in (await places.home.list(CLUSTERROLEBINDINGS)).items
    )


async def test_extensions_of_a_cluster_are_not_on_this_machine(places: Places) -> None:
    """What a webhook's URL or an external name resolves to must not be the server's own machine, but in `local`."""
    for address in (
        "https://localhost:1/",
        "https://127.0.0.1:1/",
        "https://[::ffff:127.0.0.1]:1/",
        "https://169.254.1.1/",
    ):
        caller = places.api.server._caller
        with pytest.raises(calling.CallError) as caught:
            await caller.post(caller.place_of("a", {"url": address}), {}, 5)
        assert "refused" not in str(caught.value)
        assert "Connect call failed" not in str(caught.value)
        assert calling.NOT_ALLOWED in str(caught.value) or "Permission denied" in str(caught.value)


async def test_extensions_of_each_cluster_have_another_authority(places: Places) -> None:
    """What one cluster's extensions believe, another's do not."""
    found = {
        (await client.get(CONFIGMAPS, "extension-apiserver-authentication", "kube-system"))["data"][
            "requestheader-client-ca-file"
        ]
        for client in (places.home, places.a, places.b)
    }
    assert len(found) == 3


async def test_no_one_gets_past_the_queues_as_somebody_else(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """Acting as an exempt group in one's own cluster does not exempt from waiting."""
    seen = []
    match = FlowControl.match

    def noted(self, digest):
        found = match(self, digest)
        seen.append((digest.cluster, found.level.is_exempt))
        return found

    monkeypatch.setattr(FlowControl, "match", noted)
    lines = {"Impersonate-User": "admin", "Impersonate-Group": "system:masters"}
    for path in (SECRET, "/api/v1/secrets", "/apis"):
        assert (await sent(places, f"GET {path}", lines))[0] == 200
    assert [one for one in seen if one[0] == "a"] == [("a", False)] * 3


async def test_strangers_leave_no_trace(places: Places) -> None:
    """Asking for clusters that do not exist, with whatever credentials, costs no memory."""
    before = len(places.api.server.hub._resources)
    for token in ("bvk_key_secret", "abcdef.0123456789abcdef", places.ruler, places.api.token("nobody"), "nonsense"):
        for number in range(3):
            lines = {"Authorization": f"Bearer {token}", "Impersonate-User": "admin"}
            status, _ = await sent(places, f"GET /clusters/ghost{number}{SECRET}", lines)
            assert status in (401, 403, 404)
    assert not [key for key in places.api.server.hub._resources if key[0].startswith("ghost")]
    assert len(places.api.server.hub._resources) - before < 5


async def test_a_removed_cluster_takes_along_only_itself(places: Places) -> None:
    """Watches end with their cluster, so nobody sees its successor of the same name; the others stay as they were."""
    before = {name: await places.api.server.context.store.list(f"/{name}/") for name in ("local", "b")}
    async with (
        places.raw.watching("/clusters/a/api/v1/secrets") as watch,
        places.raw.watching("/clusters/b/api/v1/secrets"),
    ):
        assert (await watch.next())[0] == "ADDED"
        await places.home.delete(CLUSTERS, "a")
        with pytest.raises((EOFError, aiohttp.ClientError)):
            await watch.until("NEVER", "")
    await until(lambda: places.api.server.context.clusters.get("a") is None)
    assert (await places.api.server.context.store.list("/a/")).items == []
    after = {name: await places.api.server.context.store.list(f"/{name}/") for name in ("local", "b")}
    assert before["b"].items == after["b"].items
    gone = {one.key for one in before["local"].items} - {one.key for one in after["local"].items}
    assert gone == {"/local/clusters.bouvier.io/clusters//a"}
    assert not list((places.api.folder / "front-proxy").glob("clusters/*/" + "a"))
    await add_cluster(places.home, places.api, "a")
    status, _ = await sent(places, "GET /clusters/a/api/v1/namespaces", {})
    assert status == 401
