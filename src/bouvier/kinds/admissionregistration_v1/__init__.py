"""Kinds of the group admissionregistration.k8s.io/v1: webhooks and policies that see every write."""
