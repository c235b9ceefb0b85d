"""What the agent itself answers under `nodes/NAME/proxy/`: the kubelet's paths, as far as they mean something here.

Requests come as HTTP over the tunnel, one a connection.
Source: https://kubernetes.io/docs/reference/node/kubelet-files/ and the kubelet's server.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson

from bouvier.client.websocket import WebSocket
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, uid_of
from bouvier.meta.quantities import parse
from bouvier.node.pods.manager import PodManager
from bouvier.node.shared import Shared
from bouvier.node.stats.summary import Summary
from bouvier.node.tunnel.logs import read_log
from bouvier.node.tunnel.requests import TunnelRequest, container_name, log_record, waiting_reason

MAX_HEAD_BYTES = 64 * 1024
LOG_FOLDER = Path("/var/log")
"""As the kubelet's `/logs/`: what the host's own programs wrote."""
MOST_LOG_BYTES = 16 * 1024 * 1024
"""End of a log file that is sent at most."""

Page = tuple[int, str, bytes]
"""Status, content type, body."""


class AgentPages:
    """Answers by path."""

    def __init__(self, shared: Shared, pods: PodManager, summary: Summary) -> None:
        self._shared = shared
        self._pods = pods
        self._summary = summary
        self._pages: dict[str, Callable[[], Page]] = {
            "/healthz": self._healthz,
            "/healthz/ping": self._healthz,
            "/healthz/syncloop": self._healthz,
            "/pods": self._all_pods,
            "/runningpods": self._running_pods,
            "/stats/summary": lambda: _json(self._summary.take(self._pods.pods())),
            "/metrics": self._metrics,
            "/metrics/resource": self._metrics,
            "/configz": self._configz,
        }

    async def answer(self, method: str, target: str) -> Page:
        """Return the page for a request."""
        parts = urlsplit(target)
        path = unquote(parts.path).rstrip("/") or "/"
        if path.startswith("/containerLogs/"):
            return await self._container_log(path, dict(parse_qsl(parts.query)))
        if method not in ("GET", "HEAD"):
            return HTTPStatus.METHOD_NOT_ALLOWED, "text/plain", b"Method Not Allowed\n"
        if path == "/logs" or path.startswith("/logs/"):
            return log_page(path.removeprefix("/logs").strip("/"), LOG_FOLDER)
        page = self._pages.get(path)
        return page() if page else (HTTPStatus.NOT_FOUND, "text/plain", b"404 page not found\n")

    def _healthz(self) -> Page:
        problem = self._shared.view.problem
        if problem:
            return HTTPStatus.INTERNAL_SERVER_ERROR, "text/plain; charset=utf-8", f"{problem}\n".encode()
        return HTTPStatus.OK, "text/plain; charset=utf-8", b"ok"

    def _all_pods(self) -> Page:
        return _json(_pod_list(self._pods.pods()))

    def _running_pods(self) -> Page:
        running = self._shared.view.uids()
        return _json(_pod_list([pod for pod in self._pods.pods() if uid_of(pod) in running]))

    def _configz(self) -> Page:
        settings = self._shared.settings
        config = {
            "kind": "KubeletConfiguration",
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "maxPods": settings.max_pods,
            "clusterDomain": settings.cluster_domain,
            "cgroupDriver": self._shared.facts.cgroup_driver,
            "nodeStatusReportFrequency": f"{settings.report_seconds:g}s",
            "nodeStatusUpdateFrequency": f"{settings.heartbeat_seconds:g}s",
        }
        return _json({"kubeletconfig": config})

    def _metrics(self) -> Page:
        text = metrics_text(self._summary.take(self._pods.pods()), len(self._pods.pods()))
        return HTTPStatus.OK, "text/plain; version=0.0.4; charset=utf-8", text.encode()

    async def _container_log(self, path: str, query: dict[str, str]) -> Page:
        words = path.split("/")[2:]
        pod = self._pods.find(words[0], words[1]) if len(words) == 3 else None
        if pod is None:
            return HTTPStatus.NOT_FOUND, "text/plain", b"pod does not exist\n"
        asked = {name: value for name, value in query.items() if name != "follow"}
        request = TunnelRequest("log", "logs", words[0], words[1], container=words[2], options=asked)
        try:
            name = container_name(request, pod)
            record = log_record(request, name, self._shared.view.pod(uid_of(pod)), waiting_reason(pod, name))
            text = await read_log(self._shared.engine, record.id, request)
        except ApiError as error:
            return error.code, "text/plain", f"{error.message}\n".encode()
        return HTTPStatus.OK, "text/plain", text


def _pod_list(pods: list[Obj]) -> Obj:
    return {"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": pods}


def _json(document: Obj) -> Page:
    return HTTPStatus.OK, "application/json", orjson.dumps(document)


def log_page(name: str, folder: Path) -> Page:
    """Return a log file or the list of a folder of logs."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.exists():
        return HTTPStatus.NOT_FOUND, "text/plain", b"404 page not found\n"
    if path.is_dir():
        names = sorted(f"{one.name}/" if one.is_dir() else one.name for one in path.iterdir())
        links = "".join(f'<a href="{one}">{one}</a>\n' for one in names)
        return HTTPStatus.OK, "text/html; charset=utf-8", f"<pre>\n{links}</pre>\n".encode()
    kind = mimetypes.guess_type(path.name)[0] or "text/plain; charset=utf-8"
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - MOST_LOG_BYTES))
        return HTTPStatus.OK, kind, file.read()


def metrics_text(summary: Obj, pods: int) -> str:
    """Return a summary in Prometheus' text form (pure). Source: the kubelet's resource metrics."""
    node, lines = summary["node"], []
    lines += [
        "# TYPE kubelet_running_pods gauge",
        f"kubelet_running_pods {pods}",
        "# TYPE node_cpu_usage_seconds_total counter",
        f"node_cpu_usage_seconds_total {_seconds(node['cpu'])}",
        "# TYPE node_memory_working_set_bytes gauge",
        f"node_memory_working_set_bytes {node['memory']['workingSetBytes']}",
    ]
    processor, memory = [], []
    for pod in summary["pods"]:
        reference = pod["podRef"]
        for one in pod["containers"]:
            labels = f'container="{one["name"]}",namespace="{reference["namespace"]}",pod="{reference["name"]}"'
            processor.append(f"container_cpu_usage_seconds_total{{{labels}}} {_seconds(one['cpu'])}")
            memory.append(f"container_memory_working_set_bytes{{{labels}}} {one['memory']['workingSetBytes']}")
    lines += ["# TYPE container_cpu_usage_seconds_total counter", *processor]
    lines += ["# TYPE container_memory_working_set_bytes gauge", *memory]
    return "\n".join(lines) + "\n"


def _seconds(cpu: Obj) -> str:
    return f"{parse(cpu['usageCoreNanoSeconds']) / 10**9:f}"


async def serve(socket: WebSocket, pages: AgentPages) -> None:
    """Answer one request."""
    head = b""
    while b"\r\n\r\n" not in head:
        data = await socket.receive()
        if data is None or len(head) > MAX_HEAD_BYTES:
            return
        head += data
    method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
    status, kind, body = await pages.answer(method, target)
    answer = f"HTTP/1.1 {int(status)} {HTTPStatus(status).phrase}\r\nContent-Type: {kind}\r\n"
    answer += f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    await socket.send(answer.encode("latin-1") + (b"" if method == "HEAD" else body))
    while await socket.receive() is not None:  # the other side closes, once it has read everything
        pass
