"""Fixtures and settings for every test."""

from hypothesis import settings

from tests.engines import engine, private_engine

# How long an example takes says nothing here: tests share two processors with engines and browsers.
settings.register_profile("bouvier", deadline=None)
settings.load_profile("bouvier")

__all__ = ["engine", "private_engine"]
