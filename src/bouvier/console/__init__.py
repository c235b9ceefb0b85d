"""Serving the built web console."""
