"""Kinds of the group stacks.bouvier.io/v1."""
