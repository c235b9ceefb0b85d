"""What a node needs from a container engine.

Every call raises `engine.errors.EngineError` or one of its kinds. Calls are cancelled by cancelling the task; what
the engine had begun by then it finishes. Asking for a state that is already so (starting what runs, removing what is
gone) is no error.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from bouvier.engine.specs import (
    PLAIN_BUILD,
    BuildOptions,
    ContainerSpec,
    ExecSpec,
    LogOptions,
    RegistryAuth,
    Resources,
    SandboxSpec,
)
from bouvier.engine.states import (
    ContainerState,
    ContainerSummary,
    EngineEvent,
    EngineInfo,
    ImageInfo,
    Output,
    PullProgress,
    Usage,
)


class Session(Protocol):
    """Both directions of a running exec or attach."""

    async def receive(self) -> Output | None:
        """Return the next output, None at its end."""

    async def send(self, data: bytes) -> None:
        """Write to standard input."""

    async def close_stdin(self) -> None:
        """Tell the process that its input has ended; output goes on."""

    async def resize(self, width: int, height: int) -> None:
        """Set the size of its terminal in characters."""

    async def exit_code(self) -> int | None:
        """Return the exit code of an ended exec; None for an attach or while it runs."""


class LogSource(Protocol):
    """Whatever has containers with output."""

    def logs(self, container: str, options: LogOptions) -> AsyncIterator[Output]:
        """Read a container's output; ends when it is read, or with `follow` when the container ends."""


class Engine(Protocol):
    """Runs containers on one host."""

    async def info(self) -> EngineInfo:
        """Describe engine and machine."""

    async def create_sandbox(self, spec: SandboxSpec) -> str:
        """Make a sandbox that is not yet started and return its id."""

    async def create(self, spec: ContainerSpec) -> str:
        """Make a container that is not yet started and return its id."""

    async def start(self, container: str) -> None:
        """Start a sandbox or container."""

    async def stop(self, container: str, grace_seconds: int) -> None:
        """Send the stop signal, wait that long, then kill; return when it is dead."""

    async def update(self, container: str, resources: Resources) -> None:
        """Change weights and limits of a container that runs; zeroes leave what is there."""

    async def kill(self, container: str, signal: str = "KILL") -> None:
        """Send a signal."""

    async def remove(self, container: str) -> None:
        """Kill and remove a sandbox or container with its anonymous volumes."""

    async def inspect(self, container: str) -> ContainerState:
        """Return the present state."""

    async def containers(self, labels: Mapping[str, str]) -> list[ContainerSummary]:
        """List all containers and sandboxes, dead ones too, that carry these labels."""

    def execute(self, container: str, spec: ExecSpec) -> AbstractAsyncContextManager[Session]:
        """Run a process inside a running container."""

    def attach(self, container: str, *, stdin: bool) -> AbstractAsyncContextManager[Session]:
        """Connect to the streams of a container's first process."""

    def logs(self, container: str, options: LogOptions) -> AsyncIterator[Output]:
        """Read a container's output; ends when it is read, or with `follow` when the container ends."""

    async def usage(self, container: str) -> Usage:
        """Return what the container uses."""

    async def image(self, name: str) -> ImageInfo | None:
        """Return the image of that name or id, None when this host has none."""

    async def images(self) -> list[ImageInfo]:
        """List the images on this host."""

    def pull(self, name: str, auth: RegistryAuth | None = None) -> AsyncIterator[PullProgress]:
        """Fetch an image; the image is present when the iterator ends without an error."""

    async def remove_image(self, name: str) -> None:
        """Remove an image name, and the image with its last name."""

    async def import_image(self, archive: bytes | AsyncIterator[bytes], name: str, changes: Sequence[str] = ()) -> None:
        """Make an image of one layer from a tar archive; `changes` are instructions like `CMD ["sh"]`."""

    def build(
        self, context: bytes | AsyncIterator[bytes], name: str, options: BuildOptions = PLAIN_BUILD
    ) -> AsyncIterator[PullProgress]:
        """Build an image from a tar archive; the text of the steps is the build's log. It ends when nobody reads on."""

    def push(self, name: str, auth: RegistryAuth | None = None) -> AsyncIterator[PullProgress]:
        """Send an image to the registry that its name leads to; the last step carries the digest."""

    async def tag(self, image: str, name: str) -> None:
        """Give an image one more name."""

    async def create_volume(self, name: str, labels: Mapping[str, str], *, mode: str, size_bytes: int = 0) -> None:
        """Make a memory file system that containers can share; it lives while one of them runs.

        `mode` are mount options such as `mode=0777,gid=10`.
        """

    async def create_driver_volume(
        self, name: str, driver: str, options: Mapping[str, str], labels: Mapping[str, str]
    ) -> str:
        """Make a lasting volume with a volume driver of the engine, or find it made.

        Returns its scope: `global` when every host's engine sees the same volumes, else `local`.
        """

    async def volumes(self, labels: Mapping[str, str]) -> list[str]:
        """List the names of volumes that carry these labels."""

    async def remove_volume(self, name: str) -> None:
        """Remove a volume."""

    def events(self) -> AbstractAsyncContextManager[AsyncIterator[EngineEvent]]:
        """Follow what happens from the moment of entering; ends with `Unreachable` when the engine goes away."""

    async def close(self) -> None:
        """Close all connections."""
