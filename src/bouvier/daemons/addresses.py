"""What this machine's routes and options say about address ranges; the choice itself is `util.ranges`.

The routes come from `/proc/net/route` (IPv4, main table), so policy routing tables of VPNs are not seen.
"""

from __future__ import annotations

from ipaddress import IPv4Network
from pathlib import Path

from bouvier.util.ranges import choose_ranges
from bouvier.util.routes import parse_routes

__all__ = ["choose_ranges", "parse_port_range", "parse_routes", "routes_of_host"]


def parse_port_range(text: str) -> tuple[int, int]:
    """Return first and last port of `FIRST-LAST`.

    Raises:
        ValueError: the text has another form or names no valid range.
    """
    first, dash, last = text.partition("-")
    if not (dash and first.isdigit() and last.isdigit()) or not 1 <= int(first) <= int(last) <= 65535:
        raise ValueError(f"--nodeport-range {text}: expected FIRST-LAST within 1-65535, such as 30000-32767")
    return int(first), int(last)


def routes_of_host() -> list[IPv4Network]:
    """Return the destinations of the host's IPv4 routes."""
    return parse_routes(Path("/proc/net/route").read_text())
