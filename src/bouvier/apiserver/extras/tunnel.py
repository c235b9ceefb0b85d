"""`/apis/node.bouvier.io/v1/nodes/NAME/tunnel[/ID]`: where a host's agent connects."""

from __future__ import annotations

from bouvier.apiserver.authz.node import PREFIX as NODE_PREFIX
from bouvier.apiserver.authz.rules import Attributes
from bouvier.apiserver.context import Context
from bouvier.apiserver.request import Answer, Request, Streamed
from bouvier.meta.errors import ApiError, bad_request

PREFIX = "/apis/node.bouvier.io/v1/nodes/"
GROUP = "node.bouvier.io"


class TunnelPath:
    """Answers the path."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def tunnel(self, request: Request) -> Answer:
        """Keep an agent's control connection, or take its answer to an order."""
        node, _, rest = request.path.removeprefix(PREFIX).partition("/")
        wanted = Attributes("create", GROUP, "nodes/tunnel", name=node)
        self._context.authorizer.check(request.cluster, request.user, wanted)
        if request.user.name.startswith(NODE_PREFIX) and request.user.name != NODE_PREFIX + node:
            raise ApiError("Forbidden", f'user "{request.user.name}" may not speak for host "{node}"')
        if request.headers.get("Upgrade", "").lower() != "websocket":
            raise bad_request("this path speaks websocket only")
        parts = rest.split("/")
        if parts[0] != "tunnel":
            raise ApiError("NotFound", "the server could not find the requested resource")

        async def run() -> None:
            socket = await request.exchange.accept_websocket(())
            if len(parts) == 1:
                await self._context.tunnels.serve_control(request.cluster, node, socket)
            else:
                await self._context.tunnels.serve_order(request.cluster, node, parts[1], socket)

        return Streamed(run)
