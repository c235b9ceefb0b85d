"""Kinds of the group snapshot.storage.k8s.io/v1, which elsewhere are custom resource definitions."""
