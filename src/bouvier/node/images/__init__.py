"""Pulling and listing images."""
