"""Kubernetes' protobuf form of bodies, read into and written from plain JSON objects by a table of field numbers.

Clients that accept JSON too are answered in JSON; only those that accept nothing else are written to.
"""
