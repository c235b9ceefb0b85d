"""The services' nftables table as text: all of it, or the difference between two states. Pure.

The table has few rules however many services there are; everything that changes is an element of a map. A text is run
as one transaction, so that no packet ever meets half a change.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network

from bouvier.network.services.elements import TAG, TAG_MASK, Chooser, Element

_FRONTEND = "ip daddr . meta l4proto . th dport"
_NODE_FRONTEND = "meta l4proto . th dport"

_MAPS = """\
	map {p}endpoints {{
		type {key} . mark : ipv4_addr . inet_service
	}}
	map {p}lasting {{
		type {key} . mark : mark
	}}
	map {p}clients {{
		type ipv4_addr . {key} : mark
		flags dynamic,timeout
		size 65536
	}}
"""

_HEAD = """\
table ip {table}
delete table ip {table}
table ip {table} {{
	comment "Bouvier {platform_id}: services"
	map services {{
		type ipv4_addr . inet_proto . inet_service : verdict
	}}
	map node_ports {{
		type inet_proto . inet_service : verdict
	}}
	set refused {{
		type ipv4_addr . inet_proto . inet_service
	}}
	set pods {{
		type ipv4_addr . ipv4_addr
	}}
"""

_CHAINS = """\
	chain dispatch {{
		ip daddr . meta l4proto . th dport vmap @services
		fib daddr type local meta l4proto . th dport vmap @node_ports
	}}
	chain prerouting {{
		type nat hook prerouting priority -110; policy accept;
		jump dispatch
	}}
	chain output {{
		type nat hook output priority -110; policy accept;
		jump dispatch
	}}
	chain refuse {{
		ip daddr . meta l4proto . th dport @refused meta l4proto tcp reject with tcp reset
		ip daddr . meta l4proto . th dport @refused reject with icmp port-unreachable
		ip daddr {services} fib daddr type local return
		ip daddr {services} meta l4proto tcp reject with tcp reset
		ip daddr {services} reject with icmp port-unreachable
	}}
	chain filter_input {{
		type filter hook input priority -90; policy accept;
		ct status & dnat == 0 ct state new jump refuse
	}}
	chain filter_forward {{
		type filter hook forward priority -90; policy accept;
		ct status & dnat == 0 jump refuse
	}}
	chain filter_output {{
		type filter hook output priority -90; policy accept;
		ct status & dnat == 0 jump refuse
	}}
	chain postrouting {{
		type nat hook postrouting priority 90; policy accept;
		ct status & dnat == 0 return
		ip saddr . ip daddr @pods masquerade
		meta mark & {mask:#x} != {tag:#x} return
		ip saddr != {platform} ip daddr {platform} ip daddr != {pods} snat to {gateway}
		ip saddr 127.0.0.0/8 masquerade
		ip saddr != {platform} ip daddr != {pods} masquerade
{same_bridge}	}}
	chain unmark {{
		type filter hook postrouting priority 110; policy accept;
		meta mark & {mask:#x} == {tag:#x} meta mark set 0x0
	}}
}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSettings:
    """What the fixed part of the table depends on."""

    platform_id: str
    services: IPv4Network
    pods: IPv4Network
    platform: IPv4Network
    more_services: tuple[IPv4Network, ...] = ()
    """Further ranges of Services, which overlap neither with the first nor with each other."""
    bridge_is_filtered: bool = True
    """False where the kernel lacks `br_netfilter`: pods of this host then see the host as the client of a service."""

    @property
    def table(self) -> str:
        """Return the table's name."""
        return service_table(self.platform_id)


def service_table(platform_id: str) -> str:
    """Return the name of a platform's table of services."""
    return f"bouvier_{platform_id}"


def whole(settings: TableSettings, elements: Iterable[Element], choosers: Iterable[Chooser]) -> str:
    """Return the text that replaces the table."""
    same_bridge = f"\t\tip saddr {settings.pods} ip daddr {settings.pods} masquerade\n"
    parts = [
        _HEAD.format(table=settings.table, platform_id=settings.platform_id),
        _MAPS.format(p="", key="ipv4_addr . inet_proto . inet_service"),
        _MAPS.format(p="node_", key="inet_proto . inet_service"),
        *(f"\tchain {c.name} {{\n" + "".join(f"\t\t{rule}\n" for rule in _rules(c)) + "\t}\n" for c in choosers),
        _CHAINS.format(
            services=_either([settings.services, *settings.more_services]),
            pods=settings.pods,
            platform=settings.platform,
            gateway=settings.pods[1],
            tag=TAG,
            mask=TAG_MASK,
            same_bridge="" if settings.bridge_is_filtered else same_bridge,
        ),
        change(settings.table, add=elements),
    ]
    return "".join(parts)


def _either(networks: list[IPv4Network]) -> str:
    """Return the expression that matches any of some ranges."""
    return str(networks[0]) if len(networks) == 1 else f"{{ {', '.join(map(str, sorted(networks)))} }}"


def change(
    table: str, *, remove: Iterable[Element] = (), add: Iterable[Element] = (), choosers: Iterable[Chooser] = ()
) -> str:
    """Return the text that adds chains, then removes elements, then adds elements."""
    lines = []
    for chooser in choosers:
        lines.append(f"add chain ip {table} {chooser.name}")
        lines += [f"add rule ip {table} {chooser.name} {rule}" for rule in _rules(chooser)]
    lines += _grouped("delete", table, [Element(e.collection, e.key) for e in remove])
    lines += _grouped("add", table, add)
    return "".join(line + "\n" for line in lines)


def _grouped(verb: str, table: str, elements: Iterable[Element]) -> list[str]:
    by_collection: dict[str, list[str]] = {}
    for element in elements:
        value = f" : {element.value}" if element.value else ""
        by_collection.setdefault(element.collection, []).append(element.key + value)
    return [f"{verb} element ip {table} {name} {{ {', '.join(keys)} }}" for name, keys in by_collection.items()]


def _rules(chooser: Chooser) -> list[str]:
    prefix, frontend = ("node_", _NODE_FRONTEND) if chooser.at_node else ("", _FRONTEND)
    draw = f"numgen random mod {chooser.backends} offset {TAG:#x}" if chooser.backends > 1 else f"{TAG:#x}"
    choose = f"meta mark set {draw}"
    send = f"dnat ip to {frontend} . meta mark map @{prefix}endpoints"
    if not chooser.sticky_seconds:
        return [choose, send]
    client = f"ip saddr . {frontend}"
    remember = f"update @{prefix}clients {{ {client} timeout {chooser.sticky_seconds}s : meta mark }}"
    return [
        f"meta mark set {client} map @{prefix}clients {remember}",
        send,
        # "update" prolongs an element and keeps its value: what leads nowhere any more has to go first
        f"delete @{prefix}clients {{ {client} : meta mark }}",
        choose,
        f"meta mark set {frontend} . meta mark map @{prefix}lasting",
        remember,
        send,
    ]
