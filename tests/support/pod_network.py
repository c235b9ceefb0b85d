"""The smallest network that fulfils `node.ports.PodNetwork`: one veth pair a pod, known to this host alone.

The host's end of a pair is named after the pod's address, so that a new instance finds what an earlier one made.
"""

from __future__ import annotations

import asyncio
import json
import secrets

from bouvier.node.ports import PodAddresses, PodRef, ResolverSettings

HOST = "10.213.0.1"


class VethNetwork:
    """Pods in 10.213.N.0/24, where N is drawn for every instance that is given none."""

    def __init__(self, subnet: int = 0) -> None:
        self.subnet = subnet or 1 + secrets.randbelow(250)
        self.attached: dict[str, PodAddresses] = {}

    def _link(self, uid: str) -> str:
        return f"bv{self.subnet}-{uid[:8]}"

    async def attach(self, pod: PodRef, sandbox_pid: int) -> PodAddresses:
        known = await self.observe()
        if pod.uid in known:
            return known[pod.uid]
        taken = {addresses.primary for addresses in known.values()}
        ip = next(ip for n in range(2, 250) if (ip := f"10.213.{self.subnet}.{n}") not in taken)
        self.attached[pod.uid] = PodAddresses((ip,))
        link = self._link(pod.uid)
        await _run(f"ip link add {link} type veth peer name eth0 netns {sandbox_pid}")
        await _run(f"ip addr add {HOST} peer {ip} dev {link}")
        await _run(f"ip link set {link} up alias {pod.uid}")
        inside = f"nsenter --net=/proc/{sandbox_pid}/ns/net ip"
        await _run(f"{inside} addr add {ip} peer {HOST} dev eth0")
        await _run(f"{inside} link set eth0 up")
        await _run(f"{inside} link set lo up")
        await _run(f"{inside} route add default via {HOST}")
        return self.attached[pod.uid]

    async def detach(self, pod: PodRef) -> None:
        self.attached.pop(pod.uid, None)
        await _run(f"ip link del {self._link(pod.uid)}", check=False)

    def resolver(self, pod: PodRef) -> ResolverSettings:
        searches = (f"{pod.namespace}.svc.cluster.local", "svc.cluster.local", "cluster.local")
        return ResolverSettings((HOST,), searches, ("ndots:5",))

    async def observe(self) -> dict[str, PodAddresses]:
        links = json.loads(await _run("ip -json addr show type veth") or "[]")
        for link in links:
            if link.get("ifname", "").startswith(f"bv{self.subnet}-") and link.get("ifalias"):
                peers = [entry["address"] for entry in link["addr_info"] if entry.get("local") == HOST]
                self.attached[link["ifalias"]] = PodAddresses(tuple(peers))
        return dict(self.attached)

    async def close(self) -> None:
        for link in json.loads(await _run("ip -json link show type veth") or "[]"):
            if link.get("ifname", "").startswith(f"bv{self.subnet}-"):
                await _run(f"ip link del {link['ifname']}", check=False)


async def _run(command: str, *, check: bool = True) -> str:
    process = await asyncio.create_subprocess_exec(
        *command.split(), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, error = await process.communicate()
    if check and process.returncode:
        raise OSError(f"{command}: {error.decode().strip()}")
    return output.decode()
