"""Requests that the API server passes on to pods, services and hosts, by kubectl proxy and kubectl get --raw."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from bouvier.meta.objects import Obj
from bouvier.meta.resources import ENDPOINTSLICES, SERVICES
from tests.e2e.node.conftest import NODE, OneHost, pod_of, shell

PAGE = '<html><a href="/deep/er">x</a><img src="pic.png"><a href="http://elsewhere/y">z</a></html>'
ECHO = """#!/bin/sh
printf 'Content-Type: text/plain\\r\\nSet-Cookie: a=1\\r\\nSet-Cookie: b=2\\r\\n\\r\\n'
echo "$REQUEST_METHOD $QUERY_STRING"
echo "authorization=$HTTP_AUTHORIZATION forwarded=$HTTP_X_FORWARDED_URI cookie=$HTTP_COOKIE"
cat
"""
MOVED = "#!/bin/sh\nprintf 'Status: 302 Found\\r\\nLocation: /cgi-bin/echo?back\\r\\n\\r\\n'\n"
SWITCH = (
    "while :; do nc -l -p 8081 -e sh -c "
    "'while read -r line && [ ${#line} -gt 1 ]; do :; done; "
    'printf "HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: echo\\r\\n\\r\\n"; cat\'; done'
)


def server(name: str = "web") -> Obj:
    """Return a pod that serves pages, programs and an upgrade."""
    files = [
        "mkdir -p /www/cgi-bin; cd /www",
        f"cat > index.html <<'END'\n{PAGE}\nEND",
        f"cat > cgi-bin/echo <<'END'\n{ECHO}\nEND",
        f"cat > cgi-bin/moved <<'END'\n{MOVED}\nEND",
        "chmod +x cgi-bin/*",
        f"({SWITCH}) &",
        "exec httpd -f -p 8080 -h /www",
    ]
    ports = [{"containerPort": 8080, "name": "http"}]
    pod = pod_of(name, shell("\n".join(files), ports=ports, readinessProbe={"tcpSocket": {"port": 8080}}))
    return pod | {"metadata": pod["metadata"] | {"labels": {"app": name}}}


@asynccontextmanager
async def kubectl_proxy(host: OneHost) -> AsyncIterator[tuple[aiohttp.ClientSession, str]]:
    process = await asyncio.create_subprocess_exec(
        "kubectl", f"--kubeconfig={host.api.kubeconfig}", "proxy", "--port=0", "--reject-methods=^$",
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    try:
        line = (await asyncio.wait_for(process.stdout.readline(), 30)).decode()
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            yield session, f"http://{line.split()[-1]}/api/v1"
    finally:
        process.terminate()
        await process.wait()


async def make_service(host: OneHost, address: str) -> None:
    port = {"name": "web", "port": 80, "targetPort": 8080}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "svc", "namespace": "default"}}
    await host.client.create(SERVICES, service | {"spec": {"ports": [port], "selector": {"app": "web"}}})
    piece = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": "svc-1", "namespace": "default", "labels": {"kubernetes.io/service-name": "svc"}},
        "addressType": "IPv4",
        "ports": [{"name": "web", "port": 8080}],
        "endpoints": [{"addresses": [address], "nodeName": NODE, "conditions": {"ready": True}}],
    }
    await host.client.create(ENDPOINTSLICES, piece)


async def test_pods_and_services_answer_through_the_api(host: OneHost) -> None:
    """Every method arrives with its query and body; redirects and links lead back through the API."""
    await host.create(server())
    pod = await host.wait_ready("web")
    await make_service(host, pod["status"]["podIP"])
    paths = ("pods/web", "pods/web:8080", "pods/http:web:8080", "services/svc:web", "services/svc:80")
    async with kubectl_proxy(host) as (session, root):
        for path in paths:
            base = f"{root}/namespaces/default/{path}/proxy"
            for method in ("GET", "POST"):
                answer = await session.request(
                    method, f"{base}/cgi-bin/echo?q=1&q=2", data=b"sent" * (method == "POST")
                )
                text = await answer.text()
                assert text.startswith(f"{method} q=1&q=2\n"), (path, text)
                assert answer.headers.getall("Set-Cookie") == ["a=1", "b=2"]
                assert f"forwarded=/api/v1/namespaces/default/{path}/proxy/cgi-bin/echo" in text
                assert text.endswith("sent") == (method == "POST")
            moved = await session.get(f"{base}/cgi-bin/moved", allow_redirects=False)
            assert moved.status == 302
            assert moved.headers["Location"] == f"/api/v1/namespaces/default/{path}/proxy/cgi-bin/echo?back"
            page = await (await session.get(f"{base}/")).text()
            assert f'href="/api/v1/namespaces/default/{path}/proxy/deep/er"' in page
            assert 'src="pic.png"' in page
            assert 'href="http://elsewhere/y"' in page
            slash = await session.get(f"{base}?x=1", allow_redirects=False)
            assert slash.status == 301
            assert slash.headers["Location"] == f"/api/v1/namespaces/default/{path}/proxy/?x=1"
            assert (await session.get(f"{base}/missing")).status == 404
            assert (await session.head(f"{base}/index.html")).headers["Content-Length"] == str(len(PAGE) + 1)
    raw = await host.api.kubectl("get", "--raw", "/api/v1/namespaces/default/pods/web/proxy/cgi-bin/echo?raw")
    assert raw.startswith("GET raw=\nauthorization= ")


async def test_a_connection_may_change_its_protocol(host: OneHost) -> None:
    """After 101 bytes pass both ways."""
    await host.create(server())
    await host.wait_ready("web")
    async with kubectl_proxy(host) as (_, root):
        address, port = root.removeprefix("http://").partition("/")[0].split(":")
        reader, writer = await asyncio.open_connection(address, int(port))
        head = (
            "GET /api/v1/namespaces/default/pods/web:8081/proxy/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\n"
        )
        writer.write(f"{head}Upgrade: echo\r\n\r\n".encode())
        async with asyncio.timeout(30):
            answer = await reader.readuntil(b"\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 101")
            writer.write(b"there and back\n")
            assert await reader.readline() == b"there and back\n"
        writer.close()


async def test_nobody_answers(host: OneHost) -> None:
    """The refusal says what is missing, as a Status."""
    await host.create(pod_of("p"))
    await host.wait_ready("p")
    await make_service(host, "10.99.99.99")
    for path, text in (
        ("pods/p:99", "error trying to reach service: dial tcp"),
        ("pods/p:99999", 'invalid port "99999"'),
        ("pods/a:b:c:d", 'invalid pod request "a:b:c:d"'),
        ("pods/none", 'pods "none" not found'),
        ("services/svc:81", 'no service port 81 found for service "svc"'),
        ("services/svc:other", 'no endpoints available for service "svc:other"'),
    ):
        shown = await host.api.kubectl("get", "--raw", f"/api/v1/namespaces/default/{path}/proxy/", ok=False)
        assert text in shown, shown


async def test_the_agent_of_a_host_answers(host: OneHost) -> None:
    """Health, pods, figures and logs of a host, by its name alone and by the kubelet's port."""
    await host.create(pod_of("p"))
    await host.wait_ready("p")
    for name in (NODE, f"{NODE}:10250"):
        get = f"/api/v1/nodes/{name}/proxy"
        assert await host.api.kubectl("get", "--raw", f"{get}/healthz") == "ok"
        assert '"name":"p"' in await host.api.kubectl("get", "--raw", f"{get}/pods")
        assert '"podRef"' in await host.api.kubectl("get", "--raw", f"{get}/stats/summary")
        assert "container_memory_working_set_bytes{" in await host.api.kubectl("get", "--raw", f"{get}/metrics")
        assert "<a href=" in await host.api.kubectl("get", "--raw", f"{get}/logs/")
    assert "could not find the requested resource" in await host.api.kubectl(
        "get", "--raw", f"/api/v1/nodes/{NODE}/proxy/none", ok=False
    )


@pytest.mark.parametrize(("verb", "method"), [("get", "GET"), ("create", "POST"), ("delete", "DELETE")])
async def test_access_follows_the_method(host: OneHost, verb: str, method: str) -> None:
    """The verb that is asked of RBAC is the one that the method stands for."""
    await host.create(server())
    await host.wait_ready("web")
    rule = ["create", "role", "r", f"--verb={verb}", "--resource=pods/proxy"]
    await host.api.kubectl(*rule)
    await host.api.kubectl("create", "rolebinding", "r", "--role=r", "--user=nobody")
    url = f"https://127.0.0.1:{host.api.port}/api/v1/namespaces/default/pods/web/proxy/cgi-bin/echo"
    headers = {"Authorization": f"Bearer {host.api.token('nobody')}", "Accept-Encoding": "gzip"}
    async with aiohttp.ClientSession() as session:
        for other in ("GET", "POST", "DELETE"):
            answer = await session.request(other, url, headers=headers, ssl=False)
            text = await answer.text()
            assert (answer.status == 403) is (other != method)
            if other == method and method != "DELETE":  # busybox knows no DELETE
                assert "authorization= " in text
