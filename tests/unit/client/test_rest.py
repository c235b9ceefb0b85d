import asyncio

import pytest

from bouvier.client import Client, Endpoint
from bouvier.meta.errors import ApiError
from bouvier.meta.resources import CONFIGMAPS, LEASES, NODES, PODS
from tests.support.small_api import SmallApi

PATH = "api/v1/configmaps"


def config_map(name: str, **data: str) -> dict:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "x"}, "data": data}


async def test_object_life(client: Client) -> None:
    """Create, get, update, patch and delete work on one object, and a stale update is refused as a Conflict."""
    created = await client.create(CONFIGMAPS, config_map("a", k="1"))
    assert (await client.get(CONFIGMAPS, "a", "x")) == created
    updated = await client.update(CONFIGMAPS, dict(created, data={"k": "2"}))
    with pytest.raises(ApiError, match="modified") as refused:
        await client.update(CONFIGMAPS, created)
    assert (refused.value.reason, refused.value.code) == ("Conflict", 409)
    patched = await client.patch(CONFIGMAPS, "a", {"data": {"j": "3"}}, namespace="x")
    assert patched["data"] == {"k": "2", "j": "3"}
    assert updated["metadata"]["uid"] == patched["metadata"]["uid"]
    await client.delete(CONFIGMAPS, "a", "x", propagation="Background", uid=created["metadata"]["uid"])
    with pytest.raises(ApiError) as missing:
        await client.get(CONFIGMAPS, "a", "x")
    assert missing.value.reason == "NotFound"


async def test_list_pages(client: Client, api: SmallApi) -> None:
    """A page carries what is needed to fetch the next; list_all joins all pages and names the kind of every item."""
    for number in range(1203):
        api.put(PATH, "x", config_map(f"c{number:04}"))
    page = await client.list(CONFIGMAPS, "x", limit=10)
    assert (len(page.items), page.remaining, bool(page.continue_token)) == (10, 1193, True)
    everything = await client.list_all(CONFIGMAPS)
    assert len(everything.items) == 1203
    assert all(item["kind"] == "ConfigMap" and item["apiVersion"] == "v1" for item in everything.items)
    assert everything.resource_version == str(api.revision)


async def test_list_all_survives_expired_continuation(client: Client, api: SmallApi) -> None:
    """When a page's token has expired the whole collection is listed in one piece."""
    for number in range(600):
        api.put(PATH, "x", config_map(f"c{number:04}"))
    real = client._pool.exchange
    calls = []

    async def second_call_expires(method: str, request: bytes, *rest: float):
        calls.append(request)
        if len(calls) == 2:
            api.refuse["GET"] = (410, "Expired")
        return await real(method, request, *rest)

    client._pool.exchange = second_call_expires
    assert len((await client.list_all(CONFIGMAPS)).items) == 600
    assert len(calls) == 3


async def test_selectors_and_options_are_sent(client: Client, api: SmallApi) -> None:
    """Selectors, dry run, field manager and force reach the server as Kubernetes spells them, escaped."""
    await client.list(PODS, label_selector="a in (b,c)", field_selector="spec.nodeName=n1")
    await client.create(CONFIGMAPS, config_map("a"), dry_run=True)
    await client.patch(
        CONFIGMAPS, "a", {}, namespace="x", kind="application/apply-patch+yaml", manager="me", force=True
    )
    queries = [path.partition("?")[2] for _, path in api.requests]
    assert queries == [
        "labelSelector=a+in+%28b%2Cc%29&fieldSelector=spec.nodeName%3Dn1",
        "dryRun=All",
        "fieldManager=me&force=true",
    ]
    assert api.seen[-1]["Content-Type"] == "application/apply-patch+yaml"


async def test_other_cluster_is_prefixed(api: SmallApi, tmp_path) -> None:
    """A client of another logical cluster asks below /clusters/NAME."""
    client = Client.connect(
        Endpoint(unix_socket=str(tmp_path / "api.sock"), cluster="blue", token="s3"), user_agent="me/1"
    )
    await client.list(NODES)
    await client.close()
    assert api.requests == [("GET", "/clusters/blue/api/v1/nodes")]
    assert api.seen[0]["Authorization"] == "Bearer s3"
    assert api.seen[0]["User-Agent"] == "me/1"


async def test_watch_yields_changes(client: Client, api: SmallApi) -> None:
    """A watch from a version yields later changes only, with their types."""
    first = api.put(PATH, "x", config_map("a"))
    api.put(PATH, "x", config_map("b"))
    watch = client.watch(CONFIGMAPS, resource_version=first["metadata"]["resourceVersion"])
    event = await anext(watch)
    assert (event.type, event.object["metadata"]["name"]) == ("ADDED", "b")
    api.remove(PATH, "x", "a")
    event = await anext(watch)
    assert (event.type, event.object["metadata"]["name"]) == ("DELETED", "a")
    await watch.aclose()


async def test_watch_from_too_old_version_expires(client: Client, api: SmallApi) -> None:
    """An ERROR event is raised as the Status that it carries."""
    api.oldest = 50
    with pytest.raises(ApiError) as refused:
        await anext(client.watch(CONFIGMAPS, resource_version="3"))
    assert (refused.value.reason, refused.value.code) == ("Expired", 410)


async def test_watch_breaks_with_connection_error(client: Client, api: SmallApi) -> None:
    """A watch whose connection is cut says so, instead of ending as if the server had ended it."""
    watch = client.watch(CONFIGMAPS, resource_version="100")
    waiting = asyncio.ensure_future(anext(watch))
    while not api.watches:
        await asyncio.sleep(0.005)
    api.break_connections()
    with pytest.raises(ConnectionError):
        await waiting


async def test_refusals_without_status_get_a_reason(client: Client) -> None:
    """What is not JSON can be had as it is, and asking for JSON of it is an error of the connection."""
    answer = await client.raw("GET", "/text", accept="text/plain")
    assert (answer.status, answer.body) == (200, b"plain words")
    with pytest.raises(ConnectionError, match="not JSON"):
        await client.request("GET", "/text")


async def test_retry_after_is_kept(client: Client, api: SmallApi) -> None:
    """A refusal carries Kubernetes' reason and code."""
    api.refuse["GET"] = (429, "TooManyRequests")
    with pytest.raises(ApiError) as refused:
        await client.get(LEASES, "a", "x")
    assert (refused.value.reason, refused.value.code) == ("TooManyRequests", 429)


async def test_no_server(tmp_path) -> None:
    """Without a server the error is a ConnectionError that names the address."""
    client = Client.connect(Endpoint(unix_socket=str(tmp_path / "none.sock")))
    with pytest.raises(ConnectionError, match=r"none\.sock"):
        await client.list(PODS)


async def test_stream_gives_bytes_and_refusals(client: Client, api: SmallApi) -> None:
    """A streamed answer comes as bytes; a refused one raises before any."""
    async with client.stream("GET", "/text") as chunks:
        assert b"".join([chunk async for chunk in chunks]) == b"plain words"
    api.refuse["GET"] = (403, "Forbidden")
    with pytest.raises(ApiError, match="refused by the test"):
        async with client.stream("GET", "/text"):
            pass
