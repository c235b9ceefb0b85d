"""Bytes that no client sends: bodies, parameters, paths, heads and connections that are wrong in every way."""

import asyncio
import json

import pytest

from tests.contract.fuzzing.conftest import Target
from tests.support.raw_api import APPLY, JSON, JSON_PATCH, MERGE, STRATEGIC, TABLE

MAPS = "/api/v1/namespaces/default/configmaps"
ONE = f"{MAPS}/one"
HEAD = b'{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"one"}'
NAMES = (
    b'"\\u0000"',
    b'"\\ud800"',
    b'"\\r\\nX-Evil: 1"',
    b'"' + b"a" * 300 + b'"',
    b"1e999",
    b"-0",
    b"NaN",
    b"Infinity",
)
BODIES = [
    b"",
    b" ",
    b"null",
    b"[]",
    b"1",
    b'"text"',
    b"\xef\xbb\xbf{}",
    b"\xff\xfe{\x00}\x00",
    HEAD,
    HEAD[:-1],
    HEAD + b"}}",
    HEAD + b"}\x00",
    HEAD + b',"data":{"a":"\xff"}}',
    HEAD + b',"data":{"a":"1","a":"2"},"data":{}}',
    HEAD + b',"metadata":null}',
    HEAD + b',"data":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    HEAD + b',"data":' + b'{"a":' * 10_000 + b"1" + b"}" * 10_000 + b"}",
    HEAD + b',"\\r\\nSet-Cookie: evil=1":1,"\\u2028":2}',
    HEAD + b',"immutable":' + b"9" * 10_000 + b"}",
    b"a: &a [*a]\n",
    b"a: &a {x: 1}\nb: {<<: *a, <<: *a}\n",
    b"!!python/object/apply:os.system ['true']\n",
    b"&a [" + b"&b [*a, *a]," * 50 + b"]",
    b"%YAML 9.9\n---\n...\n---\n",
    *(HEAD + b',"data":{"a":' + value + b"}}" for value in NAMES),
    *(b'{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":' + value + b"}}" for value in NAMES),
    *(HEAD[:-1] + b',"' + field + b'":' + value + b"}}"
      for field in (b"labels", b"finalizers", b"ownerReferences", b"managedFields", b"creationTimestamp", b"resourceVersion")
      for value in (b"1", b'"x"', b'["x",1,null]', b'{"a":{"b":[]}}', b'[{"a":1},null]')),
]  # fmt: skip
TYPES = [JSON, MERGE, STRATEGIC, JSON_PATCH, APPLY, "application/yaml", "application/cbor",
         "application/vnd.kubernetes.protobuf", "text/plain", "application/json; charset=utf-16", ";;;", "a/b/c"]  # fmt: skip
QUERIES = [
    "labelSelector=%00", "labelSelector=a%20in%20(", "labelSelector=((((", "labelSelector=" + "a," * 3000, "labelSelector=!",
    "labelSelector=a=b=c", "labelSelector=%FF%FE", "fieldSelector=x", "fieldSelector=metadata.name", "fieldSelector=a=b,,c!=d",
    "fieldSelector=metadata.name=%00", "limit=-1", "limit=1e9", "limit=99999999999999999999", "limit=x", "continue=x",
    "continue=%FF", "continue=eyJ9", "limit=1&continue=bnVsbA==", "limit=1&continue=W10=",
    "limit=1&continue=eyJydiI6Ii05OSIsInN0YXJ0IjpbXX0=", "limit=1&continue=eyJydiI6MWU5OTksInN0YXJ0IjoiIn0=",
    "limit=1&continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6OTk5OTk5OTk5OTk5OTk5OTk5OTksInN0YXJ0IjoieCJ9",
    "resourceVersion=-1", "resourceVersion=x", "resourceVersion=99999999999999999999999", "resourceVersion=%C2%B2",
    "resourceVersion=1&resourceVersionMatch=Exact", "resourceVersionMatch=x", "watch=1&resourceVersion=x",
    "watch=1&timeoutSeconds=x", "watch=1&timeoutSeconds=1&sendInitialEvents=x", "watch=1&timeoutSeconds=%C2%B2",
    "timeout=x", "timeout=-1s", "timeout=1e400s", "timeout=" + "9" * 400 + "h", "pretty=%00", "dryRun=x", "fieldValidation=x",
    "fieldManager=" + "a" * 200, "fieldManager=%00%0d%0aX:1", "gracePeriodSeconds=x", "propagationPolicy=x", "a" * 60_000,
    "&&&===&;;;", "%", "%zz", "limit=1;limit=2", "includeObject=x", "orphanDependents=x", "force=x", "limit=%D9%A1",
]  # fmt: skip
PATHS = [
    "/%00", "/api/v1/%00", "/api/v1/namespaces/%00/configmaps/%00", "//api//v1//namespaces", "/api/v1/../../etc/passwd",
    "/api/v1/namespaces/../secrets", "/api/v1/namespaces/default/configmaps/..", "/api/v1/namespaces/default/configmaps/%2e%2e",
    "/api/v1/namespaces/default%2Fconfigmaps%2Fone", "/api/v1/namespaces/default/configmaps/one/status/status/status",
    "/api/v1/namespaces/default/pods/x/exec", "/api/v1/namespaces/default/pods/x/log?tailLines=x", "/apis///", "/apis/apps/v9/x",
    "/api/v1/watch/watch/watch", "/openapi/v3/../v2", "/openapi/v3/" + "a" * 5000, "/api/v1/namespaces/" + "a" * 30_000, "*", "/%ff%fe",
    "/api/v1/namespaces/default/services/http:x:99999/proxy/", "/api/v1/namespaces/default/services/a:b:c:d/proxy",
    "/api/v1/nodes/x/proxy/../..", "/bouvier/v1/live", "/bouvier/v1/session/..", "/clusters/", "/clusters//", "/readyz/x/y?verbose",
    "/version?x=%00", "/logs/../../x", "/apis/%E2%80%A8/v1/x", "/api/v1/namespaces/d%C3%A9/pods", "http://[::1/api", "?", "/?%00",
]  # fmt: skip


async def wire(target: Target, data: bytes, *, half_closed: bool = False, seconds: float = 20) -> bytes:
    """Send bytes over a connection of their own, and return all that comes back until the server is silent or closes."""
    reader, writer = await asyncio.open_unix_connection(str(target.api.socket))
    found = b""
    try:
        writer.write(data)
        if half_closed:
            writer.write_eof()
        while True:
            async with asyncio.timeout(0.3 if found else seconds):
                piece = await reader.read(1 << 16)
            if not piece:
                break
            found += piece
    except (TimeoutError, ConnectionError):
        pass
    finally:
        writer.transport.abort()
    return found


def request(target: Target, line: bytes, body: bytes = b"", more: bytes = b"Connection: close\r\n") -> bytes:
    head = b"Host: x\r\nAuthorization: Bearer %b\r\n%bContent-Length: %d\r\n\r\n" % (
        target.api.token().encode(),
        more,
        len(body),
    )
    return line + b" HTTP/1.1\r\n" + head + body


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_bodies(target: Target, method: str) -> None:
    """Broken bodies of every type: each is refused with a Status, or taken for what it is; a refused one changes nothing."""
    await target.raw.ok("POST", MAPS, HEAD + b',"data":{"a":"1"}}')
    path = MAPS if method == "POST" else ONE
    for number, body in enumerate(BODIES):
        for kind in TYPES if number < 20 else TYPES[number % 2 : 6]:
            before = await target.objects()
            reply = await target.raw(method, path, body, kind=kind, fieldManager="fuzz", fieldValidation="Warn")
            assert reply.status < 500, (body[:200], kind, reply.body, target.logged[-1:])
            assert "x-evil" not in reply.headers, body
            assert "Set-Cookie" not in reply.headers, body
            if reply.status >= 400:
                assert reply.body["kind"] == "Status"
                assert await target.objects() == before, (body[:200], kind)
            elif method == "DELETE":
                await target.raw.ok("POST", MAPS, HEAD + b',"data":{"a":"1"}}')
    await target.is_sound()


async def test_parameters(target: Target) -> None:
    """Parameters without sense are refused by name or ignored, for every verb that reads them."""
    await target.raw.ok("POST", MAPS, HEAD + b"}")
    body = HEAD + b"}"
    for query in QUERIES:
        for method, path in (("GET", MAPS), ("GET", ONE), ("PATCH", ONE), ("PUT", ONE), ("DELETE", f"{MAPS}/none")):
            if "timeoutSeconds=1" not in query and "watch=1" in query and "=x" not in query:
                continue
            sent = b"" if method in ("GET", "DELETE") else body
            kind = f"Connection: close\r\nContent-Type: {MERGE if method == 'PATCH' else JSON}\r\n".encode()
            answer = await wire(target, request(target, f"{method} {path}?{query}".encode(), sent, kind))
            status = int(answer.split(b" ", 2)[1])
            assert status < 500, (method, query, answer, target.logged[-1:])
    await target.is_sound()


async def test_paths(target: Target) -> None:
    """Paths with anything in them lead to a refusal, never outside and never to a failure."""
    for path in PATHS:
        for method in ("GET", "POST", "DELETE", "OPTIONS", "TRACE"):
            answer = await wire(target, request(target, f"{method} {path}".encode()))
            status = int(answer.split(b" ", 2)[1])
            assert status < 500, (method, path, answer, target.logged[-1:])
            assert b"root:" not in answer
    await target.is_sound()


HEADS = [
    b"GET / HTTP/1.1\r\nX: a\r\n b: folded\r\n\r\n",
    b"GET / HTTP/1.1\nHost: x\n\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET  /  HTTP/1.1\r\n\r\n",
    b"\r\n\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    b"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
    b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcdefgh\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked, gzip, identity\r\n\r\n5\r\nabcde",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
    b"GET /api HTTP/1.1\r\nAuthorization: Bearer \xff\xfe\x00\r\n\r\n",
    b"GET /api HTTP/1.1\r\nAuthorization: Basic !!!\r\n\r\n",
    b"GET /api HTTP/1.1\r\n: empty\r\n\r\n",
    b"GET /api HTTP/1.1\r\nX" + b"-" * 70_000 + b": 1\r\n\r\n",
    b"GET /api HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\n\r\n",
    b"GET /api HTTP/1.1\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: x\r\n\r\n",
    b"GET /api HTTP/1.1\r\nExpect: 200-maybe\r\n\r\n",
    b"CONNECT x:1 HTTP/1.1\r\n\r\n",
    b"BREW /api HTTP/1.1\r\n\r\n",
]


async def test_heads(target: Target) -> None:
    """Whatever comes in place of a request is answered with 4xx or a closed connection, whole or half-closed."""
    for head in HEADS:
        for half_closed in (True, False):
            answer = await wire(target, head, half_closed=half_closed, seconds=0.5)
            for status in [int(part.split(b" ", 1)[0]) for part in answer.split(b"HTTP/1.1 ")[1:]]:
                assert status < 500, (head, answer, target.logged[-1:])
    await target.is_sound()


ACCEPTS = [b"*", b"a", b"application/json;q=x", b"application/json;as=Table;v=v9;g=x", b";" * 500, b"application/cbor;as=Table;v=v1",
           b"\xff", b"application/json;as=;v=;g=", b"application/yaml;q=0, */*;q=-1", b"a/b," * 2000]  # fmt: skip


async def test_headers(target: Target) -> None:
    """Headers without sense are refused or passed over, for objects, lists, and what discovers them."""
    for path in (MAPS, "/api", "/openapi/v2", f"{MAPS}?watch=1&timeoutSeconds=1&resourceVersion=1"):
        for accept in ACCEPTS if "watch" not in path else ACCEPTS[:4]:
            answer = await wire(
                target,
                request(target, b"GET " + path.encode(), more=b"Connection: close\r\nAccept: " + accept + b"\r\n"),
            )
            assert int(answer.split(b" ", 2)[1]) < 500, (path, accept, answer[:500], target.logged[-1:])
    for name in (
        b"Impersonate-Uid",
        b"Impersonate-User",
        b"Impersonate-Extra-%zz",
        b"Cookie",
        b"If-None-Match",
        b"User-Agent",
    ):
        for value in (b"", b"\xff\xfe", b"a" * 10_000, b"system:serviceaccount::", b"%00", b"=;="):
            line = (
                b"Connection: close\r\nImpersonate-User: jane\r\n"
                if name.startswith(b"Impersonate-")
                else b"Connection: close\r\n"
            )
            answer = await wire(
                target, request(target, b"GET " + MAPS.encode(), more=line + name + b": " + value + b"\r\n")
            )
            assert int(answer.split(b" ", 2)[1]) < 500, (name, value, answer, target.logged[-1:])
    await target.is_sound()


async def test_pipelines(target: Target) -> None:
    """Requests sent ahead are answered in their order, good and bad; what follows a broken one is not obeyed."""
    lines = [b"GET /version", b"GET /nowhere", b"GET " + MAPS.encode(), b"DELETE " + MAPS.encode() + b"/none"] * 25
    reader, writer = await asyncio.open_unix_connection(str(target.api.socket))
    writer.write(b"".join(request(target, line, more=b"") for line in lines))
    for number in range(len(lines)):
        async with asyncio.timeout(30):
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            await reader.readexactly(length)
        assert int(head.split(b" ")[1]) == (200, 404, 200, 404)[number % 4]
    writer.close()
    smuggled = request(target, b"POST " + MAPS.encode(), HEAD + b"}", more=b"Content-Type: application/json\r\n")
    both = b"Transfer-Encoding: chunked\r\n"
    await wire(target, request(target, b"GET /version", b"0\r\n\r\n" + smuggled, more=both))
    assert (await target.raw("GET", ONE)).status == 404
    await target.is_sound()


async def test_clients_that_leave(target: Target) -> None:
    """Connections that end in the middle of anything, by hundreds, leave no work behind."""
    whole = request(target, b"POST " + MAPS.encode(), HEAD + b"}", more=b"Content-Type: application/json\r\n")
    watch = request(target, b"GET " + MAPS.encode() + b"?watch=1", more=b"")
    for count in range(200):
        _, writer = await asyncio.open_unix_connection(str(target.api.socket))
        data = whole if count % 2 else watch
        writer.write(data[: len(data) * count // 200])
        await asyncio.sleep(0)
        writer.transport.abort()
    reply = await target.raw("GET", MAPS)
    assert json.dumps(reply.body).count('"one"') == 0
    async with asyncio.timeout(10):
        while len(target.api.server.transport.open) > 2:
            await asyncio.sleep(0.01)
    await target.is_sound()


LONG = "9" * 5000
"""More digits than Python turns into a number."""
POD = {"containers": [{"name": "c", "image": "busybox"}], "restartPolicy": "Never"}
NUMBERS = [
    ("/apis/batch/v1/namespaces/default/cronjobs", {"schedule": text, "jobTemplate": {"spec": {"template": {"spec": POD}}}})
    for text in (f"{LONG} * * * *", f"*/{LONG} * * * *", f"0-{LONG} * * * *", "\u00b2 * * * *", "*/\u00b2 * * * *")
] + [
    ("/api/v1/namespaces/default/pods", POD | {"containers": [POD["containers"][0] | {"resources": {"limits": {"cpu": text}}}]})
    for text in (LONG, f"{LONG}m", f"1e{LONG}", f"0.{LONG}", "\u00b2", "1e", f"-{LONG}")
] + [
    ("/api/v1/namespaces/default/services", {"ports": [{"port": 80, "targetPort": LONG}], "clusterIP": f"{LONG}.1.1.1"}),
    ("/api/v1/namespaces/default/services", {"ports": [{"port": 80}], "loadBalancerSourceRanges": [f"1.2.3.4/{LONG}", "1.2.3.4/\u00b2"]}),
    ("/apis/networking.k8s.io/v1/servicecidrs", {"cidrs": [f"10.0.0.0/{LONG}"]}),
    ("/apis/networking.k8s.io/v1/servicecidrs", {"cidrs": ["10.0.0.0/\u00b2"]}),
    ("/apis/policy/v1/namespaces/default/poddisruptionbudgets", {"minAvailable": f"{LONG}%"}),
    ("/apis/policy/v1/namespaces/default/poddisruptionbudgets", {"minAvailable": "\u00b2%"}),
    ("/api/v1/namespaces/default/resourcequotas", {"hard": {"pods": LONG}}),
]  # fmt: skip


async def test_numbers(target: Target) -> None:
    """Numbers of thousands of digits, and digits that count nothing, are refused or kept, wherever a text holds them."""
    for number, (path, spec) in enumerate(NUMBERS):
        reply = await target.raw(
            "POST", path, {"metadata": {"name": f"n{number}"}, "spec": spec} | KINDS[path.rpartition("/")[2]]
        )
        assert reply.status < 500, (path, str(spec)[:300], reply.body, target.logged[-1:])
        listed = await target.raw("GET", path, headers={"Accept": TABLE})
        assert listed.status == 200, (path, listed.body)
    await target.is_sound()


KINDS = {
    plural: {"apiVersion": version, "kind": kind}
    for plural, version, kind in (
        ("cronjobs", "batch/v1", "CronJob"),
        ("pods", "v1", "Pod"),
        ("services", "v1", "Service"),
        ("servicecidrs", "networking.k8s.io/v1", "ServiceCIDR"),
        ("poddisruptionbudgets", "policy/v1", "PodDisruptionBudget"),
        ("resourcequotas", "v1", "ResourceQuota"),
    )
}
