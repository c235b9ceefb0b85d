"""NodePorts on Mesos: a small forwarder on every agent, at the host port of that number (pure).

Mesos has no services. The forwarder picks one of the task addresses in a file of its sandbox for each connection, and
tries the next one when that does not answer; the platform writes the file anew whenever ready tasks change. So it goes
on without the platform, and no connection is cut when tasks come and go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bouvier.clusters.driver import Fields, digest
from bouvier.clusters.mesos.fields import STAMPS, compact
from bouvier.clusters.mesos.translate import selected_by
from bouvier.meta.objects import Obj, name_of, namespace_of

IMAGE = "bouvier/busybox:1"
MARK = f"{STAMPS}forwarder"
PUBLISHED = ("NodePort", "LoadBalancer")
SANDBOX = "/mnt/mesos/sandbox"
"""Where a container finds its sandbox (the agents' `--sandbox_directory`)."""
_PICK = 'for b in $(grep "^$1 " backends | cut -d" " -f2 | shuf); do nc ${b%:*} ${b#*:} && exit; done'


def node_ports(service: Obj) -> list[Mapping[str, Any]]:
    """Return the ports of a service that are forwarded."""
    if service["spec"].get("type") not in PUBLISHED or not service["spec"].get("selector"):
        return []
    ports = service["spec"].get("ports") or ()
    return [p for p in ports if p.get("nodePort") and p.get("protocol", "TCP") == "TCP"]


def forwarder(service: Obj, image: str) -> Fields | None:
    """Return the fields of a service's forwarder, None when it needs none."""
    numbers = [port["nodePort"] for port in node_ports(service)]
    if not numbers:
        return None
    listeners = " ".join(f"nc -ll -p {number} -e ./pick {number} &" for number in numbers)
    line = (
        f"cd {SANDBOX} && touch backends && printf '%s\\n' '#!/bin/sh' '{_PICK}' >pick && chmod +x pick; "
        f"trap 'kill $(jobs -p); exit' TERM; {listeners} wait"
    )
    return compact(
        {
            "image": image,
            "containerizer": "MESOS",
            "cmd": line,
            "global": True,
            "ports": [[number, "tcp", f"port-{number}"] for number in numbers],
            "cpu": 10,
            "memory": 32,
            "grace": 1,
        }
    )


def forwarder_stamps(service: Obj, fields: Fields, cluster_uid: str) -> dict[str, str]:
    """Return the labels of a forwarder."""
    return {
        f"{STAMPS}cluster": cluster_uid,
        MARK: f"{namespace_of(service)}/{name_of(service)}",
        f"{STAMPS}hash": digest(fields),
    }


def backends(
    service: Obj, workloads: Iterable[Obj], ready: Mapping[str, Sequence[tuple[str, Mapping[int, int]]]]
) -> str:
    """Return the file of a forwarder; `ready` gives addresses and host ports of a workload's ready tasks, by uid."""
    selected = [workload for workload in workloads if selected_by(service, workload)]
    lines = set()
    for port in node_ports(service):
        for workload in selected:
            target = target_port(port, workload)
            for address, mapping in ready.get(workload["metadata"]["uid"], ()):
                if target in mapping:
                    lines.add(f"{port['nodePort']} {address}:{mapping[target]}")
    return "".join(f"{line}\n" for line in sorted(lines))


def target_port(port: Mapping[str, Any], workload: Obj) -> int:
    """Return the number of the target port; names are looked up in the workload's container."""
    target = port.get("targetPort", port["port"])
    if isinstance(target, int) or str(target).isdigit():
        return int(target)
    for container in workload["spec"]["template"]["spec"]["containers"]:
        for named in container.get("ports") or ():
            if named.get("name") == target:
                return int(named["containerPort"])
    return int(port["port"])


def losses(service: Obj, ranges: Sequence[tuple[int, int]]) -> list[dict[str, str]]:
    """Return what a service asks for that Mesos does not do; `ranges` are the host ports that agents offer."""
    spec = service["spec"]
    found = []
    if spec.get("selector"):
        text = "Mesos has no addresses and names for services: inside tasks, use a node port of any agent"
        found.append(("spec.clusterIP", text))
    for index, port in enumerate(spec.get("ports") or ()):
        path = f"spec.ports[{index}]"
        if port.get("protocol", "TCP") != "TCP" and spec.get("type") in PUBLISHED:
            found.append((f"{path}.protocol", "node ports are forwarded for TCP only"))
        number = port.get("nodePort")
        if number and ranges and not any(begin <= number <= end for begin, end in ranges):
            offered = ", ".join(f"{begin}-{end}" for begin, end in ranges)
            found.append((f"{path}.nodePort", f"no agent offers this port: choose one of {offered}"))
    if spec.get("sessionAffinity", "None") != "None":
        found.append(("spec.sessionAffinity", "Mesos has no counterpart: it is ignored"))
    return [{"field": field, "message": message} for field, message in found]


def write_command(content: str) -> tuple[str, ...]:
    """Return the command that replaces a forwarder's file in one step."""
    return (
        "/bin/sh",
        "-c",
        f'printf %s "$1" >{SANDBOX}/backends.new && mv {SANDBOX}/backends.new {SANDBOX}/backends',
        "sh",
        content,
    )
