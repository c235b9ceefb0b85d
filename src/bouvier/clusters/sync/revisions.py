"""The history of a Deployment that another orchestrator executes (pure).

A ReplicaSet stands for a revision, as it does natively, so `kubectl rollout history` and `undo` work; nobody acts upon
it. It remembers by which native template its instances are known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bouvier.clusters.driver import ADOPTED, APPLIED, FOREIGN, LOSS_REPORT, Instance, Translation, Workload
from bouvier.controllers.workloads import deployment_status
from bouvier.controllers.workloads.deployment_replicasets import annotated, new_replica_set
from bouvier.controllers.workloads.deployment_revisions import next_revision, revision_of
from bouvier.controllers.workloads.deployment_sizes import spec_replicas
from bouvier.controllers.workloads.deployment_templates import current_replica_set
from bouvier.meta.objects import Obj, annotations_of, controller_of, is_deleting, uid_of

NATIVE_TEMPLATE = "bouvier.io/native-template"
DRIVERS_MARKS = frozenset((ADOPTED, APPLIED, FOREIGN, LOSS_REPORT))


@dataclass(frozen=True, slots=True)
class History:
    """The ReplicaSets of a Deployment."""

    current: Obj | None
    old: tuple[Obj, ...]

    @property
    def everything(self) -> tuple[Obj, ...]:
        """Return all of them."""
        return (*self.old, *([self.current] if self.current else []))


def history(deployment: Obj, replica_sets: Sequence[Obj]) -> History:
    """Return the present and the former revisions."""
    own = [rs for rs in replica_sets if _is_owned(rs, deployment) and not is_deleting(rs)]
    current = current_replica_set(deployment, own)
    old = sorted((rs for rs in own if rs is not current), key=revision_of)
    return History(current, tuple(old))


def _is_owned(obj: Obj, owner: Obj) -> bool:
    reference = controller_of(obj)
    return reference is not None and reference.get("uid") == uid_of(owner)


def first(deployment: Obj, found: History, key: str) -> Obj:
    """Return the ReplicaSet of a new revision."""
    made = new_replica_set(deployment, spec_replicas(deployment), next_revision(found.old))
    made["metadata"]["annotations"] = _own_marks(made) | {NATIVE_TEMPLATE: key}
    return made


def brought_up(deployment: Obj, found: History, key: str) -> Obj | None:
    """Return the present ReplicaSet as it should be: highest revision, right size; None if it is."""
    current = found.current
    assert current is not None
    new = annotated(current, deployment, next_revision(found.old))
    marks = {**_own_marks(new), NATIVE_TEMPLATE: key or annotations_of(current).get(NATIVE_TEMPLATE, "")}
    new = {**new, "metadata": {**new["metadata"], "annotations": marks}}
    new["spec"] = {**new["spec"], "replicas": spec_replicas(deployment)}
    return None if new == current else new


def _own_marks(replica_set: Obj) -> dict[str, str]:
    """Return a revision's annotations without those of the driver: `kubectl rollout undo` would bring them back."""
    return {name: value for name, value in annotations_of(replica_set).items() if name not in DRIVERS_MARKS}


def owner_of(instance: Instance, found: History, key: str) -> Obj | None:
    """Return the revision that an instance belongs to."""
    if instance.template == key or not found.old:
        return found.current
    for replica_set in reversed(found.everything):
        if annotations_of(replica_set).get(NATIVE_TEMPLATE) == instance.template:
            return replica_set
    return found.old[-1]


def replica_set_status(replica_set: Obj, instances: Sequence[Instance], refusal: str) -> dict[str, Any]:
    """Return the counts of one revision."""
    present = [i for i in instances if i.wanted and i.phase in ("pending", "creating", "running")]
    ready = sum(i.ready for i in present)
    status: dict[str, Any] = {
        "observedGeneration": replica_set["metadata"].get("generation", 0),
        "replicas": len(present),
        "fullyLabeledReplicas": len(present),
        "readyReplicas": ready,
        "availableReplicas": ready,
    }
    if refusal:
        condition = {"type": "ReplicaFailure", "status": "True", "reason": "NotExpressible", "message": refusal}
        status["conditions"] = [condition]
    return {name: value for name, value in status.items() if value or name == "replicas"}


def deployment_report(
    deployment: Obj,
    found: History,
    statuses: dict[str, Any],
    *,
    live: Workload | None,
    wanted: Translation,
    now: datetime,
) -> dict[str, Any]:
    """Return the status of a Deployment; `statuses` are those of its ReplicaSets by uid."""
    seen = [{**rs, "status": statuses[uid_of(rs)]} for rs in found.everything]
    current = seen[-1] if found.current else None
    old = seen[:-1] if found.current else seen
    zeroed = [{**rs, "spec": {**rs["spec"], "replicas": 0}} for rs in old]
    report = deployment_status.status(deployment, current, zeroed, now)
    if live is None or (live.fields != wanted.fields and not wanted.refusal):
        report["observedGeneration"] = (deployment.get("status") or {}).get("observedGeneration", 0)
    report = deployment_status.with_progress(deployment, report, current, zeroed, now)
    conditions = report["conditions"]
    if live is not None and live.update == "paused":
        text = live.message or "the orchestrator has paused the rollout after a failure"
        halted = deployment_status.condition("Progressing", "False", deployment_status.TIMED_OUT, text)
        conditions = deployment_status.set_condition(conditions, halted, now)
    report["conditions"] = deployment_status.set_condition(conditions, expressed(wanted), now)
    return report


def expressed(wanted: Translation) -> dict[str, Any]:
    """Return the condition that says whether everything that was asked for can be had."""
    if wanted.refusal:
        return deployment_status.condition("FullyExpressed", "False", "Refused", wanted.refusal)
    if not wanted.losses:
        return deployment_status.condition("FullyExpressed", "True", "NothingLost", "every field is expressed")
    text = "; ".join(f"{loss.field}: {loss.message}" for loss in wanted.losses)
    return deployment_status.condition("FullyExpressed", "False", "FieldsIgnored", text[:1000])
