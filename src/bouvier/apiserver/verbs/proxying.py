"""`pods`, `services` and `nodes` `/NAME/proxy/PATH`: a request is answered by who stands behind the object.

Answers pass as they come; pages of HTML are held back until they are whole, because their links change.
"""

from __future__ import annotations

import asyncio
import gzip
import zlib
from urllib.parse import quote

from bouvier.apiserver.context import Call
from bouvier.apiserver.http.relay import join
from bouvier.apiserver.proxying import headers as proxy_headers
from bouvier.apiserver.proxying.exchange import SWITCHING_PROTOCOLS, Head, ask, pieces
from bouvier.apiserver.proxying.pipe import Streams, connected
from bouvier.apiserver.proxying.places import Place, place_of
from bouvier.apiserver.proxying.rewriting import rewrite_address, rewrite_page
from bouvier.apiserver.request import Answer, Response, Streamed
from bouvier.apiserver.verbs.connecting import judge_part

SLOW_BYTES = 4 * 1024 * 1024
"""Unsent bytes at which whoever answers is made to wait."""
PAUSE_SECONDS = 0.02
MAX_PAGE_BYTES = 16 * 1024 * 1024
"""Pages beyond this pass as they are."""
_OPTIONS = {"pods": "PodProxyOptions", "services": "ServiceProxyOptions", "nodes": "NodeProxyOptions"}
_PAGE = "text/html"


async def proxy(call: Call) -> Answer:
    """Pass the request on and the answer back.

    Raises:
        ApiError: there is nothing behind the object that could answer.

    """
    request = call.request
    prefix, path = split_path(call)
    place = place_of(call)
    options = {"kind": _OPTIONS[call.kind.resource.plural], "apiVersion": "v1"}
    await judge_part(call, "connect", options | ({"path": path} if path else {}))
    is_upgrade = "upgrade" in request.headers.get("Connection", "").lower() and bool(request.headers.get("Upgrade"))
    if not path and not is_upgrade and request.method in ("GET", "HEAD"):
        return Response(301, b"", "text/plain", {"Location": f"{prefix}/{_query(call)}"})
    body = await request.read()
    return Streamed(lambda: _Passing(call, place, body).run())


def split_path(call: Call) -> tuple[str, str]:
    """Return the path up to and with `/proxy`, as the client sees it, and what follows."""
    request, target = call.request, call.target
    marker = f"/{target.plural}/{target.name}/proxy"
    start, _, rest = request.path.partition(marker)
    cluster = "" if request.cluster == "local" else f"/clusters/{request.cluster}"
    return cluster + start + marker, rest


def _query(call: Call) -> str:
    return f"?{call.request.query_text}" if call.request.query_text else ""


class _Passing:
    """One request on its way."""

    def __init__(self, call: Call, place: Place, body: bytes) -> None:
        self._call = call
        self._place = place
        self._prefix, path = split_path(call)
        self._path = path or "/"
        self._body = body

    async def run(self) -> None:
        async with connected(self._call, self._place) as streams:
            request = self._call.request
            upgrade = request.headers.get("Upgrade", "") if self._is_upgrade() else ""
            headers = proxy_headers.inward(
                request.headers.pairs(),
                upgrade=upgrade,
                forwarded=self._forwarded(),
                body=self._body,
                method=request.method,
            )
            target = quote(self._path, safe="/:@!$&'()*+,;=~") + _query(self._call)
            head = await ask(streams, request.method, target, headers, self._body)
            if head.status == SWITCHING_PROTOCOLS:
                await join(await request.exchange.hand_over(head.raw), *streams)
            else:
                await self._answer(streams, head)

    def _is_upgrade(self) -> bool:
        return "upgrade" in self._call.request.headers.get("Connection", "").lower()

    def _forwarded(self) -> dict[str, str]:
        request = self._call.request
        return {
            "X-Forwarded-For": request.remote,
            "X-Forwarded-Uri": self._prefix + self._path,
            "X-Forwarded-Host": request.headers.get("Host"),
            "X-Forwarded-Proto": "https",
        }

    async def _answer(self, streams: Streams, head: Head) -> None:
        headers = proxy_headers.outward(head.headers)
        if proxy_headers.has_session(self._call.request.headers.pairs()):
            headers.append(proxy_headers.SANDBOX)
        is_page = head.get("content-type").partition(";")[0].strip().lower() == _PAGE
        if head.get("location"):
            headers = [(n, self._address(v) if n.lower() == "location" else v) for n, v in headers]
        elif is_page and head.has_body(self._call.request.method):
            await self._page(streams, head, headers)
            return
        exchange = self._call.request.exchange
        stream = await exchange.start_answer(head.status, proxy_headers.as_mapping(headers))
        if not head.has_body(self._call.request.method):
            return
        async for piece in pieces(streams, head):
            stream.write(piece)
            while stream.unsent_bytes > SLOW_BYTES:  # noqa: ASYNC110 (the transport has no event for it)
                await asyncio.sleep(PAUSE_SECONDS)

    async def _page(self, streams: Streams, head: Head, headers: list[tuple[str, str]]) -> None:
        """Pass a page back with its links changed."""
        body = b"".join([piece async for piece in pieces(streams, head)])
        changed = self._changed(body, head.get("content-encoding").lower())
        dropped = {"content-length"} | ({"content-encoding"} if changed is not None else set())
        kept = [(name, value) for name, value in headers if name.lower() not in dropped]
        final = body if changed is None else changed
        kept.append(("Content-Length", str(len(final))))
        stream = await self._call.request.exchange.start_answer(head.status, proxy_headers.as_mapping(kept))
        stream.write(final)

    def _changed(self, body: bytes, encoding: str) -> bytes | None:
        """Return the page with other links; None when it is packed in an unknown way, or too large."""
        if len(body) > MAX_PAGE_BYTES:
            return None
        try:
            if encoding == "gzip":
                body = gzip.decompress(body)
            elif encoding == "deflate":
                body = zlib.decompress(body)
            elif encoding not in ("", "identity"):
                return None
        except (OSError, EOFError, zlib.error):
            return None
        text = body.decode("utf-8", "surrogateescape")
        return rewrite_page(text, self._prefix, self._own_hosts()).encode("utf-8", "surrogateescape")

    def _address(self, address: str) -> str:
        return rewrite_address(address, self._prefix, self._own_hosts())

    def _own_hosts(self) -> tuple[str, ...]:
        place = self._place
        return (f"{place.host}:{place.port}", place.host, self._call.request.headers.get("Host"))
