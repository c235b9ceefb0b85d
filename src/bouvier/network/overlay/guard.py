"""The nftables rules that keep what is not encrypted away from pods, for the driver `ipsec`, as text. Pure.

Routes see to it that nothing leaves in clear. These rules see to the other direction: a packet that comes over the wire
in clear with a pod's address as its sender, or for a pod that neither asked for it nor is published by a service, is
dropped. Answers to pods' own connections and translated ones (node ports, balancers) pass.
"""

from __future__ import annotations

from ipaddress import IPv4Network

_TABLE = """\
table ip {table}
delete table ip {table}
table ip {table} {{
	comment "Bouvier {platform_id}: overlay"
	chain arriving {{
		type filter hook prerouting priority -290; policy accept;
		iifname "{bridge}" accept
		iifname "ipsec*" accept
		iifname "lo" accept
		ip saddr {platform} drop
	}}
	chain forward {{
		type filter hook forward priority -140; policy accept;
		iifname "{bridge}" accept
		iifname "ipsec*" accept
		ip daddr {pods} ct direction original ct status & dnat == 0 drop
	}}
}}
"""


def guard_table(platform_id: str) -> str:
    """Return the name of the table."""
    return f"bouvier_{platform_id}_overlay"


def guard(*, platform_id: str, bridge: str, pods: IPv4Network, platform: IPv4Network) -> str:
    """Return the text that replaces the table."""
    return _TABLE.format(
        table=guard_table(platform_id), platform_id=platform_id, bridge=bridge, pods=pods, platform=platform
    )
