"""ControllerRevisions: the numbered states of a template to which DaemonSets and StatefulSets can go back (pure).

A revision holds the template in the form of the strategic merge patch that puts it back, which is what
`kubectl rollout undo` sends. Equality of templates decides which revision is the present one; hashes only name. Going
back gives the old revision a new, highest number.
Source: https://kubernetes.io/docs/tasks/manage-daemon/rollback-daemon-set/
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bouvier.controllers.workloads.deployment_revisions import NOT_COPIED
from bouvier.controllers.workloads.deployment_templates import essence, template_hash
from bouvier.meta.objects import Obj, annotations_of, labels_of, name_of, namespace_of, owner_reference

REVISION_HASH = "controller-revision-hash"
"""Label of pods, and of a DaemonSet's revisions, that says which template a pod was made from."""
DEFAULT_LIMIT = 10
LONGEST_NAME = 253


@dataclass(frozen=True, slots=True)
class Present:
    """The revision of the present template and what must be written so that it is one."""

    revision: Obj
    is_new: bool = False
    """To be created."""
    is_renumbered: bool = False
    """To be updated, because the owner went back to an old template."""


def number_of(revision: Obj) -> int:
    """Return the number of a revision."""
    return int(revision.get("revision") or 0)


def by_number(revisions: Iterable[Obj]) -> list[Obj]:
    """Return revisions in ascending order, those of one number by age and name."""
    return sorted(
        revisions, key=lambda r: (number_of(r), r["metadata"].get("creationTimestamp") or "", r["metadata"]["name"])
    )


def template_of(revision: Obj) -> Obj:
    """Return the template that a revision keeps."""
    kept = ((revision.get("data") or {}).get("spec") or {}).get("template") or {}
    return {field: value for field, value in kept.items() if field != "$patch"}


def present(owner: Obj, revisions: Sequence[Obj]) -> Present:
    """Return the revision of the owner's template: an existing one, one brought to the top, or a new one."""
    wanted = essence(owner["spec"]["template"])
    ordered = by_number(revisions)
    highest = number_of(ordered[-1]) if ordered else 0
    equal = [each for each in ordered if essence(template_of(each)) == wanted]
    if not equal:
        return Present(new_revision(owner, highest + 1), is_new=True)
    if number_of(equal[-1]) == highest:
        return Present(equal[-1])
    return Present({**equal[-1], "revision": highest + 1}, is_renumbered=True)


def new_revision(owner: Obj, number: int) -> Obj:
    """Return a revision of the owner's present template, named after its hash."""
    template = owner["spec"]["template"]
    digest = template_hash(template, (owner.get("status") or {}).get("collisionCount") or 0)
    metadata: dict[str, Any] = {
        "name": f"{name_of(owner)[: LONGEST_NAME - len(digest) - 1]}-{digest}",
        "namespace": namespace_of(owner),
        "labels": {**((template.get("metadata") or {}).get("labels") or {}), REVISION_HASH: digest},
        "annotations": {name: text for name, text in annotations_of(owner).items() if name not in NOT_COPIED},
        "ownerReferences": [owner_reference(owner)],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": metadata,
        "data": {"spec": {"template": _in_order({**template, "$patch": "replace"})}},
        "revision": number,
    }


def _in_order(value: Any) -> Any:
    """Return JSON with the fields of every object sorted: kubectl compares revisions byte by byte, as Go writes them."""
    if isinstance(value, dict):
        return {name: _in_order(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return [_in_order(one) for one in value]
    return value


def hash_of(revision: Obj) -> str:
    """Return the hash that names the revision."""
    return labels_of(revision).get(REVISION_HASH) or name_of(revision).rpartition("-")[2]


def expired(owner: Obj, revisions: Iterable[Obj], in_use: Container[str]) -> list[Obj]:
    """Return the lowest revisions beyond `revisionHistoryLimit`; those named in `in_use` are kept and do not count."""
    limit = owner["spec"].get("revisionHistoryLimit")
    unused = [each for each in by_number(revisions) if name_of(each) not in in_use]
    return unused[: max(len(unused) - (DEFAULT_LIMIT if limit is None else int(limit)), 0)]
