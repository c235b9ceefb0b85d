"""Reaching the platform's API with the administrator's kubeconfig."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from bouvier.cli.errors import CommandError
from bouvier.client import Client, from_kubeconfig
from bouvier.util.places import Places, open_places


@asynccontextmanager
async def api_of(data_dir: str) -> AsyncIterator[Client]:
    """Open the API of the platform in a data directory.

    Raises:
        CommandError: there is no platform there.
    """
    client = Client.connect(endpoint_of(open_places(data_dir)), user_agent="bouvier-cli")
    try:
        yield client
    finally:
        await client.close()


def endpoint_of(places: Places) -> Any:
    """Return the endpoint that the platform's kubeconfig names.

    Raises:
        CommandError: there is no kubeconfig yet.
    """
    if not places.kubeconfig.exists():
        raise CommandError(f"there is no platform in {places.data_dir}", "start one: bouvier up --detach")
    return from_kubeconfig(places.kubeconfig)


def run_async(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a command's coroutine to its end."""
    return asyncio.run(work)
