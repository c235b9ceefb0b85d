"""Taking the network of a platform away from the machine, whatever is left of it: `bouvier down --purge`."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bouvier.network.addresses import forwarding
from bouvier.network.addresses.kernel import Kernel
from bouvier.network.addresses.names import bridge_name, orphans
from bouvier.network.addresses.render import pod_table
from bouvier.network.balancer import process
from bouvier.network.nftables import Nftables
from bouvier.network.overlay import vxlan
from bouvier.network.overlay.ipsec import charon
from bouvier.network.policies.render import policy_table
from bouvier.network.services.render import service_table


async def purge(platform_id: str, folder: Path) -> None:
    """End HAProxy and remove interfaces, bridge and rules; containers should be gone by then.

    `folder` is the network's own below the data directory; its files stay.
    """
    await process.end(folder / "balancer")
    await charon.end(folder / "ipsec")
    await asyncio.get_running_loop().run_in_executor(None, _remove_interfaces, platform_id)
    nftables = Nftables()
    try:
        await nftables.delete_table(service_table(platform_id))
        await nftables.delete_table(policy_table(platform_id))
        await nftables.delete_table(pod_table(platform_id))
    finally:
        nftables.close()
    await forwarding.forget(bridge_name(platform_id))


def _remove_interfaces(platform_id: str) -> None:
    kernel = Kernel()
    try:
        for name in (
            *orphans(kernel.links(), platform_id, set()),
            bridge_name(platform_id),
            vxlan.device_name(platform_id),
        ):
            kernel.detach(name)
    finally:
        kernel.close()
