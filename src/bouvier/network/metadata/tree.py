"""The tree of facts that a container may see, from the objects of its namespace (pure).

Everything is told from the place of one pod: its own namespace, and the hosts that run something of it. A pod without a
stack is told of its namespace as the stack and of its workload as the service. Each container of a pod is one container
here, all with the pod's address; the first bears the pod's name.
Source: Rancher 1.6, "Metadata Service".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from bouvier.meta import quantities
from bouvier.meta.objects import Obj, annotations_of, controller_of, is_condition_true, labels_of, name_of, namespace_of
from bouvier.network.dns.rancher import PRIMARY_LABEL, STACK_LABEL

SERVICE_LABEL = "stacks.bouvier.io/service"
NOTES = "stacks.bouvier.io/metadata"
"""Annotation of a pod with the `metadata` of its service, as JSON."""
ENVIRONMENT = "Default"
NAMES_ONLY = "2015-07-25"
"""The version that lists a service's containers and a stack's services by name; later ones list them whole."""
MEBIBYTE = 1024**2
Tree = dict[str, Any]


def tree_of(uid: str, pods: Sequence[Obj], services: Iterable[Obj], nodes: Iterable[Obj], version: str) -> Tree | None:
    """Return everything that the pod `uid` may ask for; None when the pod is not known yet."""
    own = next((pod for pod in pods if pod["metadata"]["uid"] == uid), None)
    if own is None:
        return None
    hosts = _hosts(pods, nodes)
    uids = {host["name"]: host["uuid"] for host in hosts}
    containers = [c for pod in sorted(pods, key=_age) for c in _containers(pod, uids.get(_node(pod), ""))]
    made = _services(pods, list(services), containers, version)
    stacks = _stacks(pods, made, version)
    (stack, service), host = place_of(own), _node(own)
    return {
        "self": {
            "container": next((c for c in containers if c["uuid"] == uid), {}),
            "service": _named(made, service, stack),
            "stack": next((one for one in stacks if one["name"] == stack), {}),
            "host": next((one for one in hosts if one["name"] == host), {}),
        },
        "containers": containers,
        "services": made,
        "stacks": stacks,
        "hosts": hosts,
        "environment_name": ENVIRONMENT,
    }


def place_of(pod: Obj) -> tuple[str, str]:
    """Return the stack and the service of a pod."""
    labels = labels_of(pod)
    stack = labels.get(STACK_LABEL) or namespace_of(pod)
    return stack, labels.get(SERVICE_LABEL) or _workload(pod)


def _workload(pod: Obj) -> str:
    """Return the name of what made the pod: of a Deployment's, the Deployment's."""
    owner = controller_of(pod)
    if owner is None:
        return name_of(pod)
    mark = labels_of(pod).get("pod-template-hash", "")
    name = str(owner["name"])
    return name.removesuffix(f"-{mark}") if owner["kind"] == "ReplicaSet" and mark else name


def _age(pod: Obj) -> tuple[str, str]:
    return pod["metadata"].get("creationTimestamp") or "", name_of(pod)


def _node(pod: Obj) -> str:
    return str(pod["spec"].get("nodeName") or "")


def _named(services: Iterable[Tree], name: str, stack: str) -> Tree:
    return next((one for one in services if one["name"] == name and one["stack_name"] == stack), {})


def _containers(pod: Obj, host_uuid: str) -> list[Tree]:
    """Return the containers of a pod; the first one stands for the pod itself."""
    status, (stack, service) = pod.get("status") or {}, place_of(pod)
    states = {one["name"]: one for one in status.get("containerStatuses") or ()}
    address = status.get("podIP", "")
    made = []
    for index, container in enumerate(pod["spec"]["containers"]):
        state = states.get(container["name"]) or {}
        made.append(
            {
                "name": name_of(pod) if index == 0 else f"{name_of(pod)}-{container['name']}",
                "uuid": pod["metadata"]["uid"] + (f"-{container['name']}" if index else ""),
                "hostname": pod["spec"].get("hostname") or name_of(pod),
                "primary_ip": address,
                "ips": [address] if address else [],
                "ports": _published(container, status.get("hostIP", "")),
                "labels": labels_of(pod),
                "image": container["image"],
                "stack_name": stack,
                "service_name": service if index == 0 else container["name"],
                "host_uuid": host_uuid,
                "external_id": str(state.get("containerID") or "").rpartition("/")[2],
                "start_count": int(state.get("restartCount") or 0) + 1,
                "state": _state(state),
                "health_state": _health(pod, container, state),
                "system": False,
            }
        )
    return made


def _published(container: Obj, host: str) -> list[str]:
    return [
        f"{port.get('hostIP') or host}:{port['hostPort']}:{port['containerPort']}/{port.get('protocol', 'TCP').lower()}"
        for port in container.get("ports") or ()
        if port.get("hostPort")
    ]


def _state(state: Mapping[str, Any]) -> str:
    present = state.get("state") or {}
    if "running" in present:
        return "running"
    return "stopped" if "terminated" in present else "starting"


def _health(pod: Obj, container: Obj, state: Mapping[str, Any]) -> str:
    """Return `healthy`, `unhealthy` or `initializing`; nothing for a container that nobody checks."""
    if not any(container.get(f"{kind}Probe") for kind in ("liveness", "readiness", "startup")):
        return ""
    if state.get("ready"):
        return "healthy"
    return "initializing" if not state.get("started") or not is_condition_true(pod, "Initialized") else "unhealthy"


def _services(pods: Sequence[Obj], known: Sequence[Obj], containers: Sequence[Tree], version: str) -> list[Tree]:
    made: dict[tuple[str, str], Tree] = {}
    for pod in sorted(pods, key=_age):
        stack, name = place_of(pod)
        sidekicks = [container["name"] for container in pod["spec"]["containers"][1:]]
        for index, service in enumerate((name, *sidekicks)):
            if (stack, service) not in made:
                made[stack, service] = _service(pod, stack, service, index)
                made[stack, service] |= {"primary_service_name": name, "sidekicks": [] if index else sidekicks}
    for (stack, name), service in made.items():
        own = [c for c in containers if (c["stack_name"], c["service_name"]) == (stack, name)]
        for number, container in enumerate(own):
            container["service_index"] = str(number + 1)
        service["scale"] = len(own)
        service["containers"] = [c["name"] for c in own] if version == NAMES_ONLY else own
        found = next((one for one in known if name_of(one) == name), None)
        service["vip"] = _address(found) if found else ""
    return [*made.values(), *_elsewhere(known, made)]


def _service(pod: Obj, stack: str, name: str, index: int) -> Tree:
    container = pod["spec"]["containers"][index]
    owner = controller_of(pod) or {}
    return {
        "name": name,
        "uuid": f"{owner.get('uid', pod['metadata']['uid'])}" + (f"-{name}" if index else ""),
        "kind": "service",
        "stack_name": stack,
        "labels": labels_of(pod),
        "metadata": _notes(pod),
        "ports": _published(container, ""),
        "expose": [f"{p['containerPort']}/{p.get('protocol', 'TCP').lower()}" for p in container.get("ports") or ()],
        "external_ips": [],
        "hostname": "",
        "fqdn": "",
        "global": owner.get("kind") == "DaemonSet",
        "system": False,
    }


def _notes(pod: Obj) -> Any:
    try:
        return orjson.loads(annotations_of(pod).get(NOTES, "{}"))
    except orjson.JSONDecodeError:
        return {}


def _address(service: Obj) -> str:
    address = str((service.get("spec") or {}).get("clusterIP") or "")
    return "" if address == "None" else address


def _elsewhere(known: Iterable[Obj], made: Mapping[tuple[str, str], Tree]) -> list[Tree]:
    """Return the stack's services without containers: elsewhere, or another name for one of them."""
    found = []
    for service in known:
        stack = labels_of(service).get(STACK_LABEL, "")
        spec = service.get("spec") or {}
        if not stack or (stack, name_of(service)) in made or labels_of(service).get(PRIMARY_LABEL):
            continue
        kind = "dnsService" if spec.get("selector") else "externalService"
        found.append(
            {
                "name": name_of(service),
                "uuid": service["metadata"]["uid"],
                "kind": kind,
                "stack_name": stack,
                "labels": labels_of(service),
                "metadata": {},
                "hostname": spec.get("externalName", ""),
                "vip": _address(service),
                "containers": [],
                "scale": 0,
                "system": False,
            }
        )
    return found


def _stacks(pods: Iterable[Obj], services: Sequence[Tree], version: str) -> list[Tree]:
    made = []
    for name in sorted({place_of(pod)[0] for pod in pods}):
        own = [service for service in services if service["stack_name"] == name]
        shown = [service["name"] for service in own] if version == NAMES_ONLY else own
        made.append({"name": name, "environment_name": ENVIRONMENT, "services": shown, "system": False})
    return made


def _hosts(pods: Iterable[Obj], nodes: Iterable[Obj]) -> list[Tree]:
    used = {_node(pod) for pod in pods}
    return [_host(node) for node in sorted(nodes, key=name_of) if name_of(node) in used]


def _host(node: Obj) -> Tree:
    status = node.get("status") or {}
    capacity = status.get("capacity") or {}
    addresses = {one["type"]: one["address"] for one in status.get("addresses") or ()}
    return {
        "name": name_of(node),
        "hostname": addresses.get("Hostname", name_of(node)),
        "agent_ip": addresses.get("InternalIP", ""),
        "uuid": node["metadata"]["uid"],
        "labels": labels_of(node),
        "milli_cpu": quantities.millis(str(capacity.get("cpu", "0"))),
        "memory": quantities.whole(str(capacity.get("memory", "0"))) // MEBIBYTE,
        "state": "active" if is_condition_true(node, "Ready") else "disconnected",
    }
