"""The nftables rules that pods need whatever services there are, as text.

- What a pod sends out of the platform leaves with the host's address.
- `route_localnet` on the bridge (for node ports on 127.0.0.1) must not open the host's own loopback to pods.
- Packets that connection tracking cannot place are dropped: let through, they would leave without address translation
  and reset the connection that they belong to.
- Cattle's address for metadata and names leads to this host's own services, whoever else has it.
- While the name server restarts, its port is closed for a moment; without the kernel's "port unreachable" a pod's
  resolver asks again instead of reporting that the name cannot be resolved.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

from bouvier.network.addresses.leases import gateway_of
from bouvier.network.dns.rancher import METADATA_ADDRESS

_TABLE = """\
table ip {table}
delete table ip {table}
table ip {table} {{
	comment "Bouvier {platform_id}: pods"
	chain guard {{
		type filter hook prerouting priority -300; policy accept;
		iifname "{bridge}" ip daddr 127.0.0.0/8 drop
	}}
	chain forward {{
		type filter hook forward priority -150; policy accept;
		iifname "{bridge}" ct state invalid drop
	}}
	chain patience {{
		type filter hook output priority -150; policy accept;
		oifname "{bridge}" icmp type destination-unreachable icmp code port-unreachable @th,240,16 53 drop
	}}
	chain metadata {{
		type nat hook prerouting priority -105; policy accept;
		iifname "{bridge}" ip daddr {metadata} tcp dport 80 dnat to {gateway}:{metadata_port}
		iifname "{bridge}" ip daddr {metadata} udp dport 53 dnat to {dns}
		iifname "{bridge}" ip daddr {metadata} tcp dport 53 dnat to {dns}
	}}
	chain leave {{
		type nat hook postrouting priority 95; policy accept;
		ip saddr {pods} ip daddr != {platform} masquerade
	}}
}}
"""


def pod_rules(
    *, platform_id: str, bridge: str, pods: IPv4Network, platform: IPv4Network, dns: IPv4Address, metadata_port: int
) -> str:
    """Return the text that replaces the table of the pods; `metadata_port` is one of the bridge's own address."""
    return _TABLE.format(
        table=pod_table(platform_id),
        platform_id=platform_id,
        bridge=bridge,
        pods=pods,
        platform=platform,
        dns=dns,
        gateway=gateway_of(pods),
        metadata=METADATA_ADDRESS,
        metadata_port=metadata_port,
    )


def pod_table(platform_id: str) -> str:
    """Return the name of the table of the pods."""
    return f"bouvier_{platform_id}_pods"
