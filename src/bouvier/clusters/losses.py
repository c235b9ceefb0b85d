"""Finding what an orchestrator cannot express: fields that are set, mean something, and are not in its table (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bouvier.clusters.driver import Loss

NEUTRAL: dict[str, tuple[Any, ...]] = {
    "dnsPolicy": ("ClusterFirst",),
    "schedulerName": ("default-scheduler",),
    "restartPolicy": ("Always",),
    "serviceAccountName": ("default",),
    "serviceAccount": ("default",),
    "securityContext": ({},),
    "enableServiceLinks": (True,),
    "preemptionPolicy": ("PreemptLowerPriority",),
    "priority": (0,),
    "imagePullPolicy": ("Always", "IfNotPresent"),
    "terminationMessagePath": ("/dev/termination-log",),
    "terminationMessagePolicy": ("File",),
    "revisionHistoryLimit": (10,),
    "protocol": ("TCP",),
}
"""Values that admission and defaulting write into every object and that ask for nothing special."""


def unexpressed(part: Mapping[str, Any], known: Iterable[str], path: str, orchestrator: str) -> Iterator[Loss]:
    """Yield a loss for each field of `part` that is not known and not neutral."""
    names = set(known)
    for name, value in part.items():
        if name in names or value in (None, "", [], {}) or value in NEUTRAL.get(name, ()):
            continue
        yield Loss(f"{path}.{name}", f"{orchestrator} has no counterpart: it is ignored")
