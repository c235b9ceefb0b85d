"""The subresources that several kinds share."""

from __future__ import annotations

from bouvier.kinds.kind import Subresource
from bouvier.meta.gvk import Resource

WRITE_VERBS = ("get", "patch", "update")
PROXY_VERBS = ("create", "delete", "get", "patch", "update")

SCALE = Subresource("scale", "Scale", "autoscaling", "v1", WRITE_VERBS)


def status(resource: Resource) -> Subresource:
    """Return the status subresource: the object itself, of which only the status is written."""
    return Subresource("status", resource.kind, resource.group, resource.version, WRITE_VERBS)


def with_status(resource: Resource) -> dict[str, Subresource]:
    """Return the subresources of a kind that has a status and nothing else."""
    return {"status": status(resource)}


def with_status_and_scale(resource: Resource) -> dict[str, Subresource]:
    """Return the subresources of a kind whose replicas can be scaled."""
    return {"status": status(resource), "scale": SCALE}
