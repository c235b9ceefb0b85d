"""What the kernel remembers about sticky clients, so that replacing the table does not forget them."""

from __future__ import annotations

import json
from typing import Any

from bouvier.network.nftables import Nftables, NftablesError
from bouvier.network.services.elements import Element

COLLECTIONS = ("clients", "node_clients")


async def remembered(nftables: Nftables, table: str) -> list[Element]:
    """Return the sticky clients of the present table; none when there is no table yet."""
    found: list[Element] = []
    for collection in COLLECTIONS:
        try:
            listing = await nftables.run(f"list map ip {table} {collection}\n", as_json=True)
        except NftablesError:
            return []
        found += parse(listing, collection)
    return found


def parse(listing: str, collection: str) -> list[Element]:
    """Return the elements of a map of clients as nftables lists it in JSON."""
    found = []
    for item in json.loads(listing).get("nftables", ()):
        for key, value in item.get("map", {}).get("elem") or ():
            element = _element(collection, key.get("elem", {}), value)
            if element:
                found.append(element)
    return found


def _element(collection: str, element: dict[str, Any], value: Any) -> Element | None:
    parts = (element.get("val") or {}).get("concat")
    if not parts or not element.get("expires") or not isinstance(value, int):
        return None
    key = " . ".join(str(part) for part in parts)
    return Element(collection, f"{key} timeout {element['timeout']}s expires {element['expires']}s", f"{value:#x}")
