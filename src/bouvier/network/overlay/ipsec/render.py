"""charon's configuration and its connections, as text and as VICI messages. Pure.

Limits: IKEv2 with certificates only; ESP in UDP always, because the kernel may have no ESP and the userspace one
(`kernel-libipsec`) speaks nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bouvier.network.overlay.peers import Host

OVERHEAD = 100
"""Outer IP, UDP, ESP with padding and integrity value: charon's own device has an MTU of 1400."""
DPD_SECONDS = 2
CHILD = "pods"
_IKE = ["aes128gcm16-prfsha256-curve25519", "aes128-sha256-curve25519"]
_ESP = ["aes128gcm16", "aes128-sha256"]
_REKEY_IKE = "4h"
_REKEY_ESP = "1h"
_TABLE_BASE = 1_000_000
"""Above the numbers that administrators give to routing tables."""

_CONF = """\
charon-systemd {{
  load_modular = no
  load = {plugins}
  threads = 16
  install_virtual_ip = no
  routing_table = {table}
  routing_table_prio = 219
  retransmit_tries = 3
  retransmit_timeout = 1.0
  retransmit_base = 1.5
  plugins {{
    vici {{
      socket = unix://{folder}/charon.vici
    }}
    kernel-netlink {{
      fwmark = !0x42
    }}
    socket-default {{
      fwmark = 0x42
    }}
  }}
  filelog {{
    file {{
      path = {folder}/charon.log
      append = yes
      flush_line = yes
      time_format = %Y-%m-%dT%H:%M:%S
      default = 1
      enc = 0
      net = 0
    }}
  }}
}}
"""
_PLUGINS = (
    "aesni openssl random nonce sha2 hmac kdf gcm curve25519 pem pkcs1 pkcs8 x509 pubkey constraints revocation "
    "kernel-libipsec kernel-netlink socket-default vici"
)
"""aesni and openssl first: the portable AES is eight times slower."""


def routing_table(platform_id: str) -> int:
    """Return the number of the routing table that charon fills for a platform."""
    return _TABLE_BASE + int(platform_id, 16)


def configuration(folder: Path, platform_id: str) -> str:
    """Return `strongswan.conf`; one key a line, because a second one would become part of the value."""
    return _CONF.format(folder=folder, plugins=_PLUGINS, table=routing_table(platform_id))


@dataclass(frozen=True, slots=True)
class Connection:
    """The connection to one host, as compared with what charon lists."""

    name: str
    local: str
    remote: str
    local_pods: str
    remote_pods: str

    def message(self) -> dict[str, Any]:
        """Return the VICI message of `load-conn`."""
        child = {
            "local_ts": [self.local_pods],
            "remote_ts": [self.remote_pods],
            "esp_proposals": _ESP,
            "rekey_time": _REKEY_ESP,
            "start_action": "none",
            "close_action": "none",
            "dpd_action": "clear",
        }
        return {
            self.name: {
                "version": "2",
                "local_addrs": [self.local],
                "remote_addrs": [self.remote],
                "encap": "yes",
                "mobike": "no",
                "unique": "replace",
                "proposals": _IKE,
                "dpd_delay": f"{DPD_SECONDS}s",
                "rekey_time": _REKEY_IKE,
                "keyingtries": "1",
                "local": {"auth": "pubkey", "id": self.local},
                "remote": {"auth": "pubkey", "id": self.remote},
                "children": {CHILD: child},
            }
        }


def connections(own: Host, peers: Iterable[Host]) -> list[Connection]:
    """Return the connections that a host should have, one to each other host."""
    return [
        Connection(f"host-{peer.name}", str(own.address), str(peer.address), str(own.pods), str(peer.pods))
        for peer in sorted(peers)
    ]


def parse_connections(listed: Iterable[Mapping[str, Any]]) -> list[Connection]:
    """Return ours out of the answers of `list-conns`."""
    found = []
    for answer in listed:
        for name, known in answer.items():
            if not name.startswith("host-"):
                continue
            child = (known.get("children") or {}).get(CHILD) or {}
            found.append(
                Connection(
                    name,
                    _first(known.get("local_addrs")),
                    _first(known.get("remote_addrs")),
                    _first(child.get("local-ts")),
                    _first(child.get("remote-ts")),
                )
            )
    return found


def parse_established(listed: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return, for each connection in the answers of `list-sas`, `installed`, or the state of its negotiation."""
    found: dict[str, str] = {}
    for answer in listed:
        for name, association in answer.items():
            children = (association.get("child-sas") or {}).values()
            states = {_text(child.get("state")) for child in children if _text(child.get("name")) == CHILD}
            alive = states & {"INSTALLED", "REKEYING", "REKEYED", "UPDATING"}
            state = "installed" if alive else _text(association.get("state")).lower()
            if found.get(name) != "installed":
                found[name] = state
    return found


def _first(values: object) -> str:
    return _text(values[0]) if isinstance(values, list | tuple) and values else ""


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value or "")


@dataclass(frozen=True, slots=True)
class Changes:
    """What to tell charon."""

    unload: tuple[str, ...]
    load: tuple[Connection, ...]
    initiate: tuple[str, ...]


def plan(
    desired: Iterable[Connection], present: Iterable[Connection], states: Mapping[str, str], patience: Mapping[str, int]
) -> Changes:
    """Return the changes from what charon has.

    `patience` counts, by connection, the rounds without an association: of two hosts the one with the lower address
    begins at once and the other after three rounds, so that they do not both negotiate at the same moment.
    """
    wanted, known = list(desired), {connection.name: connection for connection in present}
    load = tuple(one for one in wanted if known.get(one.name) != one)
    names = {one.name for one in wanted}
    changed = {one.name for one in load if one.name in known}
    initiate = tuple(
        one.name
        for one in wanted
        if (one.name not in states or one.name in changed)
        and (_order(one.local) < _order(one.remote) or patience.get(one.name, 0) >= 3)
    )
    return Changes(tuple(sorted((known.keys() - names) | changed)), load, initiate)


def _order(address: str) -> tuple[int, ...]:
    return tuple(int(part) for part in address.split("."))
