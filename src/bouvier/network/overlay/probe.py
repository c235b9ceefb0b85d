"""Testing the way to other hosts: one ICMP echo over the overlay to each host's bridge, every two seconds.

Sent with the own bridge's address, so that a probe takes exactly the way of pods' packets. Source: RFC 792.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import time
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address

INTERVAL_SECONDS = 2.0
MISSES = 3
"""Probes in a row without an answer until a host counts as unreachable."""
_ECHO, _ANSWER = 8, 0
_HEADER = struct.Struct("!BBHHH")
_TIME = struct.Struct("!d")
_IP_WORDS = 0x0F


@dataclass(slots=True)
class Finding:
    """What probes say of one host."""

    missed: int = MISSES
    """Probes since the last answer; a host counts as unreachable until its first one."""
    milliseconds: float = 0.0

    @property
    def is_established(self) -> bool:
        """Tell whether the host answers."""
        return self.missed < MISSES


class Prober:
    """Probes hosts from one source address."""

    def __init__(self, source: IPv4Address) -> None:
        self.answered = asyncio.Event()
        """Set when a host answers that did not before."""
        self.findings: dict[IPv4Address, Finding] = {}
        self._identifier = os.getpid() & 0xFFFF
        self._sequence = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        self._socket.settimeout(0)
        self._socket.bind((str(source), 0))
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self._read)

    def close(self) -> None:
        """Stop listening."""
        asyncio.get_running_loop().remove_reader(self._socket.fileno())
        self._socket.close()

    def send(self, targets: Iterable[IPv4Address]) -> None:
        """Send one probe to each host, and forget those not named."""
        self._sequence = (self._sequence + 1) & 0xFFFF
        self.findings = {target: self.findings.get(target) or Finding() for target in targets}
        for target, finding in self.findings.items():
            finding.missed += 1
            try:
                self._socket.sendto(echo(self._identifier, self._sequence, time.monotonic()), (str(target), 0))
            except OSError:
                continue  # unreachable: the missing answer says it

    def _read(self) -> None:
        while True:
            try:
                packet, (address, _) = self._socket.recvfrom(2048)
            except (BlockingIOError, InterruptedError):
                return
            sent_at = parse(packet, self._identifier)
            finding = self.findings.get(IPv4Address(address))
            if sent_at is None or finding is None:
                continue
            is_new = not finding.is_established
            finding.missed, finding.milliseconds = 0, (time.monotonic() - sent_at) * 1000
            if is_new:
                self.answered.set()


def echo(identifier: int, sequence: int, now: float) -> bytes:
    """Return an echo request that carries the moment of its sending."""
    data = _TIME.pack(now)
    bare = _HEADER.pack(_ECHO, 0, 0, identifier, sequence) + data
    return _HEADER.pack(_ECHO, 0, checksum(bare), identifier, sequence) + data


def parse(packet: bytes, identifier: int) -> float | None:
    """Return when the request to this answer was sent; None for any other packet."""
    start = (packet[0] & _IP_WORDS) * 4 if packet else 0
    if len(packet) < start + _HEADER.size + _TIME.size:
        return None
    kind, _, _, whose, _ = _HEADER.unpack_from(packet, start)
    if kind != _ANSWER or whose != identifier:
        return None
    sent_at: float = _TIME.unpack_from(packet, start + _HEADER.size)[0]
    return sent_at


def checksum(data: bytes) -> int:
    """Return the Internet checksum of an even number of bytes (RFC 1071)."""
    total: int = sum(word for (word,) in struct.iter_unpack("!H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
