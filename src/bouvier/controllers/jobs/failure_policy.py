"""What a failed pod means for its job, by the rules of `podFailurePolicy` (pure).

The first rule that matches decides; without one the failure counts.
Source: https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from bouvier.controllers.workloads.pods import phase_of
from bouvier.meta.objects import Obj, name_of, namespace_of

COUNT, IGNORE, FAIL_JOB, FAIL_INDEX = "Count", "Ignore", "FailJob", "FailIndex"


class Outcome(NamedTuple):
    """What is to be done about a failed pod."""

    action: str
    """`Count`, `Ignore`, `FailJob` or `FailIndex`."""
    message: str = ""
    """Which rule said so, and why."""


COUNTED = Outcome(COUNT)


def outcome(job: Obj, pod: Obj) -> Outcome:
    """Return what the policy says about a failed pod."""
    rules = (job["spec"].get("podFailurePolicy") or {}).get("rules") or ()
    for number, rule in enumerate(rules):
        why = _by_exit_code(rule.get("onExitCodes"), pod) or _by_condition(rule.get("onPodConditions"), pod)
        if why:
            action = rule["action"]
            if action == FAIL_INDEX and job["spec"].get("backoffLimitPerIndex") is None:
                return COUNTED
            return Outcome(action, f"{why} matching {action} rule at index {number}")
    return COUNTED


def _by_exit_code(demand: Mapping[str, Any] | None, pod: Obj) -> str:
    if demand is None or phase_of(pod) != "Failed":
        return ""
    for name, code in _exit_codes(pod):
        if demand.get("containerName") not in (None, "", name) or code == 0:
            continue
        if (code in (demand.get("values") or ())) == (demand.get("operator") == "In"):
            return f"Container {name} for pod {namespace_of(pod)}/{name_of(pod)} failed with exit code {code}"
    return ""


def _exit_codes(pod: Obj) -> Iterable[tuple[str, int]]:
    status = pod.get("status") or {}
    for field in ("containerStatuses", "initContainerStatuses"):
        for each in status.get(field) or ():
            ended = (each.get("state") or {}).get("terminated")
            if ended:
                yield each.get("name") or "", int(ended.get("exitCode") or 0)


def _by_condition(demands: Iterable[Mapping[str, Any]] | None, pod: Obj) -> str:
    present = {c.get("type"): c.get("status") for c in (pod.get("status") or {}).get("conditions") or ()}
    for demand in demands or ():
        if present.get(demand.get("type")) == (demand.get("status") or "True"):
            return f"Pod {namespace_of(pod)}/{name_of(pod)} has condition {demand['type']}"
    return ""
