"""What the API adds to the supervisor's status: the hosts, and a link that signs in to the console once."""

from __future__ import annotations

import asyncio
from typing import Any

from bouvier.util.places import Places

API_TIMEOUT_SECONDS = 3.0
LOGIN_CODES_PATH = "/bouvier/v1/login-codes"


def complete(places: Places, status: dict[str, Any]) -> None:
    """Add `hosts` and, while the platform is ready, `console.signIn` to the status, in place.

    An API that does not answer now leaves them out: the status must say so, not fail.
    """
    status["hosts"] = []
    if not status["ready"]:
        return
    from bouvier.cli.connect import run_async  # noqa: PLC0415 - only for a running platform
    from bouvier.cli.errors import CommandError  # noqa: PLC0415 - same
    from bouvier.meta.errors import ApiError  # noqa: PLC0415 - same

    try:
        run_async(_ask(places, status))
    except (ApiError, OSError, CommandError):
        return


async def _ask(places: Places, status: dict[str, Any]) -> None:
    from bouvier.cli.connect import api_of  # noqa: PLC0415 - only for a running platform
    from bouvier.meta.resources import NODES  # noqa: PLC0415 - same

    async with api_of(str(places.data_dir)) as client, asyncio.timeout(API_TIMEOUT_SECONDS):
        status["hosts"] = [host_of(node) for node in (await client.list(NODES)).items]
        code = (await client.request("POST", LOGIN_CODES_PATH, body={}))["code"]
        status["console"]["signIn"] = sign_in_link(status["console"]["url"], code)


def sign_in_link(console_url: str, code: str) -> str:
    """Return the link that signs in once; the code stands in the fragment, which browsers send to nobody."""
    return f"{console_url}#/signin/{code}"


def host_of(node: dict[str, Any]) -> dict[str, Any]:
    """Return what the status shows of a Node."""
    status = node.get("status") or {}
    ready = any(c["type"] == "Ready" and c["status"] == "True" for c in status.get("conditions") or ())
    addresses = {entry["type"]: entry["address"] for entry in status.get("addresses") or ()}
    return {"name": node["metadata"]["name"], "ready": ready, "address": addresses.get("InternalIP", "")}
