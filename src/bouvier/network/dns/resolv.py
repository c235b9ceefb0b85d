"""The host's own name servers and search domains, from resolv.conf. Pure but for `HostResolver`.

Source: resolv.conf(5).
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ResolvConf:
    """What a resolv.conf says."""

    servers: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()


def parse(text: str) -> ResolvConf:
    """Return the name servers and the last search list."""
    servers: list[str] = []
    searches: tuple[str, ...] = ()
    for line in text.splitlines():
        words = line.split("#")[0].split(";")[0].split()
        if len(words) > 1 and words[0] == "nameserver" and _is_address(words[1]):
            servers.append(words[1])
        elif len(words) > 1 and words[0] in {"search", "domain"}:
            searches = tuple(word.rstrip(".").lower() for word in words[1:] if word != ".")
    return ResolvConf(tuple(dict.fromkeys(servers)), searches)


class HostResolver:
    """The host's name servers, read again when the file changes; servers of our own are left out (a query would circle)."""

    def __init__(self, path: Path, own: frozenset[str]) -> None:
        self._path = path
        self._own = own
        self._stamp = 0
        self._conf = ResolvConf()

    def servers(self) -> tuple[str, ...]:
        """Return the servers to ask, in order."""
        return tuple(server for server in self.read().servers if server not in self._own)

    def read(self) -> ResolvConf:
        """Return the present settings; empty when there is no file."""
        try:
            stamp = self._path.stat().st_mtime_ns
            if stamp != self._stamp:
                self._conf = parse(self._path.read_text())
                self._stamp = stamp
        except OSError:
            return ResolvConf()
        return self._conf


def _is_address(text: str) -> bool:
    try:
        ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True
