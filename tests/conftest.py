"""Fixtures for every test."""

from tests.engines import engine, private_engine

__all__ = ["engine", "private_engine"]
