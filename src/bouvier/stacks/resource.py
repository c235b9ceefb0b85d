"""Names of the Stack kind, and the labels that tie its children to it."""

from __future__ import annotations

from bouvier.meta.gvk import Resource
from bouvier.meta.resources import (
    CONFIGMAPS,
    DAEMONSETS,
    DEPLOYMENTS,
    ENDPOINTSLICES,
    INGRESSES,
    JOBS,
    SECRETS,
    SERVICES,
)

STACKS = Resource("stacks.bouvier.io", "v1", "stacks", "Stack")
STACK_LABEL = "stacks.bouvier.io/stack"
SERVICE_LABEL = "stacks.bouvier.io/service"
PRIMARY_LABEL = "stacks.bouvier.io/primary"
"""On the Service of a sidekick: the service whose pod it shares."""
HASH_ANNOTATION = "stacks.bouvier.io/applied"
"""Hash of what was last applied to a child; an equal hash means that nothing is to be done."""
MANAGER = "bouvier-stacks"

WORKLOADS = {resource.kind: resource for resource in (DEPLOYMENTS, DAEMONSETS, JOBS)}
CHILDREN = WORKLOADS | {
    resource.kind: resource for resource in (SERVICES, INGRESSES, SECRETS, CONFIGMAPS, ENDPOINTSLICES)
}
"""Everything that a stack may be made of, by kind."""
