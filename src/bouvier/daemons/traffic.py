"""Publishing what this host's balancer carried, for the usage ledger: the host's TrafficReport."""

from __future__ import annotations

import asyncio
import logging

from bouvier.client.rest import APPLY, Client
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, uid_of
from bouvier.meta.resources import NODES, TRAFFICREPORTS
from bouvier.network.host import HostNetwork

PERIOD_SECONDS = 15.0
"""Half of the ledger's window."""
_log = logging.getLogger(__name__)


def report_of(host: str, uid: str, epoch: str, sums: dict[str, tuple[int, int]]) -> Obj:
    """Return the report of a host."""
    owner = {"apiVersion": "v1", "kind": "Node", "name": host, "uid": uid}
    services = []
    for key, (received, sent) in sorted(sums.items()):
        namespace, _, name = key.partition("/")
        services.append({"namespace": namespace, "name": name, "received": received, "sent": sent})
    return {
        "apiVersion": TRAFFICREPORTS.api_version,
        "kind": TRAFFICREPORTS.kind,
        "metadata": {"name": host, "ownerReferences": [owner]},
        "epoch": epoch,
        "services": services,
    }


async def publish_traffic(client: Client, network: HostNetwork, host: str) -> None:
    """Write the report when it changed, until cancelled."""
    written: Obj = {}
    while True:
        await asyncio.sleep(PERIOD_SECONDS)
        epoch, sums = network.traffic()
        if not sums or written.get("services") == report_of(host, "", epoch, sums)["services"]:
            continue
        try:
            report = report_of(host, uid_of(await client.get(NODES, host)), epoch, sums)
            query = {"fieldManager": "bouvier-node", "force": "true"}
            path = TRAFFICREPORTS.path(name=host)
            await client.request("PATCH", path, query=query, body=report, content_type=APPLY)
        except (ApiError, ConnectionError) as error:
            _log.info("the balancer's traffic is not reported now: %s", error)
        else:
            written = report
