"""Names of the Stack kind, and the labels that tie its children to it."""

from __future__ import annotations

from bouvier.meta.gvk import Resource

STACKS = Resource("stacks.bouvier.io", "v1", "stacks", "Stack")
STACK_LABEL = "stacks.bouvier.io/stack"
SERVICE_LABEL = "stacks.bouvier.io/service"
HASH_ANNOTATION = "stacks.bouvier.io/applied"
"""Hash of what was last applied to a child; an equal hash means that nothing is to be done."""
MANAGER = "bouvier-stacks"
