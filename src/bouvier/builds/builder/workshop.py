"""What every run of a Build uses: the engine, the API, the registry, and folders of the host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bouvier.client.events import Recorder
from bouvier.client.rest import Client
from bouvier.engine.protocol import Engine


class Registry(Protocol):
    """The platform's registry, as a builder needs it."""

    address: str
    """Host and port in the names of its images."""

    async def ensure(self) -> None:
        """Start it if it does not run, and wait until it answers. Raises: OSError with the reason."""

    async def token(self, repository: str, actions: str) -> str:
        """Return a token for a repository. Raises: ApiError, ConnectionError."""


class Maker(Protocol):
    """Makes images of recipes on this host."""

    def knows(self, image: str) -> bool:
        """Tell whether there is a recipe for an image."""

    async def make(self, image: str) -> None:
        """Bring the image into the host's engine. Raises: EngineError."""


@dataclass(frozen=True)
class Workshop:
    """Everything that runs share."""

    client: Client
    engine: Engine
    recorder: Recorder
    registry: Registry
    maker: Maker
    folder: Path
    """Logs, uploaded sources and working copies; below `DIR/builds`."""
    host: str
    """Name of this host's Node."""
    cgroup_parent: str = ""
    platform: str = ""
    """Platform id, the label by which everything of it on an engine is found."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Build arguments for every source build: where package indexes are."""

    def log_file(self, uid: str) -> Path:
        """Return the log of a Build."""
        return self.folder / "logs" / f"{uid}.log"

    def upload_file(self, uid: str) -> Path:
        """Return the uploaded source of a Build."""
        return self.folder / "uploads" / f"{uid}.tar"

    def work_dir(self, uid: str) -> Path:
        """Return the folder in which a Build is worked on; it goes with it."""
        return self.folder / "work" / uid
