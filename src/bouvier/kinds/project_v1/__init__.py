"""Kinds of `project.openshift.io/v1`."""
