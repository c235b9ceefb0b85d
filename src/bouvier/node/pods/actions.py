"""What can be done for a pod. Each action names the key of its work: one piece of work a key at a time."""

from __future__ import annotations

from dataclasses import dataclass

from bouvier.node.pods.identity import Role

VOLUMES = "volumes"
SANDBOX = "sandbox"
POD = "pod"


def container_key(name: str) -> str:
    """Return the key of work on a container."""
    return f"container:{name}"


def resize_key(name: str) -> str:
    """Return the key of changing a container's resources."""
    return f"resize:{name}"


def image_key(name: str) -> str:
    """Return the key of pulling a container's image."""
    return f"image:{name}"


@dataclass(frozen=True, slots=True)
class PrepareVolumes:
    """Make the folders and files of all volumes."""

    key: str = VOLUMES


@dataclass(frozen=True, slots=True)
class CreateSandbox:
    """Make a sandbox."""

    attempt: int
    key: str = SANDBOX


@dataclass(frozen=True, slots=True)
class StartSandbox:
    """Start the sandbox and attach its network."""

    id: str
    key: str = SANDBOX


@dataclass(frozen=True, slots=True)
class AttachNetwork:
    """Attach the network of a sandbox that runs already."""

    id: str
    pid: int
    key: str = SANDBOX


@dataclass(frozen=True, slots=True)
class RemoveSandbox:
    """Detach the network and remove a sandbox that cannot be used (any more)."""

    id: str
    why: str = ""
    """Reason to tell the user; empty when the pod is simply over."""
    key: str = SANDBOX


@dataclass(frozen=True, slots=True)
class PullImage:
    """Fetch a container's image."""

    container: str
    image: str
    attempt: int

    @property
    def key(self) -> str:
        """Return the key of the work."""
        return image_key(self.container)


@dataclass(frozen=True, slots=True)
class CreateContainer:
    """Make a container, not yet started."""

    container: str
    role: Role
    attempt: int
    level: int
    sandbox: str

    @property
    def key(self) -> str:
        """Return the key of the work."""
        return container_key(self.container)


@dataclass(frozen=True, slots=True)
class StartContainer:
    """Start a container and run its postStart hook."""

    container: str
    id: str

    @property
    def key(self) -> str:
        """Return the key of the work."""
        return container_key(self.container)


@dataclass(frozen=True, slots=True)
class StopContainer:
    """Run the preStop hook, signal, wait, kill."""

    container: str
    id: str
    deadline: float
    why: str
    run_hook: bool = True

    @property
    def key(self) -> str:
        """Return the key of the work."""
        return container_key(self.container)


@dataclass(frozen=True, slots=True)
class ResizeContainer:
    """Give a running container the resources that it was granted."""

    container: str
    id: str

    @property
    def key(self) -> str:
        """Return the key of the work; the container itself may end or be stopped meanwhile."""
        return resize_key(self.container)


@dataclass(frozen=True, slots=True)
class RemoveContainer:
    """Remove a container that is no longer of use."""

    id: str

    @property
    def key(self) -> str:
        """Return the key of the work; others of the same name may be worked on meanwhile."""
        return f"remove:{self.id}"


@dataclass(frozen=True, slots=True)
class FinishPod:
    """Write the last status, remove everything of the pod from this host, then the object itself."""

    key: str = POD


Action = (
    PrepareVolumes
    | CreateSandbox
    | StartSandbox
    | AttachNetwork
    | RemoveSandbox
    | PullImage
    | CreateContainer
    | StartContainer
    | StopContainer
    | ResizeContainer
    | RemoveContainer
    | FinishPod
)
