"""Builds, image streams and routes: from a source to a running, routed application."""
