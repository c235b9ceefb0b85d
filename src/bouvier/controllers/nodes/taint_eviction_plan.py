"""Decides when a pod must leave a host because of NoExecute taints.

Source: https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-based-evictions
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from bouvier.controllers.runtime.taints import taints_of, tolerates
from bouvier.meta.objects import Obj
from bouvier.util.clock import parse_time

NO_EXECUTE = "NoExecute"


def no_execute(node: Obj) -> list[dict[str, Any]]:
    """Return the Node's taints that drive pods away."""
    return [taint for taint in taints_of(node) if taint.get("effect") == NO_EXECUTE]


def eviction_time(pod: Obj, taints: Iterable[dict[str, Any]], now: datetime) -> datetime | None:
    """Return when the pod must leave, at the earliest `now`; None if it may stay.

    The time a pod tolerates a taint counts from when the taint was added, so restarts of a controller do not extend it.
    """
    tolerations = pod["spec"].get("tolerations") or ()
    moments = []
    for taint in taints:
        toleration = next((each for each in tolerations if tolerates(each, taint)), None)
        if toleration is None:
            return now
        seconds = toleration.get("tolerationSeconds")
        if seconds is not None:
            added = parse_time(taint["timeAdded"]) if taint.get("timeAdded") else now
            moments.append(max(added + timedelta(seconds=max(seconds, 0)), now))
    return min(moments, default=None)
