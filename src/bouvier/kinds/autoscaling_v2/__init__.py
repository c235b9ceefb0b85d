"""Kinds of the group autoscaling/v2."""
