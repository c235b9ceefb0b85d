"""Catalogs: fetched from their sources, and their entries written as objects."""
