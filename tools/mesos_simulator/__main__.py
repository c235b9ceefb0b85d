"""`python -m tools.mesos_simulator`: a Mesos with Marathon to try things on; see `--help`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import signal

from bouvier.engine.docker.http import DockerHttp
from tools.mesos_simulator.cluster import AgentOptions, Options, simulated


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="mesos_simulator", description=__import__("tools.mesos_simulator").__doc__)
    parser.description = "Simulate Mesos and Marathon on a Docker Engine, with real containers."
    parser.add_argument("--engine", default="unix:///var/run/docker.sock", help="where containers run")
    parser.add_argument("--address", default="", help="address to serve on [default: that of Docker's bridge]")
    parser.add_argument("--port", type=int, default=5050, help="port of the master")
    parser.add_argument("--marathon-port", type=int, default=8080, help="port of Marathon, 0 for none")
    parser.add_argument("--standby-port", type=int, default=0, help="port of a second master that is not the leader")
    parser.add_argument(
        "--agent",
        action="append",
        default=[],
        metavar="NAME=ADDRESS[:PORT][,ATTRIBUTE=VALUE…]",
        help="an agent; several need an address each that containers can reach [default: agent1 on --address]",
    )
    parser.add_argument("--cpus", type=float, default=4.0, help="processors of each agent")
    parser.add_argument("--mem", type=float, default=4096.0, help="MiB of each agent")
    parser.add_argument("--ports", default="30000-32767", help="host ports of each agent")
    parser.add_argument("--image", default="bouvier/busybox:1", help="image for commands that name none")
    return parser.parse_args()


def _agent(text: str) -> AgentOptions:
    """Return the options of one `--agent`."""
    name, _, rest = text.partition("=")
    where, *attributes = rest.split(",")
    address, _, port = where.partition(":")
    pairs = (attribute.partition("=")[::2] for attribute in attributes)
    return AgentOptions(name, address, int(port or 5051), dict(pairs))


async def _bridge_address(engine: str) -> str:
    http = DockerHttp(engine.removeprefix("unix://"))
    try:
        network = await http.call("GET", "/networks/bridge")
    finally:
        await http.close()
    return str(network["IPAM"]["Config"][0]["Gateway"])


async def _run(given: argparse.Namespace) -> None:
    address = given.address or await _bridge_address(given.engine)
    first, _, last = given.ports.partition("-")
    agents = tuple(_agent(text) for text in given.agent) or (AgentOptions("agent1", address),)
    options = Options(
        engine=given.engine,
        address=address,
        port=given.port,
        agents=agents,
        marathon_port=given.marathon_port,
        standby_port=given.standby_port,
        cpus=given.cpus,
        mem=given.mem,
        ports=(int(first), int(last)),
        image=given.image,
    )
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with simulated(options):
        print(f"master   http://{address}:{given.port}", flush=True)
        for agent in agents:
            print(f"agent    {agent.hostname} http://{agent.address}:{agent.port}", flush=True)
        if given.marathon_port:
            print(f"marathon http://{address}:{given.marathon_port}", flush=True)
        await stopped.wait()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_run(_parse()))
