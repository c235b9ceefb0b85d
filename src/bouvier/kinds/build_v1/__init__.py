"""Kinds of `build.openshift.io/v1`."""
