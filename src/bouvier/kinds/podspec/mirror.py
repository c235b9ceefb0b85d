"""Mirror pods: objects that a host shows of pods which it read from files. Their subresources refuse changes."""

from __future__ import annotations

from bouvier.meta.objects import Obj, annotations_of

MIRROR = "kubernetes.io/config.mirror"


def is_mirror(pod: Obj) -> bool:
    """Tell whether the pod only mirrors one that its host made by itself."""
    return MIRROR in annotations_of(pod)
