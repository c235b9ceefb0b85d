"""Kinds of the group apps/v1: the controllers of long-running pods."""
