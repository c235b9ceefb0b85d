"""Kernel switches of the host's network namespace that pods and services need.

Source: Documentation/networking/ip-sysctl.rst, ebtables.netfilter.org "bridge-nf".
"""

from __future__ import annotations

from pathlib import Path

_ROOT = Path("/proc/sys/net")

BRIDGE_FILTER = "bridge/bridge-nf-call-iptables"
"""Packets between two pods of one bridge pass the rules too, so that answers of a service find their way back."""


def wanted(bridge: str) -> dict[str, str]:
    """Return the switches by path below `/proc/sys/net`."""
    return {
        "ipv4/ip_forward": "1",
        f"ipv4/conf/{bridge}/route_localnet": "1",
        BRIDGE_FILTER: "1",
    }


def apply(bridge: str) -> None:
    """Set the switches that differ.

    Raises:
        OSError: a switch cannot be set; the missing bridge filter alone is not an error.
    """
    for path, value in wanted(bridge).items():
        try:
            set_value(path, value)
        except FileNotFoundError:
            if path != BRIDGE_FILTER:
                raise


def set_value(path: str, value: str) -> None:
    """Set one switch if it differs: writing costs, and the file system may be read-only yet right."""
    file = _ROOT / path
    if file.read_text().strip() != value:
        file.write_text(value)


def bridge_is_filtered() -> bool:
    """Tell whether packets between ports of a bridge pass the rules; the kernel may lack `br_netfilter`."""
    try:
        return (_ROOT / BRIDGE_FILTER).read_text().strip() == "1"
    except FileNotFoundError:
        return False
