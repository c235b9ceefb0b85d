"""Kinds of the group apiregistration.k8s.io/v1: groups of the API that another server answers for."""
