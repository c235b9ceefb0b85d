"""Kinds of `route.openshift.io/v1`."""
