"""What the table says of one option of `docker run`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Form(Enum):
    """How an option is written."""

    FLAG = "flag"
    TEXT = "text"
    NUMBER = "number"
    MANY = "many"
    """Text that may be given several times."""


class Place(Enum):
    """Where an option takes effect."""

    FIELD = "field"
    """A field that Kubernetes has."""
    CONTAINER = "container"
    """The engine's configuration of the container, through the annotation."""
    SANDBOX = "sandbox"
    """The engine's configuration of the pod's sandbox, through the annotation."""
    COMMAND = "command"
    """The command itself; nothing of it is kept."""
    REFUSED = "refused"
    """It cannot be; `where` says why and what to do instead."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option."""

    name: str
    form: Form
    place: Place
    where: str
    """The pod's field, the engine's own key (`HostConfig.Ulimits`), or a sentence."""
    help: str
    short: str = ""
    compose: str = ""
    """Key of a Compose service that says the same; empty when there is none."""

    @property
    def attribute(self) -> str:
        """Return the name as Python writes it."""
        return self.name.replace("-", "_")
