"""Logical clusters: which there are, what a new one starts with, and what is left of one that goes."""
