"""What an engine refuses, in words that a user of the platform understands."""

from __future__ import annotations


class EngineError(Exception):
    """The engine failed or refused; the text says what and why."""


class ImageMissing(EngineError):
    """The image is not on this host, or the registry does not have it."""


class Conflict(EngineError):
    """The name is taken, or the container is not in a state that allows the call."""


class NotFound(EngineError):
    """No such container, volume or exec session."""


class Unreachable(EngineError):
    """Nobody answers on the engine's socket."""


class InvalidConfig(EngineError):
    """The engine cannot run a container with these settings."""
