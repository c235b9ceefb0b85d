"""Labels and annotations that tie things to a release."""

from __future__ import annotations

from bouvier.meta.objects import Obj, annotations_of, labels_of

MANAGER = "bouvier-catalog"
"""Field manager of everything that releases apply."""
RELEASE_LABEL = "catalog.bouvier.io/release"
RELEASE_NAME = "meta.helm.sh/release-name"
RELEASE_NAMESPACE = "meta.helm.sh/release-namespace"
"""Helm's own annotations, so that either tool sees what belongs to whom."""
KEEP = "helm.sh/resource-policy"
"""`keep`: the object outlives its release."""
FINALIZER = "catalog.bouvier.io/uninstall"
REFRESH = "catalog.bouvier.io/refresh"
"""On a Catalog: changed to have it read again."""


def owner_key(obj: Obj) -> str:
    """Return the key of the release that an object belongs to, empty when it belongs to none."""
    annotations = annotations_of(obj)
    name = annotations.get(RELEASE_NAME, "")
    if not name or RELEASE_LABEL not in labels_of(obj):
        return ""
    return f"{annotations.get(RELEASE_NAMESPACE, '')}/{name}"


def marked(obj: Obj, namespace: str, name: str) -> Obj:
    """Return an object with the marks of its release."""
    metadata = dict(obj["metadata"])
    metadata["labels"] = {**(metadata.get("labels") or {}), RELEASE_LABEL: name}
    metadata["annotations"] = {
        **(metadata.get("annotations") or {}),
        RELEASE_NAME: name,
        RELEASE_NAMESPACE: namespace,
    }
    return {**obj, "metadata": metadata}
