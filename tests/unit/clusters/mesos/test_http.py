"""Finding the leading master."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from bouvier.clusters.mesos.http import CallRefusedError, MesosHttp


@asynccontextmanager
async def serving(handler: web.RequestHandler) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
    finally:
        await runner.cleanup()


async def leading(_request: web.Request) -> web.Response:
    return web.json_response({"type": "GET_VERSION", "get_version": {"version_info": {"version": "1.11.0"}}})


def redirecting(target: str) -> web.RequestHandler:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": target.removeprefix("http:") + request.path})

    return answer


async def test_a_standby_leads_to_the_leader_which_is_remembered() -> None:
    """A redirect without a scheme is followed; when the leader goes away, the given addresses are tried again."""
    async with serving(leading) as first, serving(leading) as second:
        async with serving(redirecting(first)) as standby:
            http = MesosHttp([standby, second])
            assert (await http.operate("GET_VERSION"))["version_info"]["version"] == "1.11.0"
            assert http.url == first
        assert (await http.operate("GET_VERSION"))["version_info"]["version"] == "1.11.0"
        assert http.url == first
    with pytest.raises(ConnectionError, match=second):
        await http.operate("GET_VERSION")
    await http.close()


async def test_masters_that_redirect_in_a_circle_are_not_followed_for_ever() -> None:
    """Two standbys without a leader are an error that says so."""
    target: list[str] = []

    async def circle(request: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": target[0] + request.path})

    async with serving(circle) as url:
        target.append(url)
        http = MesosHttp([url])
        with pytest.raises(ConnectionError, match="circle"):
            await http.operate("GET_VERSION")
        await http.close()


async def test_refusals_and_other_services_are_told_apart() -> None:
    """An error status is a refusal with its text; something that is no Mesos at all says so."""

    async def refusing(_request: web.Request) -> web.Response:
        return web.Response(status=403, text="Framework is not subscribed")

    async def page(_request: web.Request) -> web.Response:
        return web.Response(text="<html>")

    async with serving(refusing) as url, serving(page) as other:
        http, wrong = MesosHttp([url]), MesosHttp([other])
        with pytest.raises(CallRefusedError, match="not subscribed"):
            await http.operate("GET_VERSION")
        with pytest.raises(ConnectionError, match="right address"):
            await wrong.operate("GET_VERSION")
        await http.close()
        await wrong.close()
