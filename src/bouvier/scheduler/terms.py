"""Constraints of a pod, parsed: tolerations, node terms, pod terms, spread.

Everything is immutable and hashable, so that equal constraints of different pods share their counters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from bouvier.meta.objects import Obj
from bouvier.meta.selectors import LabelSelector, Requirement, from_object, make_requirement

HOSTNAME = "kubernetes.io/hostname"
ZONE = "topology.kubernetes.io/zone"


class Taint(NamedTuple):
    """A mark on a host that keeps pods away."""

    key: str
    value: str
    effect: str

    def __str__(self) -> str:
        return f"{{{self.key}: {self.value}}}"


class Toleration(NamedTuple):
    """A pod's statement that a taint does not matter to it."""

    key: str
    operator: str
    value: str
    effect: str

    def covers(self, taint: Taint) -> bool:
        """Tell whether the taint is tolerated."""
        if self.effect and self.effect != taint.effect:
            return False
        if self.key and self.key != taint.key:
            return False
        if self.operator == "Exists":
            return True
        if self.operator in {"Gt", "Lt"}:
            return _compares(taint.value, self.operator, self.value)
        return bool(self.key) and self.value == taint.value


def _compares(value: str, operator: str, bound: str) -> bool:
    try:
        return int(value) > int(bound) if operator == "Gt" else int(value) < int(bound)
    except ValueError:
        return False


class NodeTerm(NamedTuple):
    """Requirements on one host's labels and name; all must hold."""

    labels: tuple[Requirement, ...]
    names: tuple[Requirement, ...]
    """Requirements on `metadata.name`."""


class PodTerm(NamedTuple):
    """Which pods are meant: by namespace and labels."""

    namespaces: frozenset[str]
    namespace_selector: LabelSelector | None
    selector: LabelSelector

    def matches(self, namespace: str, labels: Mapping[str, str], namespaces: Mapping[str, Mapping[str, str]]) -> bool:
        """Tell whether a pod is meant; `namespaces` holds the labels of all namespaces."""
        if not self.selector.matches(labels):
            return False
        if namespace in self.namespaces:
            return True
        chosen = self.namespace_selector
        return chosen is not None and chosen.matches(namespaces.get(namespace) or {})


class PodAffinityTerm(NamedTuple):
    """Pods to be near to or far from, and what near means."""

    pods: PodTerm
    topology_key: str
    weight: int = 0
    """Of a preference, 1-100; 0 for a requirement."""


class SpreadConstraint(NamedTuple):
    """How evenly the pods of a group lie over the values of a host label."""

    pods: PodTerm
    topology_key: str
    max_skew: int
    hard: bool
    min_domains: int
    honor_affinity: bool
    honor_taints: bool


@dataclass(frozen=True, slots=True)
class PodMatcher:
    """A set of pods that is counted host by host."""

    terms: tuple[PodTerm, ...] = ()
    """A pod must be meant by all of them."""
    owner: str = ""
    """Instead of terms: uid of the controller whose pods are meant."""
    skip_deleting: bool = False


def toleration(entry: Obj) -> Toleration:
    """Parse an entry of `spec.tolerations`."""
    return Toleration(
        entry.get("key") or "",
        entry.get("operator") or "Equal",
        entry.get("value") or "",
        entry.get("effect") or "",
    )


def taint(entry: Obj) -> Taint:
    """Parse an entry of a node's `spec.taints`."""
    return Taint(entry.get("key") or "", entry.get("value") or "", entry.get("effect") or "")


def node_term(entry: Obj) -> NodeTerm:
    """Parse a node selector term.

    Raises:
        ValueError: an operator or value is malformed.
    """
    return NodeTerm(_expressions(entry.get("matchExpressions")), _expressions(entry.get("matchFields")))


def _expressions(entries: list[Obj] | None) -> tuple[Requirement, ...]:
    return tuple(make_requirement(e["key"], e["operator"], e.get("values") or ()) for e in entries or ())


def pod_affinity_term(entry: Obj, pod: Obj, weight: int = 0) -> PodAffinityTerm:
    """Parse a pod affinity term of `pod`.

    Raises:
        ValueError: a selector is malformed.
    """
    own = pod["metadata"].get("namespace", "")
    names = frozenset(entry.get("namespaces") or ())
    chosen = entry.get("namespaceSelector")
    if not names and chosen is None:
        names = frozenset({own})
    selector = _with_label_keys(from_object(entry.get("labelSelector")), entry, pod)
    term = PodTerm(names, None if chosen is None else from_object(chosen), selector)
    return PodAffinityTerm(term, entry.get("topologyKey") or "", weight)


def spread_constraint(entry: Obj, pod: Obj) -> SpreadConstraint:
    """Parse an entry of `spec.topologySpreadConstraints` of `pod`.

    Raises:
        ValueError: the selector is malformed.
    """
    selector = _with_label_keys(from_object(entry.get("labelSelector")), entry, pod)
    namespace = pod["metadata"].get("namespace", "")
    return SpreadConstraint(
        pods=PodTerm(frozenset({namespace}), None, selector),
        topology_key=entry["topologyKey"],
        max_skew=entry.get("maxSkew") or 1,
        hard=(entry.get("whenUnsatisfiable") or "DoNotSchedule") == "DoNotSchedule",
        min_domains=entry.get("minDomains") or 1,
        honor_affinity=(entry.get("nodeAffinityPolicy") or "Honor") == "Honor",
        honor_taints=(entry.get("nodeTaintsPolicy") or "Ignore") == "Honor",
    )


def _with_label_keys(selector: LabelSelector, entry: Obj, pod: Obj) -> LabelSelector:
    """Narrow a selector by the pod's own values of `matchLabelKeys` and without those of `mismatchLabelKeys`."""
    labels = pod["metadata"].get("labels") or {}
    extra = [
        make_requirement(key, operator, [labels[key]])
        for field, operator in (("matchLabelKeys", "In"), ("mismatchLabelKeys", "NotIn"))
        for key in entry.get(field) or ()
        if key in labels
    ]
    if not extra or selector.nothing:
        return selector
    return LabelSelector([*selector.requirements, *extra])
