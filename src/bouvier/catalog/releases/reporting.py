"""A release's status from its revisions and objects. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from bouvier.catalog.releases.plan import Refused, current, latest
from bouvier.catalog.releases.revisions import FAILED, Revision
from bouvier.controllers.runtime.conditions import put
from bouvier.meta.objects import Obj, name_of, namespace_of

PHASES = {"install": "Installing", "upgrade": "Upgrading", "rollback": "RollingBack"}
SHOWN_LACKS = 3


class ObjectState(NamedTuple):
    """An object of the release and what it waits for."""

    obj: Obj
    lack: str


def status_of(
    release: Obj,
    revisions: Sequence[Revision],
    states: Sequence[ObjectState],
    now: datetime,
    *,
    refused: Refused | None = None,
    upgrade: str = "",
) -> dict[str, Any]:
    """Return the status of a release; `refused` is why its present spec is not carried out."""
    newest, deployed = latest(revisions), current(revisions)
    shown = deployed or newest
    status: dict[str, Any] = {
        "observedGeneration": release["metadata"].get("generation", 0),
        "phase": _phase(newest, refused),
        "revision": shown.number if shown else 0,
        "chart": str(shown.chart.get("metadata", {}).get("name", "")) if shown else "",
        "version": shown.version if shown else "",
        "appVersion": str(shown.chart.get("metadata", {}).get("appVersion", "")) if shown else "",
        "notes": shown.notes if shown else "",
        "ignored": shown.ignored if shown else [],
        "objects": [_object(state) for state in states],
        "history": [_line(one) for one in revisions],
        "upgrade": upgrade,
    }
    old = (release.get("status") or {}).get("conditions") or []
    condition = _ready(newest, states, refused) | {"observedGeneration": status["observedGeneration"]}
    status["conditions"] = put(old, {"type": "Ready", **condition}, now)
    return status


def _phase(newest: Revision | None, refused: Refused | None) -> str:
    if refused is not None:
        return "Failed"
    if newest is None:
        return "Installing"
    if newest.is_pending:
        return PHASES[newest.action]
    return "Failed" if newest.status == FAILED else "Deployed"


def _ready(newest: Revision | None, states: Sequence[ObjectState], refused: Refused | None) -> dict[str, str]:
    if refused is not None:
        return {"status": "False", "reason": refused.reason, "message": "; ".join(refused.errors)}
    if newest is None:
        return {"status": "False", "reason": "Installing", "message": "nothing has been made yet"}
    if newest.status == FAILED:
        return {"status": "False", "reason": "Failed", "message": newest.description}
    if newest.is_pending:
        running = next((hook for hook in newest.hooks if hook.phase == "Running"), None)
        what = f"the hook {running.kind} {running.name} runs" if running else "objects are being applied"
        return {"status": "False", "reason": PHASES[newest.action], "message": what}
    lacking = [f"{state.obj['kind']} {name_of(state.obj)}: {state.lack}" for state in states if state.lack]
    if lacking:
        more = f" and {len(lacking) - SHOWN_LACKS} more" if len(lacking) > SHOWN_LACKS else ""
        return {"status": "False", "reason": "NotReady", "message": "; ".join(lacking[:SHOWN_LACKS]) + more}
    return {"status": "True", "reason": "Ready", "message": f"revision {newest.number} is deployed and ready"}


def _object(state: ObjectState) -> dict[str, str]:
    obj = state.obj
    line = {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "name": name_of(obj)}
    return line | {key: text for key, text in (("namespace", namespace_of(obj)), ("lack", state.lack)) if text}


def _line(revision: Revision) -> dict[str, Any]:
    return {
        "revision": revision.number,
        "version": revision.version,
        "status": revision.status,
        "deployed": revision.deployed,
        "description": revision.description,
    }
