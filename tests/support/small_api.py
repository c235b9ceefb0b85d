"""A small API server for tests of clients: any resource, in memory, list/watch/CAS/merge patch, over a unix socket or TLS.

It knows nothing of kinds, admission or permissions; tests of those use the real server.
"""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import Any

import orjson
from aiohttp import WSMsgType, web

Obj = dict[str, Any]


def _status(code: int, reason: str, message: str) -> web.Response:
    body = {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "reason": reason,
        "message": message,
        "code": code,
    }
    return web.json_response(body, status=code)


class SmallApi:
    """Objects by collection path (`/api/v1/namespaces/x/pods`) and name."""

    def __init__(self) -> None:
        self.revision = 100
        self.oldest = 0
        """Watches from before this revision answer 410."""
        self.objects: dict[tuple[str, str, str], Obj] = {}
        self.log: list[tuple[int, str, str, str, Obj]] = []
        self.requests: list[tuple[str, str]] = []
        self.seen: list[dict[str, str]] = []
        self.bindings: list[tuple[str, str]] = []
        self.watches: set[web.StreamResponse] = set()
        self.refuse: dict[str, tuple[int, str]] = {}
        """Method or `METHOD path` -> (code, reason): answered once."""
        self.lose_answers = 0
        """Binds that are performed, but whose connection breaks before the answer."""
        self._changed = asyncio.Event()
        self._runner: web.ServerRunner | None = None
        self._site: web.BaseSite | None = None

    # Serving

    async def start(self, socket: Path | None = None, *, tls: ssl.SSLContext | None = None) -> str:
        self._runner = web.ServerRunner(web.Server(self._handle, handler_cancellation=True), shutdown_timeout=0.1)
        await self._runner.setup()
        if socket is not None:
            self._site = web.UnixSite(self._runner, str(socket))
            await self._site.start()
            return str(socket)
        self._site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=tls)
        await self._site.start()
        return f"https://localhost:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        for response in list(self.watches):
            if response._req is not None and response._req.transport is not None:
                response._req.transport.abort()
        if self._runner is not None:
            await self._runner.cleanup()

    def break_connections(self) -> None:
        for connection in list(self._runner.server.connections):  # type: ignore[union-attr]
            connection.transport.abort()

    # Objects

    def put(self, path: str, namespace: str, obj: Obj, event: str = "") -> Obj:
        name = obj["metadata"]["name"]
        known = self.objects.get((path, namespace, name))
        self.revision += 1
        meta = dict(obj["metadata"], resourceVersion=str(self.revision))
        if namespace:
            meta["namespace"] = namespace
        meta.setdefault("uid", known["metadata"]["uid"] if known else f"uid-{self.revision}")
        obj = dict(obj, metadata=meta)
        self.objects[path, namespace, name] = obj
        self._record(event or ("MODIFIED" if known else "ADDED"), path, namespace, obj)
        return obj

    def remove(self, path: str, namespace: str, name: str) -> Obj:
        obj = self.objects.pop((path, namespace, name))
        self.revision += 1
        obj = dict(obj, metadata=dict(obj["metadata"], resourceVersion=str(self.revision)))
        self._record("DELETED", path, namespace, obj)
        return obj

    def all(self, path: str) -> list[Obj]:
        return [obj for (known, _, _), obj in self.objects.items() if known == path]

    def _record(self, kind: str, path: str, namespace: str, obj: Obj) -> None:
        self.log.append((self.revision, kind, path, namespace, obj))
        self._changed.set()
        self._changed = asyncio.Event()

    # Requests

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self.requests.append((request.method, request.path_qs))
        self.seen.append(dict(request.headers))
        for key in (f"{request.method} {request.path}", request.method):
            if key in self.refuse:
                code, reason = self.refuse.pop(key)
                return _status(code, reason, f"refused by the test with {reason}")
        if request.path == "/echo":
            return await self._echo(request)
        if request.path == "/text":
            return web.Response(text="plain words")
        if request.path == "/slow":
            await asyncio.sleep(3600)
        path, namespace, name, subresource = self._split(request.path)
        if request.method == "GET" and not name:
            return await (self._watch if "watch" in request.query else self._list)(request, path, namespace)
        return await self._object(request, path, namespace, name, subresource)

    @staticmethod
    def _split(path: str) -> tuple[str, str, str, str]:
        parts = path.strip("/").split("/")
        if parts[0] == "clusters":
            parts = parts[2:]
        head, rest = (parts[:2], parts[2:]) if parts[0] == "api" else (parts[:3], parts[3:])
        namespace = ""
        if rest[0] == "namespaces" and len(rest) > 2:
            namespace, rest = rest[1], rest[2:]
        rest = [*rest, "", ""][:3]
        return "/".join([*head, rest[0]]), namespace, rest[1], rest[2]

    def _chosen(self, path: str, namespace: str) -> list[Obj]:
        chosen = [o for (p, ns, _), o in sorted(self.objects.items()) if p == path and namespace in {"", ns}]
        return [{k: v for k, v in obj.items() if k not in {"kind", "apiVersion"}} for obj in chosen]

    async def _list(self, request: web.BaseRequest, path: str, namespace: str) -> web.Response:
        items = self._chosen(path, namespace)
        metadata: Obj = {"resourceVersion": str(self.revision)}
        start = int(request.query.get("continue", "0"))
        limit = int(request.query.get("limit", "0"))
        if limit and start + limit < len(items):
            metadata["continue"] = str(start + limit)
            metadata["remainingItemCount"] = len(items) - start - limit
        items = items[start : start + limit] if limit else items
        return web.json_response({"kind": "List", "apiVersion": "v1", "metadata": metadata, "items": items})

    async def _watch(self, request: web.BaseRequest, path: str, namespace: str) -> web.StreamResponse:
        version = int(request.query.get("resourceVersion") or self.revision)
        response = web.StreamResponse()
        await response.prepare(request)
        self.watches.add(response)
        try:
            if version < self.oldest:
                await response.write(
                    orjson.dumps(
                        {
                            "type": "ERROR",
                            "object": {"kind": "Status", "reason": "Expired", "message": "too old", "code": 410},
                        }
                    )
                    + b"\n"
                )
                return response
            while True:
                changed = self._changed
                for revision, kind, known, ns, obj in self.log:
                    if revision > version and known == path and namespace in {"", ns}:
                        await response.write(orjson.dumps({"type": kind, "object": obj}) + b"\n")
                        version = revision
                await changed.wait()
        finally:
            self.watches.discard(response)

    async def _object(self, request: web.BaseRequest, path: str, namespace: str, name: str, sub: str) -> web.Response:
        body = orjson.loads(await request.read() or b"{}")
        known = self.objects.get((path, namespace, name))
        if request.method == "POST" and sub == "binding" and known is not None:
            self.bindings.append((f"{namespace}/{name}", body["target"]["name"]))
            self.put(path, namespace, dict(known, spec=dict(known["spec"], nodeName=body["target"]["name"])))
            if self.lose_answers:
                self.lose_answers -= 1
                self.break_connections()
            return web.json_response({"kind": "Status", "status": "Success"}, status=201)
        if request.method == "POST" and not sub:
            name = body["metadata"]["name"]
            if (path, namespace, name) in self.objects:
                return _status(409, "AlreadyExists", f'"{name}" already exists')
            return web.json_response(self.put(path, namespace, body), status=201)
        if known is None:
            return _status(404, "NotFound", f'{path.rsplit("/", 1)[1]} "{name}" not found')
        match request.method:
            case "PUT":
                if body["metadata"].get("resourceVersion") not in {None, known["metadata"]["resourceVersion"]}:
                    return _status(409, "Conflict", "the object has been modified")
                return web.json_response(self.put(path, namespace, body))
            case "PATCH":
                return web.json_response(self.put(path, namespace, _merge(known, body)))
            case "DELETE":
                return web.json_response(self.remove(path, namespace, name))
        return web.json_response(known)

    async def _echo(self, request: web.BaseRequest) -> web.StreamResponse:
        socket = web.WebSocketResponse(protocols=("v5.channel.k8s.io",))
        if not socket.can_prepare(request):
            return _status(400, "BadRequest", "only websockets here")
        await socket.prepare(request)
        async for message in socket:
            if message.data == "close":
                await socket.close(code=4000, message=b"as asked")
            elif message.type == WSMsgType.TEXT:
                await socket.send_str(message.data)
            else:
                await socket.send_bytes(message.data)
        return socket


def _merge(doc: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return patch
    result = dict(doc) if isinstance(doc, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _merge(result.get(key), value)
    return result
