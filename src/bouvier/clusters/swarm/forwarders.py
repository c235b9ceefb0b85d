"""NodePorts on Swarm: a small forwarder on every host, published there in host mode (pure).

Swarm's own ways do not serve: the routing mesh and virtual addresses need IPVS in the kernel, and a port published by
the workload itself in host mode lets only one replica run on a host. The forwarder finds the pods by the service's
name on the namespace's network, a fresh one for each connection.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bouvier.clusters.driver import Fields, digest
from bouvier.clusters.swarm.fields import STAMPS
from bouvier.clusters.swarm.translate import network_of
from bouvier.meta.objects import Obj, labels_of, name_of, namespace_of
from bouvier.meta.selectors import from_object

IMAGE = "bouvier/busybox:1"
PUBLISHED = ("NodePort", "LoadBalancer")


def forwarder_name(service: Obj) -> str:
    """Return the name of the Swarm service."""
    return f"{namespace_of(service)}_{name_of(service)}_port"[:63]


def forwarder(service: Obj, workloads: Iterable[Obj], image: str) -> Fields | None:
    """Return the forwarder of a service, None when it needs none or selects nothing."""
    if service["spec"].get("type") not in PUBLISHED or not service["spec"].get("selector"):
        return None
    selected = [w for w in workloads if _selects(service, w)]
    ports = [
        (port["nodePort"], _target(port, selected))
        for port in service["spec"].get("ports") or ()
        if port.get("nodePort") and port.get("protocol", "TCP") == "TCP"
    ]
    if not ports or not selected:
        return None
    lines = [f"nc -ll -p {number} -e nc {name_of(service)} {target} &" for number, target in ports]
    script = " ".join(["trap 'kill $(jobs -p); exit' TERM;", *lines, "wait"])
    return {
        "image": image,
        "global": True,
        "command": ["sh", "-c", script],
        "stop_seconds": 2,
        "networks": [[network_of(namespace_of(service)), []]],
        "ports": sorted(["tcp", number, number, "host"] for number, _ in ports),
        "update": {"parallelism": 0, "order": "stop-first", "failure": "continue", "monitor": 1_000_000_000},
    }


def stamps(service: Obj, fields: Fields, cluster_uid: str) -> dict[str, str]:
    """Return the labels of a forwarder."""
    return {
        f"{STAMPS}cluster": cluster_uid,
        f"{STAMPS}forwarder": f"{namespace_of(service)}/{name_of(service)}",
        f"{STAMPS}hash": digest(fields),
    }


def losses(service: Obj) -> list[dict[str, str]]:
    """Return what a service asks for that Swarm does not do."""
    spec = service["spec"]
    found = []
    for index, port in enumerate(spec.get("ports") or ()):
        path = f"spec.ports[{index}]"
        if port.get("protocol", "TCP") != "TCP" and spec.get("type") in PUBLISHED:
            found.append((f"{path}.protocol", "node ports are forwarded for TCP only"))
        if str(port.get("targetPort", port["port"])) != str(port["port"]):
            text = f"the name {name_of(service)} leads to the pods themselves: inside, use port {port['targetPort']}"
            found.append((f"{path}.port", text))
    if spec.get("sessionAffinity", "None") != "None":
        found.append(("spec.sessionAffinity", "Swarm has no counterpart: it is ignored"))
    return [{"field": field, "message": message} for field, message in found]


def _selects(service: Obj, workload: Obj) -> bool:
    labels = labels_of({"metadata": workload["spec"]["template"].get("metadata") or {}})
    return from_object({"matchLabels": service["spec"]["selector"]}).matches(labels)


def _target(port: Mapping[str, Any], workloads: Sequence[Obj]) -> int:
    """Return the number of the target port; names are looked up in the selected pods."""
    target = port.get("targetPort", port["port"])
    if isinstance(target, int) or str(target).isdigit():
        return int(target)
    for workload in workloads:
        for container in workload["spec"]["template"]["spec"]["containers"]:
            for named in container.get("ports") or ():
                if named.get("name") == target:
                    return int(named["containerPort"])
    return int(port["port"])
