"""Decides the order in which a namespace is emptied, and what it reports meanwhile.

Pods go first: nothing that a running pod relies on (network policies, secrets, volumes) is taken away under it.
Conditions, reasons and messages are Kubernetes', so that `kubectl describe namespace` explains why one hangs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bouvier.controllers.garbage.discovery import Served, preferred
from bouvier.controllers.runtime.conditions import Condition, put
from bouvier.meta.objects import Obj

FINALIZER = "kubernetes"


@dataclass(slots=True)
class Emptying:
    """What one pass over a namespace found."""

    remaining: Counter[str] = field(default_factory=Counter)
    """Objects left, by `plural.group`."""
    finalizers: Counter[str] = field(default_factory=Counter)
    """Finalizers of objects left."""
    failures: list[str] = field(default_factory=list)
    """Deletions that were refused."""
    discovery_failure: str = ""

    @property
    def is_done(self) -> bool:
        """Tell whether the namespace is empty, as far as could be seen."""
        return not self.remaining and not self.failures and not self.discovery_failure

    def note(self, group_resource: str, objects: Iterable[Obj]) -> None:
        """Take in what is left of one resource."""
        for obj in objects:
            self.remaining[group_resource] += 1
            self.finalizers.update(obj["metadata"].get("finalizers") or ())


def order(served: Iterable[Served]) -> list[list[Served]]:
    """Return the namespaced, deletable resources: pods, then all others."""
    deletable = [s for s in preferred(served) if s.resource.namespaced and {"list", "delete"} <= s.verbs]
    pods = [s for s in deletable if s.resource.group_resource == "pods"]
    return [pods, [s for s in deletable if s not in pods]]


def is_terminating(namespace: Obj) -> bool:
    """Tell whether the namespace is being deleted and waits for us."""
    return bool(namespace["metadata"].get("deletionTimestamp")) and FINALIZER in finalizers_of(namespace)


def finalizers_of(namespace: Obj) -> Sequence[str]:
    """Return the finalizers in the namespace's spec (not those of its metadata)."""
    return (namespace.get("spec") or {}).get("finalizers") or ()


def status(namespace: Obj, found: Emptying, now: datetime) -> dict[str, Any]:
    """Return the status of a namespace that is being emptied."""
    conditions = list((namespace.get("status") or {}).get("conditions") or ())
    for new in _conditions(found):
        conditions = put(conditions, new, now)
    return {"phase": "Terminating", "conditions": conditions}


def _conditions(found: Emptying) -> list[Condition]:
    return [
        _condition(
            "NamespaceDeletionDiscoveryFailure",
            ("DiscoveryFailed", found.discovery_failure),
            ("ResourcesDiscovered", "All resources successfully discovered"),
        ),
        _condition(
            "NamespaceDeletionGroupVersionParsingFailure",
            ("", ""),
            ("ParsedGroupVersions", "All legacy kube types successfully parsed"),
        ),
        _condition(
            "NamespaceDeletionContentFailure",
            ("ContentDeletionFailed", _failure(found.failures)),
            ("ContentDeleted", "All content successfully deleted, may be waiting on finalization"),
        ),
        _condition(
            "NamespaceContentRemaining",
            ("SomeResourcesRemain", _remaining(found.remaining)),
            ("ContentRemoved", "All content successfully removed"),
        ),
        _condition(
            "NamespaceFinalizersRemaining",
            ("SomeFinalizersRemain", _finalizers(found.finalizers)),
            ("ContentHasNoFinalizers", "All content-preserving finalizers finished"),
        ),
    ]


def _condition(kind: str, bad: tuple[str, str], good: tuple[str, str]) -> Condition:
    """Return the condition: true with the bad reason if that has a message, else false with the good one."""
    truth, (reason, message) = ("True", bad) if bad[1] else ("False", good)
    return {"type": kind, "status": truth, "reason": reason, "message": message}


def _failure(failures: Sequence[str]) -> str:
    return f"Failed to delete all resource types, {len(failures)} remaining: {', '.join(failures)}" if failures else ""


def _remaining(counts: Mapping[str, int]) -> str:
    listed = ", ".join(f"{name}. has {counts[name]} resource instances" for name in sorted(counts))
    return f"Some resources are remaining: {listed}" if listed else ""


def _finalizers(counts: Mapping[str, int]) -> str:
    listed = ", ".join(f"{name} in {counts[name]} resource instances" for name in sorted(counts))
    return f"Some content in the namespace has finalizers remaining: {listed}" if listed else ""
