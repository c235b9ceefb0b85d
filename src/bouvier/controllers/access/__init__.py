"""Roles that are put together from others."""
