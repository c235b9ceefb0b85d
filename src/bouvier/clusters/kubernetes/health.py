"""Looking after a cluster that is another Kubernetes API: is it there, which version, which hosts."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable
from typing import Any

from bouvier.client.endpoint import Endpoint
from bouvier.client.kubeconfig import parse
from bouvier.client.rest import Client
from bouvier.clusters import inventory
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj
from bouvier.meta.resources import NODES, SECRETS

LOOK_SECONDS = 10.0
AWAY_SECONDS = 2.0
PATIENCE_SECONDS = 5.0
CAPABILITIES = ("everything",)
Report = Callable[[str, list[dict[str, Any]] | None, str], Awaitable[None]]


async def endpoint_of(home: Client, cluster: Obj) -> Endpoint:
    """Return how a proxied cluster is reached.

    Raises:
        ConnectionError: its Secret is missing or holds no usable kubeconfig.
    """
    named = cluster["spec"]["kubernetes"]["kubeconfigSecret"]
    namespace, name = named.get("namespace") or "kube-system", named["name"]
    try:
        secret = await home.get(SECRETS, name, namespace)
        text = base64.b64decode((secret.get("data") or {})["kubeconfig"]).decode()
        return parse(text, f"Secret {namespace}/{name}")
    except (ApiError, KeyError, ValueError) as error:
        raise ConnectionError(f"Secret {namespace}/{name} holds no usable kubeconfig: {error}") from error


async def watch_health(home: Client, cluster: Obj, report: Report) -> None:
    """Look again and again until cancelled."""
    while True:
        pause = AWAY_SECONDS
        try:
            endpoint = await endpoint_of(home, cluster)
            client = Client.connect(endpoint, user_agent="bouvier-clusters")
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    version = str((await client.request("GET", "/version")).get("gitVersion", ""))
                    nodes = (await client.list_all(NODES)).items
            finally:
                await client.close()
            await report(version, inventory.of_nodes(nodes), "")
            pause = LOOK_SECONDS
        except TimeoutError:
            await report("", None, f"no answer within {PATIENCE_SECONDS:.0f} s")
        except (ConnectionError, ApiError) as error:
            await report("", None, str(error))
        await asyncio.sleep(pause)
