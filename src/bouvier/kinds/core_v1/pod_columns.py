"""The cells of `kubectl get pods`: the one word for a pod's state, and its restarts.

The word is the first that applies: `Terminating`; an init container that has not finished (`Init:1/2`,
`Init:CrashLoopBackOff`); the reason why a container waits or ended; the pod's own reason or phase.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from bouvier.kinds.columns import AGE, NAME, WIDE, cell
from bouvier.meta.objects import Obj, condition_of, is_condition_true
from bouvier.util.durations import age_text

Status = Mapping[str, Any]


class _Summary(NamedTuple):
    reason: str
    ready: int
    total: int
    restarts: int
    last_restart: str


def _statuses(obj: Obj, field: str) -> list[Status]:
    return (obj.get("status") or {}).get(field) or []


def _sidecars(spec: Status) -> set[str]:
    return {one.get("name", "") for one in spec.get("initContainers") or () if one.get("restartPolicy") == "Always"}


def _state(status: Status, name: str) -> Status | None:
    return (status.get("state") or {}).get(name)


def _ended_text(ended: Status) -> str:
    if ended.get("reason"):
        return str(ended["reason"])
    if ended.get("signal"):
        return f"Signal:{ended['signal']}"
    return f"ExitCode:{ended.get('exitCode', 0)}"


def _last_finish(statuses: Sequence[Status]) -> str:
    ends = [((one.get("lastState") or {}).get("terminated") or {}).get("finishedAt") or "" for one in statuses]
    return max(ends, default="")


def summarise(obj: Obj) -> _Summary:
    """Return what the table says about a pod."""
    spec, state = obj.get("spec") or {}, obj.get("status") or {}
    sidecars = _sidecars(spec)
    inits = _statuses(obj, "initContainerStatuses")
    running_sidecars = [one for one in inits if one.get("name") in sidecars]
    total = len(spec.get("containers") or ()) + len(sidecars)
    waiting_for = _init_reason(spec, inits, sidecars)
    ready = sum(1 for one in running_sidecars if one.get("ready") and _state(one, "running") is not None)
    if waiting_for and not is_condition_true(obj, "Initialized"):
        restarts = sum(one.get("restartCount", 0) for one in inits)
        return _Summary(_deletion(obj, waiting_for), ready, total, restarts, _last_finish(inits))
    mains = _statuses(obj, "containerStatuses")
    ready += sum(1 for one in mains if one.get("ready") and _state(one, "running") is not None)
    counted = [*running_sidecars, *mains]
    restarts = sum(one.get("restartCount", 0) for one in counted)
    reason = _main_reason(obj, state, mains)
    return _Summary(_deletion(obj, reason), ready, total, restarts, _last_finish(counted))


def _init_reason(spec: Status, inits: Sequence[Status], sidecars: set[str]) -> str:
    """Return what the first init container that is not done does, empty when all are done."""
    total = len(spec.get("initContainers") or ())
    for index, status in enumerate(inits):
        ended, waits = _state(status, "terminated"), _state(status, "waiting")
        if ended is not None and not ended.get("exitCode"):
            continue
        if status.get("name") in sidecars and status.get("started"):
            continue
        if ended is not None:
            return "Init:" + _ended_text(ended)
        if waits is not None and waits.get("reason") not in (None, "", "PodInitializing"):
            return f"Init:{waits['reason']}"
        return f"Init:{index}/{total}"
    return ""


def _main_reason(obj: Obj, state: Status, mains: Sequence[Status]) -> str:
    reason = str(state.get("reason") or state.get("phase") or "")
    if not state.get("reason") and _is_gated(obj):
        reason = "SchedulingGated"
    has_running = False
    for status in reversed(mains):
        waits, ended = _state(status, "waiting"), _state(status, "terminated")
        if waits is not None and waits.get("reason"):
            reason = str(waits["reason"])
        elif ended is not None:
            reason = _ended_text(ended)
        elif status.get("ready") and _state(status, "running") is not None:
            has_running = True
    if reason == "Completed" and has_running:
        return "Running" if is_condition_true(obj, "Ready") else "NotReady"
    return reason


def _is_gated(obj: Obj) -> bool:
    condition = condition_of(obj, "PodScheduled")
    return condition is not None and condition.get("reason") == "SchedulingGated"


def _deletion(obj: Obj, reason: str) -> str:
    if not obj["metadata"].get("deletionTimestamp"):
        return reason
    if (obj.get("status") or {}).get("reason") == "NodeLost":
        return "Unknown"
    return reason if (obj.get("status") or {}).get("phase") in ("Failed", "Succeeded") else "Terminating"


def _ready_cell(obj: Obj) -> str:
    summary = summarise(obj)
    return f"{summary.ready}/{summary.total}"


def _restarts_cell(obj: Obj) -> str:
    summary = summarise(obj)
    if summary.restarts and summary.last_restart:
        return f"{summary.restarts} ({age_text(summary.last_restart)} ago)"
    return str(summary.restarts)


def _address_cell(obj: Obj) -> str:
    state = obj.get("status") or {}
    addresses = state.get("podIPs") or []
    return str((addresses[0].get("ip") if addresses else state.get("podIP")) or "<none>")


def _node_cell(obj: Obj) -> str:
    return str((obj.get("spec") or {}).get("nodeName") or "<none>")


def _nominated_cell(obj: Obj) -> str:
    return str((obj.get("status") or {}).get("nominatedNodeName") or "<none>")


def _gates_cell(obj: Obj) -> str:
    gates = (obj.get("spec") or {}).get("readinessGates") or []
    if not gates:
        return "<none>"
    passed = sum(1 for gate in gates if is_condition_true(obj, gate.get("conditionType", "")))
    return f"{passed}/{len(gates)}"


COLUMNS = (
    NAME,
    cell("Ready", _ready_cell),
    cell("Status", lambda obj: summarise(obj).reason),
    cell("Restarts", _restarts_cell),
    AGE,
    cell("IP", _address_cell, WIDE),
    cell("Node", _node_cell, WIDE),
    cell("Nominated Node", _nominated_cell, WIDE),
    cell("Readiness Gates", _gates_cell, WIDE),
)
