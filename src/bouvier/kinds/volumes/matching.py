"""Which volume suits a claim: Kubernetes' rules, and the smallest of those that do (pure).

Source: https://kubernetes.io/docs/concepts/storage/persistent-volumes/#binding
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bouvier.kinds.volumes.questions import (
    capacity,
    class_of,
    is_for,
    is_free,
    modes_of,
    requested,
    volume_mode,
)
from bouvier.meta.objects import Obj, is_deleting, labels_of, name_of
from bouvier.meta.selectors import from_object

Reachable = Callable[[Obj], bool]
"""Tells whether the claim's host can mount a volume."""


def best_volume(
    claim: Obj, volumes: Iterable[Obj], is_reachable: Reachable, *, reserved_only: bool = False
) -> Obj | None:
    """Return the volume for a claim: one reserved for it, else the smallest that suits; None when there is none.

    With `reserved_only` (a claim that waits for its first pod) only a reserved one counts.
    """
    suiting: list[Obj] = []
    for volume in volumes:
        if is_deleting(volume) or mismatch(claim, volume, by_name=is_for(volume, claim)):
            continue
        if not is_reachable(volume):
            continue
        if is_for(volume, claim):
            return volume
        if not reserved_only and is_free(volume):
            suiting.append(volume)
    return min(suiting, key=lambda volume: (capacity(volume), name_of(volume)), default=None)


def mismatch(claim: Obj, volume: Obj, *, by_name: bool = False) -> str:
    """Return why a volume cannot serve a claim, empty when it can.

    A pair that a user named (`by_name`) need not match the claim's selector.
    """
    if capacity(volume) < requested(claim):
        return "requested PV is too small"
    if class_of(volume) != class_of(claim):
        return "storageClassName does not match"
    if volume_mode(volume) != volume_mode(claim):
        return "incompatible volumeMode"
    if not modes_of(claim) <= modes_of(volume):
        return "incompatible accessMode"
    selector = claim["spec"].get("selector")
    if not by_name and selector and not from_object(selector).matches(labels_of(volume)):
        return "labels do not match the claim's selector"
    return ""
