"""Garbage collection, namespace deletion and clean-up of finished objects."""
