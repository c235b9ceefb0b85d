"""Soft preferences: one module per score. Pure."""
