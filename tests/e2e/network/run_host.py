"""A process with a whole `HostNetwork`, fed from a JSON file each time that file is replaced."""

import asyncio
import json
import sys
from pathlib import Path

import uvloop

from bouvier.meta.resources import ENDPOINTSLICES, INGRESSES, NODES, SECRETS, SERVICES
from bouvier.network.host import HostNetwork, NetworkSettings
from tests.e2e.network.world import NODE, PLATFORM_ID, FedInformers

RESOURCES = {r.plural: r for r in (ENDPOINTSLICES, INGRESSES, NODES, SECRETS, SERVICES)}


async def main(folder: Path) -> None:
    informers = FedInformers()
    settings = NetworkSettings(platform_id=PLATFORM_ID, node_name=NODE, folder=folder / "network")
    network = HostNetwork(settings, informers)
    running = asyncio.create_task(network.run())
    seen = 0
    while not running.done():
        stamp = (folder / "objects.json").stat().st_mtime_ns
        if stamp != seen:
            seen = stamp
            for plural, objects in json.loads((folder / "objects.json").read_text()).items():
                for obj in objects:
                    informers.informer(RESOURCES[plural]).set(obj)
        await asyncio.sleep(0.02)
        (folder / "status").write_text("\n".join(network.status().problems) or "well")
    await running


uvloop.run(main(Path(sys.argv[1])))
