"""Kinds of the group batch/v1: pods that run to their end."""
