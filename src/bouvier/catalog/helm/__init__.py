"""Helm charts: loading, values, dependencies, rendering, repositories, and the record of a release that Helm can read."""
