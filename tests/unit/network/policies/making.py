"""Policies, pods and clusters of them for tests, and a plain reading of what policies say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network
from typing import Any, NamedTuple

from hypothesis import strategies as st

from bouvier.meta.objects import Obj
from bouvier.network.policies.plan import Allow, NamedPorts, Rules
from bouvier.network.policies.views import NamedPort, PodView

HERE, THERE = "10.42.0", "10.42.1"
OUTSIDE = ("192.0.2.1", "192.0.2.130", "198.51.100.7")


class Flow(NamedTuple):
    """A new connection."""

    source: str
    destination: str
    protocol: str
    port: int


@dataclass
class Cluster:
    """Objects as they are at one moment."""

    policies: list[Obj]
    namespaces: dict[str, dict[str, str]]
    pods: list[PodView]
    held: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.held = frozenset(pod.address for pod in self.pods if pod.address.startswith(HERE))


def policy(namespace: str = "default", name: str = "p", **spec: Any) -> Obj:
    """Return a policy for all pods of a namespace unless it says otherwise, completed as the API server does."""
    types = ["Ingress", *(["Egress"] if spec.get("egress") else [])]
    spec = {"podSelector": {}, "policyTypes": types} | spec
    return {"metadata": {"namespace": namespace, "name": name}, "spec": spec}


# The plain reading: one question after the other, on the objects themselves


def is_allowed(cluster: Cluster, flow: Flow) -> bool:
    """Tell whether policies let a connection pass the host that is `HERE`."""
    if flow.source == flow.destination:
        return True
    return _accepts(cluster, flow, "Egress", flow.source, flow.destination, "to") and _accepts(
        cluster, flow, "Ingress", flow.destination, flow.source, "from"
    )


def _accepts(cluster: Cluster, flow: Flow, kind: str, own: str, other: str, peers: str) -> bool:
    pod = next((p for p in cluster.pods if p.address == own), None)
    if pod is None or own not in cluster.held:
        return True
    relevant = [
        p["spec"] | {"namespace": p["metadata"]["namespace"]}
        for p in cluster.policies
        if kind in p["spec"]["policyTypes"]
        and p["metadata"]["namespace"] == pod.namespace
        and _has(p["spec"]["podSelector"], pod.labels)
    ]
    if not relevant:
        return True
    return any(
        _is_peer(cluster, spec["namespace"], rule.get(peers), other) and _is_port(cluster, rule.get("ports"), flow)
        for spec in relevant
        for rule in spec.get(kind.lower()) or ()
    )


def _is_peer(cluster: Cluster, namespace: str, peers: Any, address: str) -> bool:
    if not peers:
        return True
    found = [p for p in cluster.pods if p.address == address]
    for peer in peers:
        block = peer.get("ipBlock")
        if block:
            inside = [IPv4Address(address) in IPv4Network(n) for n in (block["cidr"], *block.get("except", ()))]
            if inside[0] and not any(inside[1:]):
                return True
            continue
        for pod in found:
            of_namespace = peer.get("namespaceSelector")
            right = (
                pod.namespace == namespace
                if of_namespace is None
                else pod.namespace in cluster.namespaces and _has(of_namespace, cluster.namespaces[pod.namespace])
            )
            if right and _has(peer.get("podSelector") or {}, pod.labels):
                return True
    return False


def _is_port(cluster: Cluster, ports: Any, flow: Flow) -> bool:
    if not ports:
        return True
    receiver = [p for p in cluster.pods if p.address == flow.destination]
    for port in ports:
        if port["protocol"] != flow.protocol:
            continue
        number = port.get("port")
        if number is None or (isinstance(number, int) and number <= flow.port <= port.get("endPort", number)):
            return True
        if any(NamedPort(flow.protocol, number, flow.port) in pod.ports for pod in receiver):
            return True
    return False


def _has(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    return all(labels.get(key) == value for key, value in (selector.get("matchLabels") or {}).items()) and all(
        labels.get(e["key"]) not in e["values"] for e in selector.get("matchExpressions") or ()
    )


# What the kernel does with the rules


def passes(rules: Rules, flow: Flow) -> bool:
    """Tell whether the planned rules let a connection pass."""
    if flow.source == flow.destination:
        return True
    for places, own, other in (
        (rules.egress, flow.source, flow.destination),
        (rules.ingress, flow.destination, flow.source),
    ):
        if own in places and not any(_matches(rules, a, flow, other) for a in rules.chains[places[own]].allows):
            return False
    return True


def _matches(rules: Rules, allow: Allow, flow: Flow, other: str) -> bool:
    if isinstance(allow.peer, str):
        if other not in rules.peers[allow.peer]:
            return False
    elif allow.peer is not None:
        inside = [IPv4Address(other) in network for network in (allow.peer.network, *allow.peer.excepted)]
        if not inside[0] or any(inside[1:]):
            return False
    if allow.ports is None:
        return True
    if allow.ports.protocol != flow.protocol:
        return False
    if isinstance(allow.ports, NamedPorts):
        return (flow.destination, flow.port) in rules.ports[allow.ports.collection]
    return not allow.ports.ranges or any(first <= flow.port <= last for first, last in allow.ports.ranges)


# Clusters by chance

_LABELS = st.dictionaries(st.sampled_from(["app", "tier"]), st.sampled_from(["a", "b"]), max_size=2)
_PROTOCOLS = st.sampled_from(["TCP", "UDP", "SCTP"])
_NUMBERS = st.sampled_from([53, 80, 81, 443, 8080])
_NAMES = st.sampled_from(["web", "db"])
_NAMESPACES = st.sampled_from(["red", "blue", "green"])
_UNLIKE = st.builds(
    lambda key, value: {"matchExpressions": [{"key": key, "operator": "NotIn", "values": [value]}]},
    st.sampled_from(["app", "tier"]),
    st.sampled_from(["a", "b"]),
)
_SELECTORS = st.one_of(st.just({}), st.builds(lambda labels: {"matchLabels": labels}, _LABELS), _UNLIKE)
_BLOCKS = st.builds(
    lambda cidr, excepted: {"ipBlock": {"cidr": cidr, "except": excepted}},
    st.sampled_from(["0.0.0.0/0", "192.0.2.0/24", "10.42.0.0/16", "10.42.0.0/24"]),
    st.lists(st.sampled_from(["192.0.2.128/25", "192.0.2.129/32", "10.42.0.0/30", "10.42.1.0/24"]), max_size=3),
)
_PEERS = st.one_of(
    _BLOCKS,
    st.builds(lambda s: {"podSelector": s}, _SELECTORS),
    st.builds(lambda s: {"namespaceSelector": s}, _SELECTORS),
    st.builds(lambda n, s: {"namespaceSelector": n, "podSelector": s}, _SELECTORS, _SELECTORS),
)


@st.composite
def _ports(draw: st.DrawFn) -> dict[str, Any]:
    port: dict[str, Any] = {"protocol": draw(_PROTOCOLS)}
    number = draw(st.one_of(st.none(), _NUMBERS, _NAMES))
    if number is not None:
        port["port"] = number
    if isinstance(number, int) and draw(st.booleans()):
        port["endPort"] = number + draw(st.integers(0, 400))
    return port


def _rules(peers: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {}, optional={peers: st.lists(_PEERS, max_size=3), "ports": st.lists(_ports(), max_size=3)}
    )


@st.composite
def clusters(draw: st.DrawFn) -> Cluster:
    """Draw a cluster with pods on two hosts."""
    pods = [
        PodView(
            uid=f"u{index}",
            namespace=draw(_NAMESPACES),
            labels=draw(_LABELS),
            address=f"{draw(st.sampled_from([HERE, THERE]))}.{index + 2}",
            ports=tuple(draw(st.lists(st.builds(NamedPort, _PROTOCOLS, _NAMES, _NUMBERS), max_size=2))),
        )
        for index in range(draw(st.integers(1, 6)))
    ]
    policies = [
        policy(
            draw(_NAMESPACES),
            f"p{index}",
            podSelector=draw(_SELECTORS),
            policyTypes=draw(st.lists(st.sampled_from(["Ingress", "Egress"]), min_size=1, unique=True)),
            ingress=draw(st.lists(_rules("from"), max_size=2)),
            egress=draw(st.lists(_rules("to"), max_size=2)),
        )
        for index in range(draw(st.integers(0, 4)))
    ]
    namespaces = {name: draw(_LABELS) for name in ("red", "blue", "green")}
    return Cluster(policies, namespaces, pods)


def flows(cluster: Cluster) -> Iterator[Flow]:
    """Yield connections between everybody."""
    everybody = [*(pod.address for pod in cluster.pods), *OUTSIDE]
    for source in everybody:
        for destination in everybody:
            for protocol, port in (("TCP", 80), ("TCP", 443), ("UDP", 53), ("UDP", 450), ("SCTP", 8080)):
                yield Flow(source, destination, protocol, port)
