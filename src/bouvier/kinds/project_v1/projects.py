"""Project: a Namespace with a display name and a description. A view: what is stored is the Namespace."""

from __future__ import annotations

from bouvier.kinds.build_v1.shapes import TEXT, TEXTS, document, shape
from bouvier.kinds.columns import AGE, NAME, cell, text
from bouvier.kinds.kind import Kind
from bouvier.meta.objects import Obj, annotations_of
from bouvier.meta.resources import PROJECTS

DISPLAY_NAME = "openshift.io/display-name"
DESCRIPTION = "openshift.io/description"
REQUESTER = "openshift.io/requester"


def from_namespace(namespace: Obj) -> Obj:
    """Return a Namespace as a Project."""
    return {**namespace, "apiVersion": PROJECTS.api_version, "kind": PROJECTS.kind}


def to_namespace(project: Obj) -> Obj:
    """Return a Project as a Namespace."""
    return {**project, "apiVersion": "v1", "kind": "Namespace"}


KIND = Kind(
    resource=PROJECTS,
    singular="project",
    definition="",
    verbs=("delete", "get", "list", "patch", "update", "watch"),
    schema=document(shape(finalizers=TEXTS), shape(phase=TEXT)),
    name_rule="label",
    stored_in=("", "v1", "namespaces"),
    to_storage=to_namespace,
    from_storage=from_namespace,
    columns=(
        NAME,
        cell("Display Name", lambda obj: annotations_of(obj).get(DISPLAY_NAME, "")),
        text("Status", "status", "phase"),
        AGE,
    ),
)
