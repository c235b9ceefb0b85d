"""Decides what a Deployment does next with its ReplicaSets, and what it reports.

Each call makes the steps that are allowed now; the changes they cause call again, until the Deployment is complete.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bouvier.controllers.workloads.deployment_replicasets import annotated, new_replica_set, scaled
from bouvier.controllers.workloads.deployment_revisions import REVISION, expired, next_revision
from bouvier.controllers.workloads.deployment_scaling import Sizes, is_resized, new_size, old_sizes, resized
from bouvier.controllers.workloads.deployment_sizes import is_rolling, spec_replicas
from bouvier.controllers.workloads.deployment_status import (
    PROGRESSING,
    Status,
    condition,
    has_deadline,
    is_complete,
    pause_condition,
    seconds_to_deadline,
    set_condition,
    status,
    with_progress,
)
from bouvier.controllers.workloads.deployment_templates import by_age, current_replica_set
from bouvier.meta.objects import Obj, annotations_of, condition_of, is_deleting, name_of


@dataclass(frozen=True, slots=True)
class Observed:
    """What the decision is made from."""

    deployment: Obj
    replica_sets: Sequence[Obj]
    """Those that the Deployment controls."""
    old_pods_exist: bool
    """Whether pods of other than the present template still run or end; only asked for `Recreate`."""
    now: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """A ReplicaSet before and after."""

    before: Obj
    after: Obj

    @property
    def scaling(self) -> str:
        """Return `Scaled up replica set web-1 from 0 to 3`, empty if the size stays."""
        old, new = spec_replicas(self.before), spec_replicas(self.after)
        if old == new:
            return ""
        return f"Scaled {'up' if new > old else 'down'} replica set {name_of(self.after)} from {old} to {new}"


@dataclass(frozen=True, slots=True)
class DeploymentPlan:
    """The next steps, to be performed in this order."""

    create: Obj | None = None
    changes: list[Change] = field(default_factory=list)
    remove: list[Obj] = field(default_factory=list)
    revision: str = ""
    """To be written on the Deployment; empty to leave it."""
    status: Status = field(default_factory=dict)
    again_seconds: float | None = None


def plan(observed: Observed) -> DeploymentPlan:
    """Return the next steps."""
    deployment = observed.deployment
    current = current_replica_set(deployment, observed.replica_sets)
    old = [rs for rs in by_age(observed.replica_sets) if rs is not current]
    if is_deleting(deployment):
        return DeploymentPlan(status=status(deployment, current, old, observed.now))
    if deployment["spec"].get("paused") or is_resized(deployment, observed.replica_sets):
        return _resize(deployment, current, old, observed.now)
    sizes: Sizes = {}
    if not is_rolling(deployment):
        sizes = {name_of(rs): 0 for rs in old if spec_replicas(rs)}
        if sizes or observed.old_pods_exist:
            return _report(deployment, current, old, sizes, observed.now)
    if current is None:
        return _create(deployment, old, observed.now)
    sizes = {name_of(current): new_size(deployment, current, old)}
    if is_rolling(deployment):
        sizes |= old_sizes(deployment, scaled(current, deployment, sizes[name_of(current)]), old)
    return _report(deployment, current, old, sizes, observed.now)


def _create(deployment: Obj, old: list[Obj], now: datetime) -> DeploymentPlan:
    revision = next_revision(old)
    current = new_replica_set(deployment, new_size(deployment, None, old), revision)
    new = status(deployment, current, old, now)
    if has_deadline(deployment):
        message = f'Created new replica set "{name_of(current)}"'
        created = condition(PROGRESSING, "True", "NewReplicaSetCreated", message)
        new["conditions"] = set_condition(new["conditions"], created, now)
    return DeploymentPlan(
        create=current,
        revision=_revision(deployment, current),
        status=with_progress(deployment, new, current, old, now),
        again_seconds=seconds_to_deadline(deployment, new, now),
    )


def _resize(deployment: Obj, current: Obj | None, old: list[Obj], now: datetime) -> DeploymentPlan:
    """Follow a new `spec.replicas` without moving the update on; a paused Deployment does nothing else."""
    sizes = resized(deployment, current, old)
    active = [rs for rs in [*old, *([current] if current else [])] if spec_replicas(rs)]
    sizes = {name_of(rs): spec_replicas(rs) for rs in active} | sizes
    current_after, old_after, changes = _changed(deployment, current, old, sizes)
    new = status(deployment, current_after, old_after, now)
    pause = pause_condition(deployment)
    if pause:
        new["conditions"] = set_condition(new["conditions"], pause, now)
    return DeploymentPlan(
        changes=changes,
        remove=expired(deployment, old) if deployment["spec"].get("paused") else [],
        revision=_revision(deployment, current_after),
        status=new,
    )


def _report(deployment: Obj, current: Obj | None, old: list[Obj], sizes: Sizes, now: datetime) -> DeploymentPlan:
    current_after, old_after, changes = _changed(deployment, current, old, sizes)
    new = status(deployment, current_after, old_after, now)
    pause = pause_condition(deployment) or _found(deployment, current)
    if pause:
        new["conditions"] = set_condition(new["conditions"], pause, now)
    new = with_progress(deployment, new, current_after, old_after, now)
    return DeploymentPlan(
        changes=changes,
        remove=expired(deployment, old) if is_complete(deployment, deployment.get("status") or {}) else [],
        revision=_revision(deployment, current_after),
        status=new,
        again_seconds=seconds_to_deadline(deployment, new, now),
    )


def _found(deployment: Obj, current: Obj | None) -> dict[str, str] | None:
    if current is None or not has_deadline(deployment) or condition_of(deployment, PROGRESSING):
        return None
    message = f'Found new replica set "{name_of(current)}"'
    return condition(PROGRESSING, "True", "FoundNewReplicaSet", message)


def _changed(
    deployment: Obj, current: Obj | None, old: list[Obj], sizes: Sizes
) -> tuple[Obj | None, list[Obj], list[Change]]:
    changes = []
    after: dict[str, Obj] = {}
    revision = next_revision(old)
    for rs in [*([current] if current else []), *old]:
        new = annotated(rs, deployment, revision) if rs is current else rs
        if name_of(rs) in sizes:
            new = scaled(new, deployment, sizes[name_of(rs)])
        after[name_of(rs)] = new
        if new != rs:
            changes.append(Change(rs, new))
    return after[name_of(current)] if current else None, [after[name_of(rs)] for rs in old], changes


def _revision(deployment: Obj, current: Obj | None) -> str:
    if current is None:
        return ""
    revision = annotations_of(current).get(REVISION, "")
    return "" if revision == annotations_of(deployment).get(REVISION) else revision
