"""Decides how a DaemonSet replaces pods of an old template (pure).

Without surge an old pod is deleted and its successor takes its place; with surge the successor starts beside it and the
old one goes when the new one is available. Pods that are not available anyway are replaced first and without counting:
they cost nobody anything.
Source: https://kubernetes.io/docs/tasks/manage-daemon/update-daemon-set/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from bouvier.controllers.workloads.pods import is_available, is_ready
from bouvier.controllers.workloads.revisions import REVISION_HASH
from bouvier.meta.intstr import resolve
from bouvier.meta.objects import Obj, is_deleting, labels_of


class Pair(NamedTuple):
    """The pods of one host by whether they have the present template."""

    old: Obj | None
    new: Obj | None


def limits(daemon_set: Obj, wanted: int) -> tuple[int, int]:
    """Return how many hosts may have two pods, and how many may have none that is available, during an update."""
    options = (daemon_set["spec"].get("updateStrategy") or {}).get("rollingUpdate") or {}
    surge = resolve(options.get("maxSurge", 0), wanted, round_up=True)
    unavailable = resolve(options.get("maxUnavailable", 1), wanted, round_up=True)
    return surge, unavailable


def is_rolling(daemon_set: Obj) -> bool:
    """Tell whether old pods are replaced by the platform; with `OnDelete` their user deletes them."""
    return bool((daemon_set["spec"].get("updateStrategy") or {}).get("type", "RollingUpdate") == "RollingUpdate")


def is_surging(daemon_set: Obj) -> bool:
    """Tell whether successors start beside old pods."""
    return is_rolling(daemon_set) and limits(daemon_set, 100)[0] > 0


def replacements(
    daemon_set: Obj, hosts: Mapping[str, Sequence[Obj]], revision_hash: str, now: datetime
) -> tuple[list[str], list[Obj]]:
    """Return the hosts that get a second pod now, and the old pods that go now.

    `hosts` are all hosts that want a pod, with their pods.
    """
    if not is_rolling(daemon_set):
        return [], []
    wait = daemon_set["spec"].get("minReadySeconds") or 0
    surge, unavailable = limits(daemon_set, len(hosts))
    pairs = {host: _pair(pods, revision_hash) for host, pods in hosts.items()}
    if surge:
        return _surge(pairs, surge, wait, now)
    return [], _in_place(pairs, unavailable, wait, now)


def _pair(pods: Sequence[Obj], revision_hash: str) -> Pair:
    present = [pod for pod in pods if not is_deleting(pod)]
    new = [pod for pod in present if is_new(pod, revision_hash)]
    old = [pod for pod in present if not is_new(pod, revision_hash)]
    return Pair(old[0] if old else None, new[0] if new else None)


def is_new(pod: Obj, revision_hash: str) -> bool:
    """Tell whether the pod was made from the present template."""
    return labels_of(pod).get(REVISION_HASH) == revision_hash


def _in_place(pairs: Mapping[str, Pair], most: int, wait: int, now: datetime) -> list[Obj]:
    missing, free, costly = 0, [], []
    for old, new in pairs.values():
        if new is not None:
            missing += not is_available(new, wait, now)
        elif old is None:
            missing += 1
        elif is_available(old, wait, now):
            costly.append(old)
        else:
            free.append(old)
    return free + costly[: max(most - missing - len(free), 0)]


def _surge(pairs: Mapping[str, Pair], most: int, wait: int, now: datetime) -> tuple[list[str], list[Obj]]:
    doubled = 0
    free: list[str] = []
    costly: list[str] = []
    done: list[Obj] = []
    for host, (old, new) in pairs.items():
        if old is None:
            continue
        if new is None:
            (costly if is_available(old, wait, now) else free).append(host)
        elif is_available(new, wait, now) or not is_ready(old):
            done.append(old)
        else:
            doubled += 1
    return free + costly[: max(most - doubled, 0)], done


def spare(daemon_set: Obj, pods: Sequence[Obj], revision_hash: str, now: datetime) -> list[Obj]:
    """Return the living pods of one host (oldest first) that it has too many: all but one, or one of each template."""
    if len(pods) <= 1:
        return []
    if not is_surging(daemon_set):
        return list(pods[1:])
    old, new = _pair(pods, revision_hash)
    kept = [pod for pod in (old, new) if pod is not None]
    surplus = [pod for pod in pods if not any(pod is each for each in kept)]
    wait = daemon_set["spec"].get("minReadySeconds") or 0
    if old is not None and new is not None and (not is_ready(old) or is_available(new, wait, now)):
        surplus.append(old)
    return surplus
