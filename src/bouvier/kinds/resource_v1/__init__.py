"""Kinds of the group resource.k8s.io/v1, which describe devices and claims on them."""
