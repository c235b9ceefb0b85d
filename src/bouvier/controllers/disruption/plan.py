"""Decides how many disruptions a PodDisruptionBudget allows (pure).

A pod whose eviction was granted counts as gone from that moment on, whether or not the cache shows it yet; if it is
still there after two minutes, it counts again.
Source: https://kubernetes.io/docs/concepts/workloads/pods/disruptions/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bouvier.controllers.runtime.conditions import put
from bouvier.controllers.workloads.pods import is_ready
from bouvier.meta.intstr import resolve
from bouvier.meta.objects import Obj, is_deleting, name_of, uid_of
from bouvier.util.clock import parse_time

DELETION_SECONDS = 120
"""How long an evicted pod may take until its deletion is seen, Kubernetes' number."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What the decision is made from."""

    budget: Obj
    pods: Sequence[Obj]
    """The pods that the budget selects."""
    expected: int
    """How many pods their owners want, together; the number of pods where that is enough."""
    now: datetime
    problem: str = ""
    """Why `expected` is not known: then nothing may be disrupted."""


@dataclass(frozen=True, slots=True)
class BudgetPlan:
    """The status, and what else there is to say."""

    status: dict[str, Any]
    stayed: list[Obj] = field(default_factory=list)
    """Pods whose eviction was granted and that are still there."""
    again_seconds: float | None = None


def needs_owners(budget: Obj) -> bool:
    """Tell whether the number of pods alone does not say how many there should be."""
    spec = budget["spec"]
    return spec.get("maxUnavailable") is not None or isinstance(spec.get("minAvailable"), str)


def plan(observed: Observed) -> BudgetPlan:
    """Return the status that the budget should have."""
    going, stayed, wait = _disrupted(observed)
    healthy = sum(is_ready(p) and not is_deleting(p) and name_of(p) not in going for p in observed.pods)
    desired = desired_healthy(observed.budget, observed.expected)
    allowed = max(healthy - desired, 0) if observed.expected > 0 and not observed.problem else 0
    status: dict[str, Any] = {
        "observedGeneration": observed.budget["metadata"].get("generation", 0),
        "expectedPods": observed.expected,
        "desiredHealthy": desired,
        "currentHealthy": healthy,
        "disruptionsAllowed": allowed,
        "conditions": _conditions(observed, allowed),
    }
    if going:
        status["disruptedPods"] = dict(going)
    return BudgetPlan(status, stayed, wait)


def desired_healthy(budget: Obj, expected: int) -> int:
    """Return how many healthy pods must remain."""
    spec = budget["spec"]
    if spec.get("maxUnavailable") is not None:
        return max(expected - resolve(spec["maxUnavailable"], expected, round_up=True), 0)
    return resolve(spec.get("minAvailable") or 0, expected, round_up=True)


def _disrupted(observed: Observed) -> tuple[Mapping[str, str], list[Obj], float | None]:
    """Return the granted evictions that are not seen yet, those that never came, and when the next one is overdue."""
    present = {name_of(pod): pod for pod in observed.pods}
    going: dict[str, str] = {}
    stayed: list[Obj] = []
    waits: list[float] = []
    for name, granted in ((observed.budget.get("status") or {}).get("disruptedPods") or {}).items():
        pod = present.get(name)
        if pod is None or is_deleting(pod):
            continue
        left = (parse_time(granted) + timedelta(seconds=DELETION_SECONDS) - observed.now).total_seconds()
        if left > 0:
            going[name] = granted
            waits.append(left)
        else:
            stayed.append(pod)
    return going, stayed, min(waits, default=None)


def _conditions(observed: Observed, allowed: int) -> list[dict[str, Any]]:
    if observed.problem:
        truth, reason = "False", "SyncFailed"
    else:
        truth, reason = ("True", "SufficientPods") if allowed else ("False", "InsufficientPods")
    condition = {
        "type": "DisruptionAllowed",
        "status": truth,
        "reason": reason,
        "message": observed.problem,
        "observedGeneration": observed.budget["metadata"].get("generation", 0),
    }
    present = list((observed.budget.get("status") or {}).get("conditions") or ())
    made = put(present, condition, observed.now)
    return [
        {**c, "observedGeneration": condition["observedGeneration"]} if c["type"] == condition["type"] else c
        for c in made
    ]


def owners_of(pods: Sequence[Obj]) -> tuple[dict[str, Obj], list[Obj]]:
    """Return the controllers' references of the pods by uid, and the pods that have none."""
    owners: dict[str, Obj] = {}
    alone = []
    for pod in pods:
        controller = next((r for r in pod["metadata"].get("ownerReferences") or () if r.get("controller")), None)
        if controller is None:
            alone.append(pod)
        else:
            owners[controller["uid"]] = controller
    return owners, alone


def same_uid(obj: Obj | None, reference: Obj) -> bool:
    """Tell whether the object is the one that the reference means."""
    return obj is not None and uid_of(obj) == str(reference["uid"])
