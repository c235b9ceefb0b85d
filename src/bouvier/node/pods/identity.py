"""Names and labels by which containers are known to belong to a pod.

Everything the agent needs to take over after a restart is on the containers themselves: nothing is kept in files.
"""

from __future__ import annotations

import hashlib
from enum import Enum

import orjson

from bouvier.meta.objects import Obj, name_of, namespace_of, uid_of

_PREFIX = "io.bouvier."
PLATFORM = _PREFIX + "platform"
UID = _PREFIX + "pod.uid"
NAMESPACE = _PREFIX + "pod.namespace"
POD = _PREFIX + "pod.name"
CONTAINER = _PREFIX + "container.name"
ROLE = _PREFIX + "container.role"
ATTEMPT = _PREFIX + "container.attempt"
"""How many containers of this name the pod had before: the restart count."""
HASH = _PREFIX + "container.hash"
RESOURCES = _PREFIX + "container.resources"
"""What the container was made with, as JSON."""
SANDBOX = _PREFIX + "sandbox"
LEVEL = _PREFIX + "back-off"
"""How many restarts in quick succession preceded: 0 may be restarted at once."""


class Role(Enum):
    """What a container is for in its pod."""

    SANDBOX = "sandbox"
    INIT = "init"
    CONTAINER = "container"
    EPHEMERAL = "ephemeral"


def container_hash(container: Obj) -> str:
    """Return a digest of what makes a running container outdated when it changes: its image.

    Everything else in a container is immutable or (resources) changed in place; as the kubelet since 1.31.
    """
    fields = {"name": container["name"], "image": container.get("image", "")}
    return hashlib.sha256(orjson.dumps(fields)).hexdigest()[:12]


def sandbox_name(platform: str, pod: Obj, attempt: int) -> str:
    """Return the engine-wide name of a sandbox."""
    return f"bv{platform}_POD_{name_of(pod)}_{namespace_of(pod)}_{uid_of(pod)}_{attempt}"


def container_name(platform: str, pod: Obj, name: str, attempt: int) -> str:
    """Return the engine-wide name of a container."""
    return f"bv{platform}_{name}_{name_of(pod)}_{namespace_of(pod)}_{uid_of(pod)}_{attempt}"


def volume_name(platform: str, uid: str, volume: str) -> str:
    """Return the engine-wide name of a memory volume."""
    return f"bv{platform}_{uid}_{volume}"


def pod_labels(platform: str, pod: Obj) -> dict[str, str]:
    """Return the labels that everything of a pod carries."""
    return {PLATFORM: platform, UID: uid_of(pod), NAMESPACE: namespace_of(pod), POD: name_of(pod)}


def sandbox_labels(platform: str, pod: Obj, attempt: int) -> dict[str, str]:
    """Return the labels of a sandbox."""
    return pod_labels(platform, pod) | {ROLE: Role.SANDBOX.value, ATTEMPT: str(attempt)}


def container_labels(
    platform: str, pod: Obj, container: Obj, role: Role, *, attempt: int, level: int, sandbox: str
) -> dict[str, str]:
    """Return the labels of a container."""
    return pod_labels(platform, pod) | {
        ROLE: role.value,
        CONTAINER: container["name"],
        ATTEMPT: str(attempt),
        HASH: container_hash(container),
        SANDBOX: sandbox,
        LEVEL: str(level),
        RESOURCES: orjson.dumps(container.get("resources") or {}).decode(),
    }
