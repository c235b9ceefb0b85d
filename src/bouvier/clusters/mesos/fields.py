"""Our canonical fields of a Mesos workload, the same for an app of Marathon and for a task of our own framework.

| field | what |
|---|---|
| `replicas`, `global` | how many tasks; `global` is one on every agent |
| `image`, `cmd`, `args`, `env` | what runs: `cmd` is a line for a shell, `args` words for the image's entry point |
| `ports` | `[container port, protocol, name]` each; every task gets a host port for each |
| `cpu`, `memory` | what a task reserves, in thousandths and MiB; `cpu_limit`, `memory_limit` 0 for none |
| `volumes` | `[path, folder of the host or of the sandbox, RW|RO]` |
| `files` | `[path, hash of the content]`: keys of ConfigMaps and Secrets |
| `health`, `check` | what liveness and readiness probes become |
| `host`, `restarts` | of a pod that our own scheduler placed: its agent, and whether it is started again |
| `constraints` | `[attribute, operator, value]` |
| `grace`, `labels`, `parameters`, `privileged`, `containerizer` | as their names say |
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from bouvier.clusters.driver import Fields

STAMPS = "io.bouvier."
"""Labels of apps and tasks that begin like this are ours and no part of their fields."""
TAKEN_OVER = ("replicas", "image", "cmd", "args", "env")
TEMPLATE_FIELDS = frozenset(
    (
        "image",
        "cmd",
        "args",
        "env",
        "ports",
        "cpu",
        "cpu_limit",
        "memory",
        "memory_limit",
        "volumes",
        "health",
        "check",
        "constraints",
        "grace",
        "labels",
        "parameters",
        "privileged",
        "containerizer",
    )
)
"""A change of one of them is a new revision; `files` replace tasks too, but follow other objects."""
NO_IMAGE = "none"
"""Image of the objects that show tasks which run without one."""
SHELL = ("/bin/sh", "-c")
BRIDGE = "mesos-bridge"
"""The container network by name that agents offer for port mappings (as Marathon's `--default_network_name` does)."""


def compact(fields: Fields) -> Fields:
    """Return fields without those that say nothing."""
    return {name: value for name, value in fields.items() if value or name == "replicas"}


def line_of(command: Sequence[str], args: Sequence[str]) -> str:
    """Return a shell's line that runs a command and its arguments in its own place."""
    words = [*command, *args]
    if tuple(words[:2]) == SHELL and len(words) == 3:
        return words[2]
    return f"exec {shlex.join(words)}"


def words_of(line: str) -> list[str]:
    """Return a command for a shell's line, the inverse of `line_of`."""
    if line.startswith("exec "):
        try:
            words = shlex.split(line.removeprefix("exec "))
        except ValueError:
            return [*SHELL, line]
        if line_of(words, ()) == line:
            return words
    return [*SHELL, line]


def stamps(cluster_uid: str, uid: str, kind: str, namespace: str, name: str) -> dict[str, str]:
    """Return the labels of what is ours; they never change, because a changed label replaces tasks."""
    values = {"cluster": cluster_uid, "uid": uid, "kind": kind, "namespace": namespace, "name": name}
    return {f"{STAMPS}{key}": value for key, value in values.items()}


def labels_of_task(task: Mapping[str, Any]) -> dict[str, str]:
    """Return the labels of a Task message."""
    return {entry["key"]: entry.get("value", "") for entry in (task.get("labels") or {}).get("labels") or ()}
