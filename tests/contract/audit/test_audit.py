"""The audit log of a real API server: what is recorded, what never is, and who may read it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import web

from bouvier.apiserver.audit.setup import AuditSettings
from bouvier.client import Client, Endpoint
from bouvier.meta.errors import ApiError
from bouvier.meta.resources import CONFIGMAPS, DEPLOYMENTS, NAMESPACES, ROLEBINDINGS, SECRETS
from tests.support.apiserver import RunningApi, running_api

EVENTS = "/apis/audit.bouvier.io/v1/auditevents"
EVERYTHING = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n"


class Audited:
    """A server with an audit log."""

    def __init__(self, api: RunningApi, file: Path) -> None:
        self.api = api
        self.file = file
        self.clients: list[Client] = []
        self.admin = self.client()

    def client(self, component: str = "admin", cluster: str = "local", agent: str = "test/1") -> Client:
        endpoint = Endpoint(unix_socket=str(self.api.socket), token=self.api.token(component), cluster=cluster)
        self.clients.append(Client.connect(endpoint, user_agent=agent))
        return self.clients[-1]

    async def events(self, **wanted: Any) -> list[dict]:
        """Return the recorded events whose fields are as wanted, oldest first."""
        self.api.server.context.auditor.flush()
        await self.api.server.context.audit_log.batcher.flush()
        lines = self.file.read_bytes().splitlines() if self.file.exists() else []
        found = [orjson.loads(line) for line in lines]
        return [each for each in found if all(each.get(field) == value for field, value in wanted.items())]


@asynccontextmanager
async def audited(folder: Path, rules: str = "", **settings: Any) -> AsyncIterator[Audited]:
    file = folder / "audit" / "audit.log"
    policy = folder / "policy.yaml"
    if rules:
        policy.write_text(rules if "kind:" in rules else EVERYTHING + rules)
    audit = AuditSettings(str(policy) if rules else "", file, **settings)
    async with running_api(folder, audit=audit) as api:
        made = Audited(api, file)
        try:
            yield made
        finally:
            for client in made.clients:
                await client.close()


def config(name: str = "c", **data: str) -> dict:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "default"},
        "data": data,
    }


def secret(name: str = "s") -> dict:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": "default"},
        "data": {"p": "aHVudGVyMg=="},
    }


async def allow(admin: Client, user: str, verb: str, group: str, resource: str) -> None:
    """Let a user do one thing in `default`."""
    rbac = "rbac.authorization.k8s.io"
    rule = {"verbs": [verb], "apiGroups": [group], "resources": [resource]}
    role = {"apiVersion": f"{rbac}/v1", "kind": "Role", "metadata": {"name": "r", "namespace": "default"}}
    await admin.request("POST", f"/apis/{rbac}/v1/namespaces/default/roles", body=role | {"rules": [rule]})
    binding = {
        "apiVersion": f"{rbac}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "b", "namespace": "default"},
        "roleRef": {"apiGroup": rbac, "kind": "Role", "name": "r"},
        "subjects": [{"kind": "User", "apiGroup": rbac, "name": user}],
    }
    await admin.create(ROLEBINDINGS, binding)


async def test_a_change_is_recorded_with_all_that_one_asks_for(tmp_path: Path) -> None:
    """Who, what, when, from where, with what outcome, and why it was allowed; never the content."""
    async with audited(tmp_path) as made:
        await allow(made.admin, "nobody", "create", "", "configmaps")
        nobody = made.client("nobody", agent="tool/2.0")
        stored = await nobody.create(CONFIGMAPS, config(word="hidden"))
        [event] = await made.events(verb="create", user={"username": "nobody", "groups": ["system:authenticated"]})
        assert event["kind"] == "Event"
        assert (event["apiVersion"], event["level"], event["stage"]) == (
            "audit.k8s.io/v1",
            "Metadata",
            "ResponseComplete",
        )
        assert event["requestURI"].startswith("/api/v1/namespaces/default/configmaps")
        assert event["userAgent"] == "tool/2.0"
        assert event["objectRef"] == {
            "resource": "configmaps",
            "namespace": "default",
            "name": "c",
            "uid": stored["metadata"]["uid"],
            "apiVersion": "v1",
            "resourceVersion": stored["metadata"]["resourceVersion"],
        }
        assert event["responseStatus"] == {"metadata": {}, "code": 201}
        assert event["annotations"] == {
            "authorization.k8s.io/decision": "allow",
            "authorization.k8s.io/reason": 'RBAC: allowed by RoleBinding "b/default" of Role "r" to User "nobody"',
        }
        assert len(event["stageTimestamp"]) == len("2026-01-01T00:00:00.000000Z")
        assert event["requestReceivedTimestamp"] <= event["stageTimestamp"]
        assert b"hidden" not in made.file.read_bytes()


async def test_refusals_are_recorded(tmp_path: Path) -> None:
    """A forbidden request and an invalid one show code, reason and message."""
    async with audited(tmp_path) as made:
        with pytest.raises(ApiError):
            await made.client("nobody").create(CONFIGMAPS, config())
        with pytest.raises(ApiError):
            await made.admin.create(CONFIGMAPS, config("BAD"))
        [forbidden] = [e for e in await made.events(verb="create") if e["responseStatus"]["code"] == 403]
        assert forbidden["annotations"]["authorization.k8s.io/decision"] == "forbid"
        assert forbidden["responseStatus"]["reason"] == "Forbidden"
        [invalid] = [e for e in await made.events(verb="create") if e["responseStatus"]["code"] == 422]
        assert "BAD" in invalid["responseStatus"]["message"]


async def test_the_default_policy_keeps_no_secret_and_no_noise(tmp_path: Path) -> None:
    """Reads of secrets are recorded without their values; reads of other things and leases are not."""
    async with audited(tmp_path) as made:
        await made.admin.create(SECRETS, secret())
        await made.admin.get(SECRETS, "s", "default")
        await made.admin.list(CONFIGMAPS, "default")
        lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "l"}}
        await made.admin.request("POST", "/apis/coordination.k8s.io/v1/namespaces/default/leases", body=lease)
        assert [(e["verb"], e["objectRef"]["resource"]) for e in await made.events()] == [
            ("create", "secrets"),
            ("get", "secrets"),
        ]
        assert b"aHVudGVyMg" not in made.file.read_bytes()


async def test_levels_add_bodies(tmp_path: Path) -> None:
    """Request adds what was sent, RequestResponse also the answer; managed fields go where the policy says so."""
    rules = (
        "- {level: Request, resources: [{resources: [configmaps]}], verbs: [create]}\n"
        "- {level: RequestResponse, omitManagedFields: true, resources: [{resources: [configmaps]}]}\n"
    )
    async with audited(tmp_path, rules) as made:
        await made.admin.create(CONFIGMAPS, config(a="1"))
        await made.admin.patch(CONFIGMAPS, "c", {"data": {"a": "2"}}, namespace="default")
        await made.admin.list(CONFIGMAPS, "default")
        [create] = await made.events(verb="create", stage="ResponseComplete")
        assert (create["requestObject"]["data"], "responseObject" in create) == ({"a": "1"}, False)
        [patch] = await made.events(verb="patch", stage="ResponseComplete")
        assert patch["requestObject"] == {"data": {"a": "2"}}
        assert patch["responseObject"]["data"] == {"a": "2"}
        assert "managedFields" not in patch["responseObject"]["metadata"]
        [listed] = await made.events(verb="list", stage="ResponseComplete")
        assert all("managedFields" not in item["metadata"] for item in listed["responseObject"]["items"])
        assert len(await made.events(verb="create", stage="RequestReceived")) == 1


async def test_a_watch_has_a_start_and_an_end(tmp_path: Path) -> None:
    """ResponseStarted when the stream begins, ResponseComplete when it is over."""
    async with audited(tmp_path, "- {level: Metadata, verbs: [watch], omitStages: [RequestReceived]}") as made:
        query = {"watch": "true", "timeoutSeconds": "1"}
        async with made.admin.stream("GET", "/api/v1/namespaces/default/configmaps", query=query) as frames:
            assert [e["stage"] for e in await made.events()] == ["ResponseStarted"]
            async for _ in frames:
                pass
        events = await made.events()
        assert [e["stage"] for e in events] == ["ResponseStarted", "ResponseComplete"]
        assert len({e["auditID"] for e in events}) == 1
        assert events[1]["responseStatus"]["code"] == 200


async def test_who_acts_as_somebody_is_recorded_as_both(tmp_path: Path) -> None:
    """Impersonation names the caller and whom they act as; a refused one is recorded too."""
    async with audited(tmp_path) as made:
        acting = made.admin.acting_as("bob", ("system:masters",))
        await acting.create(CONFIGMAPS, config())
        await acting.close()
        [event] = await made.events(verb="create")
        assert (event["user"]["username"], event["impersonatedUser"]["username"]) == ("admin", "bob")
        thief = made.client("nobody").acting_as("admin")
        with pytest.raises(ApiError):
            await thief.create(CONFIGMAPS, config("d"))
        await thief.close()
        [refused] = [e for e in await made.events(verb="create") if e["responseStatus"]["code"] == 403]
        assert refused["user"]["username"] == "nobody"


async def test_our_own_failure_is_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that fails on our side ends in the stage Panic."""
    async with audited(tmp_path) as made:

        async def broken(*_: Any) -> None:
            raise KeyError("inside")

        monkeypatch.setattr("bouvier.apiserver.verbs.creating.create_object", broken)
        with pytest.raises(ApiError):
            await made.admin.create(CONFIGMAPS, config())
        [event] = await made.events(stage="Panic")
        assert event["responseStatus"]["code"] == 500
        assert "inside" not in json.dumps(event)


async def test_odd_requests_are_recorded_as_far_as_possible(tmp_path: Path) -> None:
    """Long names of clients are cut; bodies that are no objects, or too deep, are left out; the URL's secrets too."""
    async with audited(tmp_path, "- {level: RequestResponse, omitStages: [RequestReceived]}") as made:
        deep = b'{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"deep"},"x":' + b"[" * 400 + b"]" * 400 + b"}"
        for body in (b"{", b"\xff\xfe", deep):
            await _raw(
                made.api,
                b"POST /api/v1/namespaces/default/configmaps HTTP/1.1\r\nHost: x\r\nUser-Agent: %b\r\n"
                b"Authorization: Bearer %b\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b"
                % (b"u" * 5000, made.api.token().encode(), len(body), body),
            )
        events = await made.events(verb="create")
        assert len(events) == 3
        assert all("requestObject" not in e for e in events)
        assert all(len(e["userAgent"]) == 1024 + len("...TRUNCATED") for e in events)
        path = "/apis/build.openshift.io/v1/namespaces/default/buildconfigs/b/webhooks/hidden-word/generic"
        with pytest.raises(ApiError):
            await made.admin.request("POST", path, body={})
        text = b"".join(line for line in made.file.read_bytes().splitlines(keepends=True))
        assert await made.events()
        assert b"hidden-word" not in text + made.file.read_bytes()


async def test_audit_ids_and_wrong_credentials(tmp_path: Path) -> None:
    """An Audit-ID is taken over and answered; who cannot prove who they are is recorded as nobody."""
    async with audited(tmp_path, "- level: Metadata") as made:
        text = await _raw(
            made.api,
            b"GET /api/v1/namespaces/default HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %b\r\n"
            b"Audit-ID: mine-7\r\nConnection: close\r\n\r\n" % made.api.token().encode(),
        )
        assert b"\r\nAudit-ID: mine-7\r\n" in text
        assert {e["stage"] for e in await made.events(auditID="mine-7")} == {"RequestReceived", "ResponseComplete"}
        text = await _raw(
            made.api, b"GET /version HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer no\r\nConnection: close\r\n\r\n"
        )
        assert b" 401 " in text.split(b"\r\n", 1)[0]
        [refused] = await made.events(stage="ResponseStarted")
        assert refused["user"] == {}
        assert refused["responseStatus"]["message"] == "Authentication failed, attempted: bearer"


async def _raw(api: RunningApi, request: bytes) -> bytes:
    reader, writer = await asyncio.open_unix_connection(str(api.socket))
    writer.write(request)
    answer = await reader.read()
    writer.close()
    return answer


async def test_the_log_is_read_by_who_may(tmp_path: Path) -> None:
    """Filters, pages and namespaces work over the API and for kubectl; others are refused."""
    async with audited(tmp_path) as made:
        for number in range(5):
            await made.admin.create(CONFIGMAPS, config(f"c{number}"))
        await made.admin.delete(CONFIGMAPS, "c1", "default")
        page = await made.admin.request("GET", EVENTS, query={"resource": "configmaps", "limit": "2"})
        assert [e["objectRef"]["name"] for e in page["items"]] == ["c1", "c4"]
        assert page["items"][0]["verb"] == "delete"
        query = {"resource": "configmaps", "limit": "2", "continue": page["metadata"]["continue"]}
        assert [e["objectRef"]["name"] for e in (await made.admin.request("GET", EVENTS, query=query))["items"]] == [
            "c3",
            "c2",
        ]
        own = await made.admin.request("GET", EVENTS.replace("auditevents", "namespaces/none/auditevents"))
        assert own["items"] == []
        shown = await made.api.kubectl("get", "auditevents", "--field-selector", "verb=delete")
        assert "configmaps/c1" in shown
        assert "200" in shown
        with pytest.raises(ApiError, match="auditevents.audit.bouvier.io is forbidden"):
            await made.client("nobody").request("GET", EVENTS)
        for wrong in ({"limit": "many"}, {"continue": "x"}, {"from": "x"}):
            with pytest.raises(ApiError) as refusal:
                await made.admin.request("GET", EVENTS, query=wrong)
            assert refusal.value.reason == "BadRequest"


async def test_a_cluster_sees_its_own_events_only(tmp_path: Path) -> None:
    """The log is shared, what a query answers is not."""
    async with audited(tmp_path) as made:
        body = {"apiVersion": "clusters.bouvier.io/v1", "kind": "Cluster", "metadata": {"name": "second"}}
        await made.admin.request(
            "POST", "/apis/clusters.bouvier.io/v1/clusters", body=body | {"spec": {"driver": "native"}}
        )
        second = made.client(cluster="second")
        async with asyncio.timeout(30):
            while not await _is_created(second, config("theirs")):
                await asyncio.sleep(0.05)
        await made.admin.create(CONFIGMAPS, config("ours"))
        query = {"resource": "configmaps"}
        for client, name in ((second, "theirs"), (made.admin, "ours")):
            found = (await client.request("GET", EVENTS, query=query))["items"]
            done = [e for e in found if e["responseStatus"]["code"] == 201]
            assert [e["objectRef"]["name"] for e in done] == [name]
        [event] = [
            e
            for e in await made.events(verb="create")
            if e["responseStatus"]["code"] == 201 and e["objectRef"].get("name") == "theirs"
        ]
        assert event["requestURI"].startswith("/clusters/second/api/v1/")


async def _is_created(client: Client, obj: dict) -> bool:
    """Try to create an object in a cluster that is being prepared."""
    try:
        await client.create(CONFIGMAPS, obj)
    except ApiError as error:
        assert "being prepared" in error.message
        return False
    return True


async def test_notes_of_admission_are_kept(tmp_path: Path) -> None:
    """What Pod Security says is in the event of the pod."""
    async with audited(tmp_path) as made:
        labels = {"pod-security.kubernetes.io/audit": "restricted"}
        space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "strict", "labels": labels}}
        await made.admin.create(NAMESPACES, space)
        account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
        await made.admin.request("POST", "/api/v1/namespaces/strict/serviceaccounts", body=account)
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "p"},
            "spec": {"containers": [{"name": "c", "image": "i"}]},
        }
        await made.admin.request("POST", "/api/v1/namespaces/strict/pods", body=pod)
        [event] = [e for e in await made.events(verb="create") if e["objectRef"]["resource"] == "pods"]
        assert "restricted" in event["annotations"]["pod-security.kubernetes.io/audit-violations"]


async def test_the_console_s_watch_of_secrets_is_recorded(tmp_path: Path) -> None:
    """A watch inside the console's websocket counts as one of its own."""
    async with audited(tmp_path) as made:
        socket = await made.admin.websocket("/bouvier/v1/live")
        await socket.send(orjson.dumps({"id": 1, "watch": "/api/v1/secrets"}))
        await socket.receive()
        await socket.close()
        async with asyncio.timeout(20):
            while len(await made.events(verb="watch")) < 2:
                await asyncio.sleep(0.02)
        started, ended = await made.events(verb="watch")
        assert (started["stage"], ended["stage"]) == ("ResponseStarted", "ResponseComplete")
        assert started["objectRef"]["resource"] == "secrets"


async def test_a_webhook_receives_batches_and_is_tried_again(tmp_path: Path) -> None:
    """Events arrive as an EventList although the receiver failed at first."""
    bodies: list[dict] = []
    failures = [503]

    async def take(request: web.Request) -> web.Response:
        if failures:
            return web.Response(status=failures.pop())
        assert request.headers["Authorization"] == "Bearer t"
        bodies.append(await request.json())
        return web.Response()

    app = web.Application()
    app.router.add_post("/audit", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    file = tmp_path / "webhook.kubeconfig"
    file.write_text(
        "apiVersion: v1\nkind: Config\ncurrent-context: a\ncontexts: [{name: a, context: {cluster: c, user: u}}]\n"
        f"clusters: [{{name: c, cluster: {{server: 'http://127.0.0.1:{port}/audit'}}}}]\n"
        "users: [{name: u, user: {token: t}}]\n"
    )
    try:
        async with audited(tmp_path, webhook_file=str(file)) as made:
            hook = made.api.server._audit.webhook
            hook._first_pause = 0.01
            await made.admin.create(DEPLOYMENTS, _deployment())
            made.api.server.context.auditor.flush()
            await hook.batcher.flush()
            metrics = await _raw(
                made.api,
                b"GET /metrics HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %b\r\n"
                b"Connection: close\r\n\r\n" % made.api.token().encode(),
            )
        assert bodies[0]["kind"] == "EventList"
        assert bodies[0]["items"][0]["objectRef"]["name"] == "web"
        assert b'apiserver_audit_error_total{plugin="webhook"} 0' in metrics
    finally:
        await runner.cleanup()


def _deployment() -> dict:
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    }


@pytest.mark.parametrize("rules", ["none", ""])
async def test_without_a_file_nothing_is_kept(tmp_path: Path, rules: str) -> None:
    """A query says that there is no log."""
    async with running_api(tmp_path, audit=AuditSettings(rules)) as api:
        client = Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token()))
        await client.create(CONFIGMAPS, config())
        with pytest.raises(ApiError, match="writes no audit log"):
            await client.request("GET", EVENTS)
        await client.close()
