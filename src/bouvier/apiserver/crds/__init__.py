"""Kinds that users define at run time."""
