"""API aggregation as a client meets it: another server answers for a group."""

import asyncio
import base64
import json
import ssl

import pytest
from aiohttp import web

from bouvier.meta import resources
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.util.pki import Authority
from tests.support.raw_api import raw_api
from tests.support.waiting import eventually

THINGS = Resource("things.example.com", "v1", "things", "Thing")
NAME = "v1.things.example.com"
LIST = {
    "kind": "APIResourceList",
    "apiVersion": "v1",
    "groupVersion": "things.example.com/v1",
    "resources": [
        {
            "name": "things",
            "singularName": "thing",
            "namespaced": True,
            "kind": "Thing",
            "verbs": ["get", "list", "watch"],
            "shortNames": ["th"],
        }
    ],
}
THING = {"kind": "Thing", "apiVersion": "things.example.com/v1", "metadata": {"name": "t", "namespace": "default"}}


class Server:
    """An API server of somebody else; keeps who asked."""

    def __init__(self):
        self.seen = []

    async def handle(self, request):
        certificate = request.transport.get_extra_info("peercert") or {}
        subject = {key: value for part in certificate.get("subject", ()) for key, value in part}
        self.seen.append((subject.get("commonName"), request.path_qs, request.headers))
        path = request.path
        if path == "/apis/things.example.com/v1":
            return web.json_response(LIST)
        if request.query.get("watch"):
            answer = web.StreamResponse(headers={"Content-Type": "application/json"})
            await answer.prepare(request)
            await answer.write(json.dumps({"type": "ADDED", "object": THING}).encode() + b"\n")
            await asyncio.sleep(0.2)
            return answer
        if path.endswith("/things/t"):
            return web.json_response(THING)
        status = ApiError("NotFound", "no such thing").status()
        return web.json_response(status, status=404)


@pytest.fixture
async def server(api, client, tmp_path, monkeypatch):
    """Run the other server, and point the Service at it."""
    authority = Authority.open(tmp_path / "other", "ca", "other-ca")
    certificate, key = authority.issue("other", hosts=("things.default.svc",), server=True)
    (tmp_path / "other.crt").write_bytes(certificate)
    (tmp_path / "other.key").write_bytes(key)
    found = await client.get(resources.CONFIGMAPS, "extension-apiserver-authentication", "kube-system")
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trust.load_cert_chain(tmp_path / "other.crt", tmp_path / "other.key")
    trust.load_verify_locations(cadata=found["data"]["requestheader-client-ca-file"])
    trust.verify_mode = ssl.CERT_REQUIRED
    made = Server()
    application = web.Application()
    application.router.add_route("*", "/{rest:.*}", made.handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=trust)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    # Endpoints on loopback addresses are refused by the API: the test stands in for a pod network.
    monkeypatch.setattr(api.server._caller, "_endpoint", lambda *_place: ("127.0.0.1", port))
    made.bundle = base64.b64encode(authority.pem).decode()
    yield made
    await runner.cleanup()


def api_service(bundle, **more):
    return {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": NAME},
        "spec": {
            "group": "things.example.com",
            "version": "v1",
            "groupPriorityMinimum": 100,
            "versionPriority": 10,
            "service": {"name": "things", "namespace": "default"},
            "caBundle": bundle,
            **more,
        },
    }


async def register(client, server):
    await client.create(resources.APISERVICES, api_service(server.bundle))

    async def is_available():
        conditions = (await client.get(resources.APISERVICES, NAME)).get("status", {}).get("conditions") or []
        return [one["status"] for one in conditions] == ["True"]

    await eventually(is_available)


async def test_requests_are_passed_on(client, server):
    """The other server answers, and is told who asks."""
    await register(client, server)

    found = await client.get(THINGS, "t", "default")

    assert found == THING
    common_name, path, headers = server.seen[-1]
    assert (common_name, path) == ("front-proxy-client", "/apis/things.example.com/v1/namespaces/default/things/t")
    assert headers["X-Remote-User"] == "admin"
    assert "system:masters" in headers.getall("X-Remote-Group")
    assert "Authorization" not in headers
    with pytest.raises(ApiError, match="no such thing"):
        await client.get(THINGS, "other", "default")


async def test_nothing_is_added_to_what_clients_say(api, client, server):
    """A body without a type reaches the other server without one: what it is then is for that server to know."""
    await register(client, server)

    async with raw_api(api) as raw:
        await raw("POST", "/apis/things.example.com/v1/namespaces/default/things", b"{}", kind="")

    headers = server.seen[-1][2]
    assert "Content-Type" not in headers


async def test_watches_are_passed_on(client, server):
    """A watch arrives piece by piece."""
    await register(client, server)

    async for event in client.watch(THINGS, "default", resource_version="1"):
        assert (event.type, event.object["metadata"]["name"]) == ("ADDED", "t")
        break


async def test_discovery_lists_them(api, client, server):
    """kubectl knows the resources of the other server like all others."""
    await register(client, server)

    listed = await api.kubectl("api-resources", "--api-group=things.example.com")
    found = await api.kubectl("get", "th", "t", "-o", "name")
    services = await api.kubectl("get", "apiservices")

    assert "things   th           things.example.com/v1   true         Thing" in listed
    assert found.strip() == "thing.things.example.com/t"
    assert [line.split()[:3] for line in services.splitlines()[1:]] == [[NAME, "default/things", "True"]]


async def test_access_is_checked_here_first(client, client_of, server):
    """Who may not ask here is not passed on."""
    await register(client, server)
    before = len(server.seen)

    with pytest.raises(ApiError) as caught:
        await client_of("nobody").get(THINGS, "t", "default")

    assert caught.value.reason == "Forbidden"
    assert len(server.seen) == before


async def test_server_that_is_away(client):
    """An APIService without a Service says why it is not available, and requests for it are refused."""
    await client.create(resources.APISERVICES, api_service(None))

    async def reason():
        conditions = (await client.get(resources.APISERVICES, NAME)).get("status", {}).get("conditions") or [{}]
        return conditions[0].get("reason") == "ServiceNotFound"

    await eventually(reason)
    with pytest.raises(ApiError) as caught:
        await client.get(THINGS, "t", "default")
    assert caught.value.code == 503


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"groupPriorityMinimum": 0}, "must be positive and less than 20000"),
        ({"version": "v2"}, 'must be `spec.version+"."+spec.group`'),
        (
            {"insecureSkipTLSVerify": True, "caBundle": "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t"},
            "may not be true if caBundle",
        ),
        ({"service": {"name": "x"}}, "spec.service.namespace: Required value"),
    ],
)
async def test_refused_services(client, more, message):
    """What could not work is refused with the field."""
    with pytest.raises(ApiError) as caught:
        await client.create(resources.APISERVICES, api_service(None, **more))

    assert message in caught.value.message
