"""The policies' nftables table as text: all of it, or the difference between two states. Pure.

Packets are judged where they are forwarded, after a service's address has been translated: what the host itself sends
to its pods and what it receives from them never comes by, except for questions to the name server. Two lookups by
address lead a new connection to the chains of its sender and of its receiver; a packet of a connection that was let in
passes at once. A text is run as one transaction: no packet meets half a change, nor a moment without rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address

from bouvier.network.policies.plan import Allow, Block, Chain, NamedPorts, Ports, Rules

_TABLE = """\
table ip {table}
delete table ip {table}
table ip {table} {{
	comment "Bouvier {platform_id}: network policies"
	map ingress {{
		type ipv4_addr : verdict
	}}
	map egress {{
		type ipv4_addr : verdict
	}}
	set themselves {{
		type ipv4_addr . ipv4_addr
	}}
	chain forward {{
		type filter hook forward priority -80; policy accept;
		ct state established,related accept
		ip saddr . ip daddr @themselves accept
		ip saddr vmap @egress
		ip daddr vmap @ingress
	}}
	chain input {{
		type filter hook input priority -80; policy accept;
		ct state established,related accept
		ip daddr {dns} ip saddr vmap @egress
	}}
}}
"""

_Elements = Mapping[str, str]
"""Values by key; empty values in sets."""


@dataclass(frozen=True, slots=True)
class Table:
    """What the fixed part of the table depends on."""

    platform_id: str
    dns: IPv4Address

    @property
    def name(self) -> str:
        """Return the table's name."""
        return policy_table(self.platform_id)


def policy_table(platform_id: str) -> str:
    """Return the name of a platform's table of policies."""
    return f"bouvier_{platform_id}_policies"


def whole(table: Table, rules: Rules) -> str:
    """Return the text that replaces the table, whether it exists or not."""
    head = _TABLE.format(table=table.name, platform_id=table.platform_id, dns=table.dns)
    return head + change(table, Rules(), rules)


def change(table: Table, old: Rules, new: Rules) -> str:
    """Return the text that leads from one state to another; empty when they are the same."""
    before, after = _collections(old), _collections(new)
    made, gone = sorted(new.chains.keys() - old.chains.keys()), sorted(old.chains.keys() - new.chains.keys())
    lines = [f"add set ip {table.name} {name} {{ type {_type(name)}; }}" for name in sorted(_named(new) - _named(old))]
    for name in made:
        lines.append(f"add chain ip {table.name} {name}")
        lines += [f"add rule ip {table.name} {name} {rule}" for rule in chain_rules(new.chains[name])]
    kept = sorted(after)
    for name in kept:
        was, now = before.get(name, {}), after[name]
        lines += _elements("delete", table, name, {key: "" for key in was if was[key] != now.get(key)})
    for name in kept:
        was, now = before.get(name, {}), after[name]
        lines += _elements("add", table, name, {key: now[key] for key in now if now[key] != was.get(key)})
    lines += [f"flush chain ip {table.name} {name}" for name in gone]
    lines += [f"delete chain ip {table.name} {name}" for name in gone]
    lines += [f"delete set ip {table.name} {name}" for name in sorted(_named(old) - _named(new))]
    return "".join(line + "\n" for line in lines)


def chain_rules(chain: Chain) -> list[str]:
    """Return the rules of a chain: what is allowed returns, the rest is dropped."""
    peer = "ip saddr" if chain.direction == "ingress" else "ip daddr"
    rules = [" ".join([*_peer(peer, allow), *_ports(allow), "return"]) for allow in chain.allows]
    return rules if Allow() in chain.allows else [*rules, "drop"]


def _peer(address: str, allow: Allow) -> list[str]:
    if allow.peer is None:
        return []
    if isinstance(allow.peer, str):
        return [f"{address} @{allow.peer}"]
    return _block(address, allow.peer)


def _block(address: str, block: Block) -> list[str]:
    parts = [f"{address} {block.network}"] if block.network.prefixlen else []
    if block.excepted:
        parts.append(f"{address} != {{ {', '.join(map(str, block.excepted))} }}")
    return parts


def _ports(allow: Allow) -> list[str]:
    if allow.ports is None:
        return []
    protocol = allow.ports.protocol.lower()
    if isinstance(allow.ports, NamedPorts):
        return [f"ip daddr . {protocol} dport @{allow.ports.collection}"]
    return [_numbers(protocol, allow.ports)]


def _numbers(protocol: str, ports: Ports) -> str:
    if not ports.ranges:
        return f"meta l4proto {protocol}"
    ranges = (str(first) if first == last else f"{first}-{last}" for first, last in ports.ranges)
    return f"{protocol} dport {{ {', '.join(ranges)} }}"


def _collections(rules: Rules) -> dict[str, _Elements]:
    judged = rules.ingress.keys() | rules.egress.keys()
    return {
        "ingress": {address: f"jump {chain}" for address, chain in rules.ingress.items()},
        "egress": {address: f"jump {chain}" for address, chain in rules.egress.items()},
        "themselves": {f"{address} . {address}": "" for address in judged},
        **{name: dict.fromkeys(members, "") for name, members in rules.peers.items()},
        **{name: {f"{a} . {port}": "" for a, port in members} for name, members in rules.ports.items()},
    }


def _named(rules: Rules) -> set[str]:
    return rules.peers.keys() | rules.ports.keys()


def _type(name: str) -> str:
    return "ipv4_addr" if name.startswith("peers_") else "ipv4_addr . inet_service"


def _elements(verb: str, table: Table, name: str, elements: _Elements) -> Iterable[str]:
    if not elements:
        return []
    listed = ", ".join(f"{key} : {value}" if value else key for key, value in sorted(elements.items()))
    return [f"{verb} element ip {table.name} {name} {{ {listed} }}"]
