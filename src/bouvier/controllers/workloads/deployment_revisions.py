"""The annotations with which a Deployment keeps its history, and that `kubectl rollout` reads.

A revision is a number on a ReplicaSet: the one in use always has the highest. Going back to an old template gives its
ReplicaSet a new, highest number; the numbers it had before are kept in its revision history.
"""

from __future__ import annotations

from collections.abc import Iterable

from bouvier.controllers.workloads.deployment_sizes import max_surge, spec_replicas
from bouvier.meta.objects import Obj, annotations_of, is_deleting

REVISION = "deployment.kubernetes.io/revision"
REVISION_HISTORY = "deployment.kubernetes.io/revision-history"
DESIRED_REPLICAS = "deployment.kubernetes.io/desired-replicas"
MAX_REPLICAS = "deployment.kubernetes.io/max-replicas"
NOT_COPIED = frozenset(
    (
        "kubectl.kubernetes.io/last-applied-configuration",
        REVISION,
        REVISION_HISTORY,
        DESIRED_REPLICAS,
        MAX_REPLICAS,
        "deprecated.deployment.rollback.revision",
    )
)
"""Annotations of a Deployment that say nothing about its ReplicaSet."""
LONGEST_HISTORY = 2000
"""Characters kept in the revision history of one ReplicaSet."""
KEEP_ALL = 2**31 - 1
"""`revisionHistoryLimit` of those who want no cleaning up."""


def revision_of(obj: Obj) -> int:
    """Return the revision written on the object, 0 if there is none."""
    text = annotations_of(obj).get(REVISION, "")
    return int(text) if text.isdigit() else 0


def next_revision(old: Iterable[Obj]) -> int:
    """Return the revision that is higher than all of the old ReplicaSets'."""
    return max((revision_of(rs) for rs in old), default=0) + 1


def annotate(replica_set: Obj, deployment: Obj, revision: int) -> dict[str, str]:
    """Return the annotations of the present ReplicaSet: the Deployment's own and at least `revision`."""
    annotations = dict(annotations_of(replica_set))
    annotations |= {n: value for n, value in annotations_of(deployment).items() if n not in NOT_COPIED}
    present = revision_of(replica_set)
    if present >= revision:
        return annotations
    annotations[REVISION] = str(revision)
    if present:
        annotations[REVISION_HISTORY] = _history(annotations.get(REVISION_HISTORY, ""), present)
    return annotations


def size_annotations(deployment: Obj) -> dict[str, str]:
    """Return the annotations that tell for which size of the Deployment a ReplicaSet was scaled."""
    desired = spec_replicas(deployment)
    return {DESIRED_REPLICAS: str(desired), MAX_REPLICAS: str(desired + max_surge(deployment))}


def annotated_number(replica_set: Obj, name: str) -> int | None:
    """Return the number in an annotation, None if there is none."""
    text = annotations_of(replica_set).get(name, "")
    return int(text) if text.isdigit() else None


def expired(deployment: Obj, old: Iterable[Obj]) -> list[Obj]:
    """Return the empty old ReplicaSets beyond `revisionHistoryLimit`, lowest revision first."""
    limit = deployment["spec"].get("revisionHistoryLimit")
    if limit is None or limit == KEEP_ALL:
        return []
    present = sorted((rs for rs in old if not is_deleting(rs)), key=revision_of)
    return [rs for rs in present[: max(len(present) - int(limit), 0)] if _is_empty(rs)]


def _is_empty(replica_set: Obj) -> bool:
    status = replica_set.get("status") or {}
    if status.get("replicas") or spec_replicas(replica_set):
        return False
    return bool(replica_set["metadata"].get("generation", 0) <= (status.get("observedGeneration") or 0))


def _history(history: str, revision: int) -> str:
    revisions = [part for part in history.split(",") if part]
    if str(revision) not in revisions:
        revisions.append(str(revision))
    while len(",".join(revisions)) > LONGEST_HISTORY:
        del revisions[0]
    return ",".join(revisions)
