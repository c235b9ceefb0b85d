"""Claims: the host must reach every volume that the pod mounts, or be one where the missing ones can be made.

A claim whose class waits for its first pod is decided together with the pod's host; what was decided for it before, or
what it is to be filled from, ties it to one host. A claim for one pod alone keeps every other pod waiting.
Source: Kubernetes "VolumeBinding", "VolumeRestrictions".
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bouvier.kinds.volumes.questions import node_terms
from bouvier.meta.objects import Obj, name_of
from bouvier.scheduler.filters.base import ALL, Reason
from bouvier.scheduler.filters.node_affinity import satisfying
from bouvier.scheduler.labels import Mask
from bouvier.scheduler.shape import Shape
from bouvier.scheduler.snapshot import Snapshot
from bouvier.scheduler.terms import node_term

NAME = "VolumeBinding"
CONFLICT = "node(s) had volume node affinity conflict"
NOTHING_THERE = "node(s) didn't find available persistent volumes to bind"


def check(snapshot: Snapshot, shape: Shape, rows: slice = ALL) -> Mask:
    """Return the hosts that can give the pod all of its volumes."""
    mask = snapshot.present.copy()
    for key in shape.claims:
        if _trouble(snapshot, shape, key):
            return np.zeros(snapshot.capacity, np.bool_)[rows]
        mask &= _reachable(snapshot, key)
    return mask[rows]


def explain(snapshot: Snapshot, shape: Shape, refused: Mask) -> list[Reason]:
    """Return the trouble with a claim, or which volumes the hosts do not reach."""
    if found := troubles(snapshot, shape):
        return [Reason(text, refused) for text in found]
    short = {text: np.zeros(snapshot.capacity, np.bool_) for text in (CONFLICT, NOTHING_THERE)}
    for key in shape.claims:
        short[CONFLICT if _is_settled(snapshot, key) else NOTHING_THERE] |= refused & ~_reachable(snapshot, key)
    return [Reason(text, hosts) for text, hosts in short.items() if hosts.any()]


def troubles(snapshot: Snapshot, shape: Shape) -> list[str]:
    """Return what is wrong with the pod's claims themselves, whatever the host."""
    return list(dict.fromkeys(text for key in shape.claims if (text := _trouble(snapshot, shape, key))))


def remedy(snapshot: Snapshot, shape: Shape, row: int) -> str:
    """Say where the volume is, or what is missing."""
    for key in shape.claims:
        if text := _trouble(snapshot, shape, key):
            return f"{text}; see: kubectl describe pvc {key.partition('/')[2]}"
        if not _reachable(snapshot, key)[row]:
            return _where(snapshot, key)
    return ""


def _where(snapshot: Snapshot, key: str) -> str:
    hosts = [snapshot.names[row] for row in np.flatnonzero(_reachable(snapshot, key)).tolist()]
    name = key.partition("/")[2]
    if not hosts:
        return f"no host can give claim {name} a volume: make a PersistentVolume, or use another storage class"
    return f"the data of claim {name} is on {', '.join(hosts)}: the pod can run there only"


def _trouble(snapshot: Snapshot, shape: Shape, key: str) -> str:
    owner = shape.uid if key in shape.own_claims else ""
    return snapshot.volumes.trouble(key, snapshot.claim_uses[key], owner)


def _is_settled(snapshot: Snapshot, key: str) -> bool:
    claim = snapshot.volumes.claim(key)
    return claim is not None and snapshot.volumes.volume_of(claim) is not None


def _reachable(snapshot: Snapshot, key: str) -> Mask:
    """Return the hosts that have, or can get, the volume of one claim."""
    view = snapshot.volumes
    claim = view.claim(key)
    if claim is None:
        return np.zeros(snapshot.capacity, np.bool_)
    volume = view.volume_of(claim)
    if volume is not None:
        return _matching(snapshot, node_terms(volume))
    host = view.chosen_host(claim)
    if host in snapshot.row_of:
        mask = np.zeros(snapshot.capacity, np.bool_)
        mask[snapshot.row_of[host]] = True
        return mask
    return _makeable(snapshot, claim)


def _makeable(snapshot: Snapshot, claim: Obj) -> Mask:
    """Return the hosts where a volume is free for the claim, or can be made for it."""
    topologies = snapshot.volumes.makes(claim)
    mask = np.zeros(snapshot.capacity, np.bool_)
    if topologies is not None:
        mask |= _matching(snapshot, topologies or None)
    for volume in sorted(snapshot.volumes.suiting(claim), key=name_of):
        mask |= _matching(snapshot, node_terms(volume))
    return mask


def _matching(snapshot: Snapshot, terms: Sequence[Obj] | None) -> Mask:
    """Return the hosts that satisfy one of the terms; None is every host."""
    if terms is None:
        return snapshot.present.copy()
    mask = np.zeros(snapshot.capacity, np.bool_)
    for term in terms:
        mask |= satisfying(snapshot, node_term(term))
    return mask
