"""Asking the kernel which TCP ports are free."""

from __future__ import annotations

import socket
from collections.abc import Sequence


def is_port_free(port: int, address: str = "0.0.0.0") -> bool:
    """Tell whether a server could listen on the TCP port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def first_free_port(candidates: Sequence[int]) -> int:
    """Return the first candidate that is free, or any free port."""
    for port in candidates:
        if is_port_free(port):
            return port
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("0.0.0.0", 0))
        return int(probe.getsockname()[1])
