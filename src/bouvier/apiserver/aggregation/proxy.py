"""Passing a request on to the server that answers for its group, in the name of the caller.

Answers are passed on whole, watches piece by piece. Upgrades (exec in an aggregated API) are not passed on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote

from bouvier.apiserver.aggregation.identity import Identities, remote_headers
from bouvier.apiserver.extension.calling import Caller, CallError, Place, reason_of, whole_body
from bouvier.apiserver.request import Answer, Request, Response, Streamed
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, is_condition_true

if TYPE_CHECKING:
    import aiohttp

SECONDS = 60.0
"""Time for an answer that is not a watch. Source: Kubernetes' default request time-out."""
SLOW_BYTES = 4 * 1024 * 1024
"""Unsent bytes of a stream at which the other server is made to wait."""
PAUSE_SECONDS = 0.02
_DROPPED = ("authorization", "connection", "content-length", "cookie", "host", "te", "transfer-encoding", "upgrade")
_DROPPED_PREFIXES = ("impersonate-", "x-remote-")
_NOT_ADDED = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
"""What the HTTP library would add by itself: the other server must see what the client said, and no more."""
_PASSED_BACK = ("audit-id", "cache-control", "etag", "last-modified", "location", "retry-after", "warning")


class ApiProxy:
    """Passes requests on."""

    def __init__(self, caller: Caller, identities: Identities) -> None:
        self._caller = caller
        self._identities = identities

    def place_of(self, cluster: str, service: Obj) -> Place:
        """Return where an APIService's server is. Raises: CallError."""
        spec = service["spec"]
        place = self._caller.place_of(cluster, {"service": spec["service"], "caBundle": spec.get("caBundle")})
        identity = self._identities.of(cluster)
        files = (str(identity.certificate), str(identity.key))
        return place._replace(is_insecure=bool(spec.get("insecureSkipTLSVerify")), identity=files)

    async def pass_on(self, request: Request, service: Obj) -> Answer:
        """Answer with what the other server answers.

        Raises:
            ApiError: ServiceUnavailable when it cannot be reached.

        """
        if not is_condition_true(service, "Available"):
            raise ApiError("ServiceUnavailable", "service unavailable")
        if request.headers.get("Upgrade"):
            raise ApiError("BadRequest", "upgrades are not passed on to aggregated APIs")
        try:
            place = self.place_of(request.cluster, service)
        except CallError as error:
            raise ApiError("ServiceUnavailable", f"error trying to reach service: {error}") from None
        body = await request.read()
        if request.query.get("watch") in ("true", "1", "True"):
            return Streamed(lambda: self._stream(request, place, body))
        return await self._whole(request, place, body)

    def _open(self, request: Request, place: Place, body: bytes) -> aiohttp.client._RequestContextManager:
        from yarl import URL  # noqa: PLC0415

        query = f"?{request.query_text}" if request.query_text else ""
        headers = [(name, value) for name, value in request.headers.pairs() if _is_passed_on(name)]
        return self._caller.session(place).request(
            request.method,
            URL(f"{place.address}{quote(request.path, safe='/:')}{query}", encoded=True),
            data=body or None,
            headers=[*headers, *remote_headers(request.user)],
            ssl=self._caller.trust(place),
            server_hostname=place.server_name,
            allow_redirects=False,
            skip_auto_headers=_NOT_ADDED,
        )

    async def _whole(self, request: Request, place: Place, body: bytes) -> Response:
        import aiohttp  # noqa: PLC0415

        try:
            async with asyncio.timeout(SECONDS), self._open(request, place, body) as answer:
                content = await whole_body(answer)
                kind = answer.headers.get("Content-Type", "application/json")
                return Response(answer.status, content, kind, _passed_back(answer.headers))
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise _away(error) from None

    async def _stream(self, request: Request, place: Place, body: bytes) -> None:
        import aiohttp  # noqa: PLC0415

        try:
            async with self._open(request, place, body) as answer:
                kind = answer.headers.get("Content-Type", "application/json")
                headers = {"Content-Type": kind, **_passed_back(answer.headers)}
                stream = await request.exchange.start_stream(answer.status, headers)
                async for piece in answer.content.iter_any():
                    stream.write(piece)
                    while stream.unsent_bytes > SLOW_BYTES:  # noqa: ASYNC110 (the transport has no event for it)
                        await asyncio.sleep(PAUSE_SECONDS)
        except (aiohttp.ClientError, OSError) as error:
            raise _away(error) from None


def _is_passed_on(name: str) -> bool:
    small = name.lower()
    return small not in _DROPPED and not small.startswith(_DROPPED_PREFIXES)


def _passed_back(headers: Mapping[str, str]) -> dict[str, str]:
    found = {name: headers[name] for name in _PASSED_BACK if name in headers}
    return found | ({"Content-Encoding": headers["Content-Encoding"]} if "Content-Encoding" in headers else {})


def _away(error: Exception) -> ApiError:
    return ApiError("ServiceUnavailable", f"error trying to reach service: {reason_of(error)}")
