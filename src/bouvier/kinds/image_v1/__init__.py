"""Kinds of `image.openshift.io/v1`."""
