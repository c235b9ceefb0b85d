"""What a ServiceCIDR should say of itself, and whether it may go. Pure. Source: KEP-1880."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from ipaddress import IPv4Network, IPv6Network, ip_address

from bouvier.kinds.networking_v1.ipaddresses import MANAGED_BY_LABEL, MANAGER
from bouvier.kinds.networking_v1.servicecidrs import READY, network_of
from bouvier.meta.objects import Obj, name_of

Network = IPv4Network | IPv6Network

DELETION_SECONDS = 10.0
"""Between the mark of deletion and the end: every server has seen by then that nothing may be taken from the range."""
READY_MESSAGE = "Kubernetes Service CIDR is ready"
BLOCKED_MESSAGE = (
    "There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR"
)


def networks_of(obj: Obj) -> list[Network]:
    """Return the ranges of a ServiceCIDR."""
    return [network for text in (obj.get("spec") or {}).get("cidrs") or () if (network := network_of(text))]


def is_used(obj: Obj, others: Iterable[Obj], addresses: Iterable[Obj]) -> bool:
    """Tell whether an address of a Service would be in no range any more if this one went; `others` are all the rest."""
    rest = [network for other in others for network in networks_of(other)]
    own = [network for network in networks_of(obj) if not any(_contains(one, network) for one in rest)]
    if not own:
        return False
    for address in addresses:
        if (address["metadata"].get("labels") or {}).get(MANAGED_BY_LABEL) != MANAGER:
            continue
        value = ip_address(name_of(address))
        if any(value in network for network in own) and not any(value in network for network in rest):
            return True
    return False


def _contains(outer: Network, inner: Network) -> bool:
    return outer.version == inner.version and inner.subnet_of(outer)  # type: ignore[arg-type]


def seconds_until_end(obj: Obj, now: datetime) -> float:
    """Return how long an object that is being deleted has to stay."""
    asked = datetime.strptime(obj["metadata"]["deletionTimestamp"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    return DELETION_SECONDS - (now - asked).total_seconds()


def conditions(obj: Obj, *, is_blocked: bool, now: str) -> list[Obj] | None:
    """Return the conditions as they should be; None when they are. What is ready already keeps its words."""
    present = (obj.get("status") or {}).get("conditions") or []
    known: Obj = next((one for one in present if one.get("type") == READY), {})
    wanted = _ready(is_ready=not is_blocked)
    if known.get("status") == wanted["status"] and known.get("reason", "") == wanted["reason"]:
        return None
    others = [one for one in present if one.get("type") != READY]
    return [*others, wanted | {"lastTransitionTime": now}]


def _ready(*, is_ready: bool) -> Obj:
    if is_ready:
        return {"type": READY, "status": "True", "reason": "", "message": READY_MESSAGE}
    return {"type": READY, "status": "False", "reason": "Terminating", "message": BLOCKED_MESSAGE}
