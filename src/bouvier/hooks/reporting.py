"""What receivers and calls say of themselves: state, conditions, results, and which calls are old. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from bouvier.controllers.runtime.conditions import put, time_text
from bouvier.hooks.decision import Outcome
from bouvier.meta.objects import Obj, uid_of
from bouvier.util.clock import now_text, parse_time

OPEN, DISABLED, EXPIRED = "Open", "Disabled", "Expired"
REMEMBERED = timedelta(hours=24)
"""How long a delivery id is known: senders try again for hours, none for longer than a day."""
KEPT_WITHOUT_ID = 20
KEPT = 1000
"""Calls of a receiver that are kept at most, whatever their age."""


def state(receiver: Obj, now: datetime) -> tuple[str, str]:
    """Return whether a receiver takes calls, and a sentence."""
    spec = receiver["spec"]
    if spec.get("disabled"):
        return DISABLED, "the hook is disabled (spec.disabled)"
    if spec.get("expires") and parse_time(spec["expires"]) <= now:
        return EXPIRED, f"the hook expired at {spec['expires']}: make another one, or set spec.expires"
    return OPEN, "calls are taken"


def seconds_to_expiry(receiver: Obj, now: datetime) -> float:
    """Return the seconds until a receiver expires, 0 when it does not or has."""
    expires = receiver["spec"].get("expires")
    return max(0.0, (parse_time(expires) - now).total_seconds()) if expires else 0.0


def conditions(receiver: Obj, now: datetime) -> list[dict[str, Any]]:
    """Return the receiver's conditions."""
    reason, message = state(receiver, now)
    condition = {"type": "Open", "status": str(reason == OPEN), "reason": reason, "message": message}
    return put((receiver.get("status") or {}).get("conditions") or [], condition, now)


def is_of(call: Obj, receiver: Obj) -> bool:
    """Tell whether a call belongs to this receiver, not to a former one of its name."""
    owners = [owner["uid"] for owner in call["metadata"].get("ownerReferences") or ()]
    return uid_of(receiver) in owners


def is_pending(call: Obj) -> bool:
    """Tell whether a call waits to be carried out."""
    return not (call.get("status") or {}).get("result")


def order(call: Obj) -> int:
    """Return the place of a pending call in the queue: nobody writes it until it is carried out."""
    return int(call["metadata"]["resourceVersion"])


def call_status(outcome: Outcome, actor: str) -> Obj:
    """Return the status of a call that has ended."""
    return {
        "result": outcome.result,
        "message": outcome.message,
        "code": outcome.code,
        "actor": actor,
        "finished": now_text(),
        "changes": [change.entry() for change in outcome.changes],
    }


def last_call(call: Obj, outcome: Outcome) -> Obj:
    """Return what a receiver remembers of its last call."""
    spec = call["spec"]
    made = {"call": call["metadata"]["name"], "time": spec.get("received", ""), "result": outcome.result}
    made |= {"message": outcome.message, "source": spec.get("source", ""), "delivery": spec.get("delivery", "")}
    return made


def forgettable(calls: list[Obj], now: datetime) -> list[Obj]:
    """Return the ended calls that need not be kept any longer."""
    ended = sorted((call for call in calls if not is_pending(call)), key=_received, reverse=True)
    oldest = time_text(now - REMEMBERED)
    named = [call for call in ended if call["spec"].get("delivery")]
    others = [call for call in ended if not call["spec"].get("delivery")]
    old = [call for call in named if _received(call) < oldest]
    return others[KEPT_WITHOUT_ID:] + old + [call for call in named[KEPT:] if call not in old]


def _received(call: Obj) -> str:
    return str(call["spec"].get("received") or call["metadata"].get("creationTimestamp") or "")
