"""Revisions of a Deployment: its ReplicaSets, and the change that leads back to one. Pure."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any, NamedTuple

from bouvier.cli.errors import CommandError
from bouvier.cli.targets import is_owned_by
from bouvier.meta.objects import Obj, annotations_of

REVISION = "deployment.kubernetes.io/revision"
HASH_LABEL = "pod-template-hash"


class Revision(NamedTuple):
    """One revision of a Deployment."""

    number: int
    template: dict[str, Any]

    @property
    def images(self) -> str:
        """Return the images of its containers, separated by commas."""
        return ", ".join(container["image"] for container in self.template["spec"]["containers"])


def revisions_of(deployment: Obj, replica_sets: Iterable[Obj]) -> list[Revision]:
    """Return the revisions that can be returned to, and the present one, oldest first."""
    found = []
    for replica_set in replica_sets:
        number = annotations_of(replica_set).get(REVISION, "")
        if is_owned_by(replica_set, deployment) and number.isdigit():
            found.append(Revision(int(number), _template(replica_set)))
    return sorted(found, key=lambda revision: revision.number)


def _template(replica_set: Obj) -> dict[str, Any]:
    template: dict[str, Any] = copy.deepcopy(replica_set["spec"]["template"])
    (template.get("metadata", {}).get("labels") or {}).pop(HASH_LABEL, None)
    return template


def choose(revisions: list[Revision], wanted: int | None, name: str) -> Revision:
    """Return the revision to go back to: the named one, else the one before the present.

    Raises:
        CommandError: there is none, or it is the present one.
    """
    listed = "; ".join(f"{revision.number} ({revision.images})" for revision in revisions)
    if wanted is None:
        if len(revisions) < 2:
            raise CommandError(f"{name} has no earlier revision to return to")
        return revisions[-2]
    chosen = next((revision for revision in revisions if revision.number == wanted), None)
    if chosen is None:
        raise CommandError(f"{name} has no revision {wanted}", f"there are: {listed or 'none'}")
    if chosen is revisions[-1]:
        raise CommandError(f"{name} is at revision {wanted} already", f"there are: {listed}")
    return chosen
