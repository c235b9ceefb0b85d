"""A node agent on a real engine and a real API server, for tests; also a program of its own for fault tests.

`python -m tests.support.node '{"node": "n1", …}'` runs the agent until it is killed.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from bouvier.client import Client, Endpoint
from bouvier.engine.docker.engine import DockerEngine
from bouvier.node.agent import Agent
from bouvier.node.settings import NodeSettings
from tests.support.pod_network import HOST, VethNetwork


def settings_of(options: dict[str, Any]) -> NodeSettings:
    return NodeSettings(
        node_name=options["node"],
        data_dir=Path(options["folder"]) / "node",
        platform=options["platform"],
        addresses=(("InternalIP", HOST), ("Hostname", options["node"])),
        cgroup_parent=options["cgroup_parent"],
        heartbeat_seconds=2.0,
    )


async def run_agent(options: dict[str, Any], network: VethNetwork) -> None:
    """Run an agent until cancelled."""
    client = Client.connect(Endpoint(unix_socket=options["api"], token=options["token"]))
    engine = DockerEngine(options["engine"])
    try:
        await Agent(client, engine, network, settings_of(options)).run()
    finally:
        await engine.close()
        await client.close()


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    asyncio.run(run_agent(given, VethNetwork(given["subnet"])))
