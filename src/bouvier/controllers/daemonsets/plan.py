"""Decides which pods a DaemonSet creates and deletes next (pure).

First every host gets what it lacks and loses what is too much; only when nothing of that is left to do, an update moves
on. A host whose pod has failed gets another one, with growing delays.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bouvier.controllers.daemonsets.hosts_plan import Verdict, verdict
from bouvier.controllers.daemonsets.pods import by_age, host_of
from bouvier.controllers.daemonsets.rollout_plan import replacements, spare
from bouvier.controllers.workloads.pods import is_finished, phase_of
from bouvier.meta.objects import Obj, is_deleting, name_of

BURST = 250
"""Most pods created or deleted in one go, Kubernetes' number: more follow when these were observed."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What the decision is made from."""

    daemon_set: Obj
    nodes: Mapping[str, Obj]
    """Hosts by name."""
    pods: Sequence[Obj]
    """The pods that the DaemonSet controls."""
    revision_hash: str
    """Hash of the present template."""
    now: datetime


@dataclass(frozen=True, slots=True)
class DaemonSetPlan:
    """What to do; `hosts` and `verdicts` are what it was decided from."""

    hosts: Mapping[str, list[Obj]]
    verdicts: Mapping[str, Verdict]
    create: list[str] = field(default_factory=list)
    """Hosts that get a pod."""
    delete: list[Obj] = field(default_factory=list)
    failed: list[Obj] = field(default_factory=list)
    """Pods that have ended and are to be deleted when their host's delay is over."""


def plan(observed: Observed) -> DaemonSetPlan:
    """Return the next steps."""
    hosts = pods_by_host(observed.pods)
    verdicts = {name: verdict(observed.daemon_set, node) for name, node in observed.nodes.items()}
    made = DaemonSetPlan(hosts, verdicts)
    if is_deleting(observed.daemon_set):
        return made
    for host, judged in verdicts.items():
        _settle(made, host, judged, observed)
    for host in hosts.keys() - verdicts.keys():
        made.delete.extend(_staying(hosts[host]))
    if not made.create and not made.delete and not made.failed:
        create, delete = replacements(observed.daemon_set, _rolling(made), observed.revision_hash, observed.now)
        made.create.extend(create)
        made.delete.extend(delete)
    del made.create[BURST:], made.delete[BURST:]
    return made


def pods_by_host(pods: Iterable[Obj]) -> dict[str, list[Obj]]:
    """Return the pods of each host, also of those that are still to be scheduled there."""
    hosts: dict[str, list[Obj]] = defaultdict(list)
    for pod in pods:
        hosts[host_of(pod)].append(pod)
    return {host: by_age(own) for host, own in hosts.items()}


def _settle(made: DaemonSetPlan, host: str, judged: Verdict, observed: Observed) -> None:
    """Give one host what it lacks and take what is too much."""
    own = made.hosts.get(host, [])
    if not judged.may_stay:
        made.delete.extend(_staying(own))
        return
    if judged.wanted and not own:
        made.create.append(host)
        return
    staying = _staying(own)
    made.failed.extend(pod for pod in staying if is_finished(pod))
    alive = [pod for pod in staying if not is_finished(pod)]
    made.delete.extend(spare(observed.daemon_set, alive, observed.revision_hash, observed.now))


def _staying(pods: Iterable[Obj]) -> list[Obj]:
    return [pod for pod in pods if not is_deleting(pod)]


def _rolling(made: DaemonSetPlan) -> dict[str, list[Obj]]:
    """Return the hosts that an update concerns with their pods: all that want one."""
    return {host: made.hosts.get(host, []) for host, judged in made.verdicts.items() if judged.wanted}


def failure_reason(pod: Obj) -> tuple[str, str]:
    """Return reason and message of the event about a pod that ended although it should not."""
    key = f"{pod['metadata']['namespace']}/{name_of(pod)}"
    word = "succeeded" if phase_of(pod) == "Succeeded" else "failed"
    reason = "SucceededDaemonPod" if word == "succeeded" else "FailedDaemonPod"
    return reason, f"Found {word} daemon pod {key} on node {host_of(pod)}, will try to delete it"
