"""What the catalog needs from whoever understands Compose files: a stack's texts into API objects.

The catalog asks questions, fills templates and keeps releases; it knows nothing of services and sidekicks. The wiring of the
controllers' process gives it a renderer. Without one, compose templates are refused by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bouvier.meta.objects import Obj


class ComposeError(ValueError):
    """The texts are no stack; the message names file, line and column, or the key."""


@dataclass(frozen=True, slots=True)
class ComposeRequest:
    """A stack to be turned into objects."""

    name: str
    """Of the stack, and of what is made for it."""
    namespace: str
    compose: str
    """Text of docker-compose.yml, templates filled in, `${…}` not yet replaced."""
    rancher_compose: str
    """Text of rancher-compose.yml with its `.catalog` block, empty when there is none."""
    answers: Mapping[str, str]
    """What `${…}` stands for."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Every file of the package, for `env_file`, `configs` and the like."""


@dataclass(frozen=True, slots=True)
class ComposeObjects:
    """What a stack becomes."""

    objects: list[Obj]
    """Complete objects; without a namespace they are made in the request's."""
    ignored: list[str] = field(default_factory=list)
    """A line for each key that has no effect here."""
    parts: list[Obj] = field(default_factory=list)
    """What the objects will make by themselves, in the request's namespace."""


class ComposeRenderer(Protocol):
    """Turns Compose texts into API objects; pure, and quick enough to run on a thread."""

    def render(self, request: ComposeRequest) -> ComposeObjects:
        """Return the objects.

        Raises:
            ComposeError: the texts are no stack.
        """


class NoComposeRenderer:
    """Refuses: this platform was put together without stacks."""

    def render(self, request: ComposeRequest) -> ComposeObjects:  # noqa: ARG002 - the protocol's
        """Refuse by name."""
        raise ComposeError(
            "compose templates need the platform's stacks, which this installation does not have; "
            "charts can be installed"
        )
