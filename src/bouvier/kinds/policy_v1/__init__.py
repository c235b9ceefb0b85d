"""Kinds of the group policy/v1."""
