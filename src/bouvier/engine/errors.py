"""What an engine refuses, in words that a user of the platform understands."""

from __future__ import annotations


class EngineError(Exception):
    """The engine failed or refused; the text says what and why."""


class ImageMissing(EngineError):  # noqa: N818 - names a refusal
    """The image is not on this host, or the registry does not have it."""


class Conflict(EngineError):  # noqa: N818 - names a refusal
    """The name is taken, or the container is not in a state that allows the call."""


class NotFound(EngineError):  # noqa: N818 - names a refusal
    """No such container, volume or exec session."""


class Unreachable(EngineError):  # noqa: N818 - names a refusal
    """Nobody answers on the engine's socket."""


class InvalidConfig(EngineError):  # noqa: N818 - names a refusal
    """The engine cannot run a container with these settings."""
