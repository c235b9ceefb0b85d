"""Decides on which hosts a DaemonSet wants its pod, and on which it may stay (pure).

The controller chooses the hosts, the scheduler only checks for room: each pod demands its host by name. So the same
demands that the scheduler knows (node name, selector, required affinity, taints) are judged here for each host.
Source: https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/#how-daemon-pods-are-scheduled
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from bouvier.controllers.daemonsets.pods import tolerations
from bouvier.controllers.runtime.taints import taints_of, untolerated
from bouvier.meta.objects import Obj, labels_of, name_of
from bouvier.meta.selectors import make_requirement

KEEPING_AWAY = ("NoSchedule", "NoExecute")


class Verdict(NamedTuple):
    """What a DaemonSet wants of a host."""

    wanted: bool
    """A pod should run there."""
    may_stay: bool
    """A pod that is there already may go on."""


NEVER = Verdict(wanted=False, may_stay=False)


def verdict(daemon_set: Obj, node: Obj) -> Verdict:
    """Judge one host."""
    spec = daemon_set["spec"]["template"]["spec"]
    if spec.get("nodeName") and spec["nodeName"] != name_of(node):
        return NEVER
    if not matches_affinity(spec, node):
        return NEVER
    refused = {taint.get("effect") for taint in untolerated(taints_of(node), tolerations(spec))}
    return Verdict(wanted=not refused & set(KEEPING_AWAY), may_stay="NoExecute" not in refused)


def matches_affinity(spec: Mapping[str, Any], node: Obj) -> bool:
    """Tell whether the host satisfies the selector and one of the required terms."""
    labels = labels_of(node)
    if any(labels.get(key) != value for key, value in (spec.get("nodeSelector") or {}).items()):
        return False
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
    if required is None:
        return True
    return any(_matches_term(term, node) for term in required.get("nodeSelectorTerms") or ())


def _matches_term(term: Mapping[str, Any], node: Obj) -> bool:
    expressions, fields = term.get("matchExpressions") or (), term.get("matchFields") or ()
    if not expressions and not fields:
        return False
    return _all_match(expressions, labels_of(node)) and _all_match(fields, {"metadata.name": name_of(node)})


def _all_match(demands: Iterable[Mapping[str, Any]], values: Mapping[str, str]) -> bool:
    """Tell whether all demands are met; one that is malformed is met by nothing."""
    try:
        made = [make_requirement(each["key"], each["operator"], each.get("values") or ()) for each in demands]
    except ValueError:
        return False
    return all(each.matches(values) for each in made)
