"""The platform's scheduler in a process of its own, for an API server that runs alone: `python -m bench.scheduler_process DIR`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import uvloop

from bouvier.client.endpoint import Endpoint
from bouvier.client.informer import InformerSet
from bouvier.client.rest import Client
from bouvier.scheduler.daemon import Scheduler
from bouvier.util.places import open_places


async def _run(data_dir: str) -> None:
    places = open_places(data_dir)
    token = Path(places.pki_dir, "tokens", "scheduler.token").read_text().strip()
    client = Client.connect(Endpoint(unix_socket=str(places.apiserver_socket), token=token), user_agent="scheduler")
    informers = InformerSet(client)
    scheduler = Scheduler(client, informers)
    await asyncio.gather(informers.run(), scheduler.run())


if __name__ == "__main__":
    uvloop.run(_run(sys.argv[1]))
