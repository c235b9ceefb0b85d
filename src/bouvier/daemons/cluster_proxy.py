"""Joins the API server to clusters that are other Kubernetes APIs: requests there pass through this process.

Plain answers are passed on whole, watches and logs piece by piece, upgrades (exec, attach, port forwarding) as bytes.
"""

from __future__ import annotations

import asyncio
import contextlib

from bouvier.apiserver.clusters.directory import ClusterDirectory
from bouvier.apiserver.http.relay import join
from bouvier.apiserver.request import Answer, Request, Response, Streamed
from bouvier.client.kubeconfig import parse
from bouvier.clusters.kubernetes.upstream import Caller, Forwarded, Upstream, is_long, passed_back
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, name_of

SWITCHING_PROTOCOLS = 101
SLOW_BYTES = 4 * 1024 * 1024
"""Unsent bytes of a stream at which the other API is made to wait."""
PAUSE_SECONDS = 0.02


class ClusterProxy:
    """Passes requests on."""

    def __init__(self, clusters: ClusterDirectory) -> None:
        self._clusters = clusters
        self._upstreams: dict[str, tuple[str, Upstream]] = {}
        clusters.on_change(self._changed)

    def _changed(self, name: str, cluster: Obj | None) -> None:
        if cluster is None and name in self._upstreams:
            self._upstreams.pop(name)[1].close()

    async def handle(self, request: Request, cluster: Obj) -> Answer:
        """Answer a request for a proxied cluster."""
        upstream = self._upstream(cluster)
        forwarded = await _forwarded(request)
        if forwarded.upgrade:
            return await _upgrade(upstream, forwarded, request)
        if is_long(forwarded):
            return _streamed(upstream, forwarded, request)
        answer = await upstream.exchange(forwarded)
        kind = answer.headers.get(b"content-type", b"application/json").decode("latin-1")
        return Response(answer.status, answer.body, kind, passed_back(answer.headers))

    def _upstream(self, cluster: Obj) -> Upstream:
        """Return the kept connections to a cluster, new ones when its kubeconfig has changed."""
        name, text = name_of(cluster), self._clusters.kubeconfig(cluster)
        known = self._upstreams.get(name)
        if known is not None and known[0] == text:
            return known[1]
        try:
            made = Upstream(name, parse(text, f"of cluster {name}"))
        except ValueError as error:
            raise ApiError("ServiceUnavailable", f'cluster "{name}": {error}') from error
        if known is not None:
            known[1].close()
        self._upstreams[name] = (text, made)
        return made


async def _forwarded(request: Request) -> Forwarded:
    user = request.user
    return Forwarded(
        method=request.method,
        path=request.path,
        query=request.query_text,
        headers=request.headers.pairs(),
        caller=Caller(user.name, user.groups, user.extra),
        body=await request.read(),
        upgrade=request.headers.get("Upgrade"),
    )


def _streamed(upstream: Upstream, forwarded: Forwarded, request: Request) -> Streamed:
    async def run() -> None:
        try:
            async with upstream.stream(forwarded) as (answer, chunks):
                kind = answer.headers.get(b"content-type", b"application/json").decode("latin-1")
                headers = {"Content-Type": kind, **passed_back(answer.headers)}
                stream = await request.exchange.start_stream(answer.status, headers)
                async for chunk in chunks:
                    stream.write(chunk)
                    while stream.unsent_bytes > SLOW_BYTES:  # noqa: ASYNC110 (the transport has no event for it)
                        await asyncio.sleep(PAUSE_SECONDS)
        except ConnectionError as error:
            raise upstream.away(error) from error

    return Streamed(run)


async def _upgrade(upstream: Upstream, forwarded: Forwarded, request: Request) -> Answer:
    status, head, reader, writer = await upstream.upgrade(forwarded)
    if status != SWITCHING_PROTOCOLS:
        try:
            return Response(status, await _body(head, reader))
        finally:
            writer.close()

    async def run() -> None:
        try:
            await join(await request.exchange.hand_over(head), reader, writer)
        finally:
            writer.close()

    return Streamed(run)


async def _body(head: bytes, reader: asyncio.StreamReader) -> bytes:
    lines = head.decode("latin-1").lower().split("\r\n")
    length = next((int(line.partition(":")[2]) for line in lines if line.startswith("content-length:")), 0)
    with contextlib.suppress(asyncio.IncompleteReadError, OSError):
        return await reader.readexactly(length)
    return b""
