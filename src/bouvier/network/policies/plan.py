"""Which traffic the pods of this host accept and send, as sets of addresses and chains of what is allowed. Pure.

A pod that some policy selects for a direction is led to a chain; the chain allows what one rule of one of these
policies allows and drops the rest. Pods that the same rules hold for share a chain. The name of a chain follows from
its content and that of a set from the selectors it stands for, so that two states are easily compared: a chain is
never changed, only made and removed, and a pod that comes or goes is an element of a few sets.

Limits: IPv4. Source: https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, collapse_addresses
from typing import Any, Literal, NamedTuple

from bouvier.meta.objects import Obj, namespace_of
from bouvier.meta.selectors.labels import LabelSelector, from_object
from bouvier.network.policies.views import PodView

Direction = Literal["ingress", "egress"]
_DIRECTIONS: tuple[tuple[Direction, str, str], ...] = (("ingress", "Ingress", "from"), ("egress", "Egress", "to"))


class Block(NamedTuple):
    """A range of addresses but for parts of it."""

    network: IPv4Network
    excepted: tuple[IPv4Network, ...] = ()


class Ports(NamedTuple):
    """Ports of a protocol, as first and last ones; no range: all of them."""

    protocol: str
    ranges: tuple[tuple[int, int], ...] = ()


class NamedPorts(NamedTuple):
    """The ports that pods call by a name: elements of a set of address and port."""

    protocol: str
    collection: str


class Allow(NamedTuple):
    """What is allowed: a peer (a set of addresses or a block) and ports; None: any."""

    peer: str | Block | None = None
    ports: Ports | NamedPorts | None = None


class Chain(NamedTuple):
    """What is allowed in one direction; nothing else is."""

    direction: Direction
    allows: tuple[Allow, ...] = ()

    @property
    def name(self) -> str:
        """Return a name that follows from the content."""
        return f"{self.direction}_{_digest(repr(self.allows))}"


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything that the kernel is to know."""

    peers: dict[str, frozenset[str]] = field(default_factory=dict)
    """Sets of addresses."""
    ports: dict[str, frozenset[tuple[str, int]]] = field(default_factory=dict)
    """Sets of address and port."""
    chains: dict[str, Chain] = field(default_factory=dict)
    ingress: dict[str, str] = field(default_factory=dict)
    """The chain of each address of this host that is judged as a receiver."""
    egress: dict[str, str] = field(default_factory=dict)
    """The chain of each address of this host that is judged as a sender."""


def plan(
    policies: Iterable[Obj], namespaces: Mapping[str, Mapping[str, str]], pods: list[PodView], held: frozenset[str]
) -> Rules:
    """Return the rules of a host.

    `pods` are all that have an address, `held` the addresses of this host's pods. One that nobody in `pods` has is
    closed: its pod is so new, or so long gone, that no policy can be asked about it.
    """
    return _Planner(list(policies), namespaces, pods).rules(held)


class _Planner:
    def __init__(self, policies: list[Obj], namespaces: Mapping[str, Mapping[str, str]], pods: list[PodView]) -> None:
        self._policies = policies
        self._namespaces = namespaces
        self._pods = pods
        self._by_namespace: dict[str, list[PodView]] = {}
        for pod in pods:
            self._by_namespace.setdefault(pod.namespace, []).append(pod)
        self._result = Rules()

    def rules(self, held: frozenset[str]) -> Rules:
        local = [pod for pod in self._pods if pod.address in held]
        unknown = held - {pod.address for pod in local}
        for direction, kind, peers in _DIRECTIONS:
            allows: dict[str, set[Allow]] = {address: set() for address in unknown}
            for policy in self._policies:
                spec = policy.get("spec") or {}
                selected = self._selected(policy, spec, local) if kind in (spec.get("policyTypes") or ()) else []
                if selected:
                    allowed = set(self._allowed(namespace_of(policy), spec.get(direction) or (), peers))
                    for pod in selected:
                        allows.setdefault(pod.address, set()).update(allowed)
            self._lead(direction, allows)
        return self._result

    def _selected(self, policy: Obj, spec: Mapping[str, Any], local: list[PodView]) -> list[PodView]:
        selector = from_object(spec.get("podSelector") or {})
        namespace = namespace_of(policy)
        return [pod for pod in local if pod.namespace == namespace and selector.matches(pod.labels)]

    def _lead(self, direction: Direction, allows: Mapping[str, set[Allow]]) -> None:
        places = self._result.ingress if direction == "ingress" else self._result.egress
        for address, allowed in allows.items():
            everything = Allow() in allowed
            chain = Chain(direction, (Allow(),) if everything else tuple(sorted(allowed, key=repr)))
            self._result.chains[chain.name] = chain
            places[address] = chain.name

    def _allowed(self, namespace: str, rules: Iterable[Mapping[str, Any]], peers: str) -> Iterator[Allow]:
        for rule in rules:
            ports = self._ports(rule.get("ports") or ())
            for peer in self._peers(namespace, rule.get(peers) or ()):
                for port in ports:
                    yield Allow(peer, port)

    def _peers(self, namespace: str, peers: Iterable[Mapping[str, Any]]) -> list[str | Block | None]:
        listed = list(peers)
        if not listed:
            return [None]
        blocks = [block for peer in listed if peer.get("ipBlock") and (block := _block(peer["ipBlock"]))]
        selecting = [peer for peer in listed if not peer.get("ipBlock")]
        return [*blocks, *([self._collection(namespace, selecting)] if selecting else [])]

    def _collection(self, namespace: str, peers: list[Mapping[str, Any]]) -> str:
        """Return the name of the set of the pods that any of these peers selects, after making it."""
        selectors = [(peer.get("namespaceSelector"), peer.get("podSelector")) for peer in peers]
        is_relative = any(of_namespace is None for of_namespace, _ in selectors)
        name = "peers_" + _digest(json.dumps([namespace if is_relative else "", selectors], sort_keys=True))
        if name not in self._result.peers:
            chosen = (pod.address for pair in selectors for pod in self._chosen(namespace, *pair))
            self._result.peers[name] = frozenset(chosen)
        return name

    def _chosen(self, own: str, of_namespace: Any, of_pod: Any) -> Iterator[PodView]:
        pods = from_object(of_pod or {})
        for namespace in [own] if of_namespace is None else self._matching(from_object(of_namespace)):
            for pod in self._by_namespace.get(namespace, ()):
                if pods.matches(pod.labels):
                    yield pod

    def _matching(self, selector: LabelSelector) -> list[str]:
        return [name for name, labels in self._namespaces.items() if selector.matches(labels)]

    def _ports(self, ports: Iterable[Mapping[str, Any]]) -> list[Ports | NamedPorts | None]:
        """Return matches for the ports of a rule, one for the numbers of a protocol and one for each name."""
        numbers: dict[str, list[tuple[int, int]]] = {}
        found: list[Ports | NamedPorts | None] = []
        for port in ports:
            protocol, number = port.get("protocol") or "TCP", port.get("port")
            if isinstance(number, str):
                found.append(self._named(protocol, number))
            else:
                numbers.setdefault(protocol, []).append(_range(number, port.get("endPort")))
        found += [Ports(protocol, _joined(ranges)) for protocol, ranges in sorted(numbers.items())]
        return found or [None]

    def _named(self, protocol: str, name: str) -> NamedPorts:
        collection = "ports_" + _digest(f"{protocol} {name}")
        if collection not in self._result.ports:
            self._result.ports[collection] = frozenset(
                (pod.address, port.number)
                for pod in self._pods
                for port in pod.ports
                if (port.protocol, port.name) == (protocol, name)
            )
        return NamedPorts(protocol, collection)


def _block(block: Mapping[str, Any]) -> Block | None:
    """Return a block; None for one of IPv6, where nothing of ours is, and for one of which nothing is left."""
    if ":" in block["cidr"]:
        return None
    network = IPv4Network(block["cidr"], strict=False)
    excepted = tuple(collapse_addresses(IPv4Network(text, strict=False) for text in block.get("except") or ()))
    return None if network in excepted else Block(network, excepted)


def _range(number: int | None, end: int | None) -> tuple[int, int]:
    return (0, 65535) if number is None else (number, end or number)


def _joined(ranges: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return ranges that neither overlap nor touch; none at all for every port."""
    joined: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = joined[-1][0], max(last, joined[-1][1])
        else:
            joined.append((first, last))
    return () if joined == [(0, 65535)] else tuple(joined)


def _digest(text: str) -> str:
    return hashlib.blake2s(text.encode(), digest_size=8).hexdigest()
