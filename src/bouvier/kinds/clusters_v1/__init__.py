"""Kinds of the group `clusters.bouvier.io/v1`."""
