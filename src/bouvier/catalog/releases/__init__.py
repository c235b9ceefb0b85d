"""Releases: what was installed from a catalog, revision by revision."""
