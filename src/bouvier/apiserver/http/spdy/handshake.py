"""Choosing the protocol of an upgrade to SPDY/3.1 (pure).

The name of what the streams mean travels in `X-Stream-Protocol-Version`, which may be repeated; newer clients put it
behind `SPDY/3.1+` as a websocket's subprotocol.
"""

from __future__ import annotations

from bouvier.apiserver.headers import Headers
from bouvier.meta.errors import ApiError, bad_request

UPGRADE = "SPDY/3.1"
TUNNEL_PREFIX = f"{UPGRADE}+"
_VERSION = "X-Stream-Protocol-Version"


def is_upgrade(headers: Headers) -> bool:
    """Tell whether a client asks for SPDY/3.1 on the connection itself."""
    return headers.get("upgrade").lower() == UPGRADE.lower()


def choose(headers: Headers, protocols: tuple[str, ...]) -> str:
    """Return the first protocol of the client's that is among `protocols`; clients before 1.1 name none: the last.

    Raises:
        ApiError: BadRequest without an upgrade, Forbidden when no protocol is shared.

    """
    if not is_upgrade(headers):
        raise bad_request("Upgrade request required")
    offered = [name.strip() for line in headers.getall(_VERSION) for name in line.split(",") if name.strip()]
    chosen = next((name for name in offered if name in protocols), "" if offered else protocols[-1])
    if not chosen:
        text = f"unable to negotiate protocol: client supports {_listed(offered)}, server accepts {_listed(protocols)}"
        raise ApiError("Forbidden", text)
    return chosen


def answer(chosen: str) -> dict[str, str]:
    """Return the headers of the answer 101."""
    return {"Connection": "Upgrade", "Upgrade": UPGRADE, _VERSION: chosen}


def _listed(names: list[str] | tuple[str, ...]) -> str:
    return "[" + " ".join(names) + "]"
