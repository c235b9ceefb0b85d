"""Volumes of a run: `-v`, `--mount`, `--tmpfs` and `--shm-size`."""

from __future__ import annotations

from typing import Any, NamedTuple

from bouvier.cli.docker_run.annotated import is_annotated
from bouvier.cli.docker_run.request import RunRequest
from bouvier.cli.docker_run.values import parse_mount, quantity_of, size_bytes

ENGINE_SOCKET = "/var/run/docker.sock"
"""Where docker's own packages put it."""
MOUNT_FLAGS = frozenset({"ro", "rw", "z", "Z", "rshared", "rslave", "shared", "slave", "private", "rprivate", "nocopy"})


class Mount(NamedTuple):
    """One mount and the source of its volume."""

    path: str
    source: dict[str, Any]
    read_only: bool = False
    volume: str = ""
    """Name of a named volume: mounts of the same name share it."""


def mounts_of(request: RunRequest) -> list[Mount]:
    """Return every mount, in order of the options.

    Raises:
        ValueError: a value is not understood.
    """
    mounts = [_from_volume(text) for text in request.volume if not is_annotated("volume", text)]
    mounts += [_from_mount(text) for text in request.mount if not is_annotated("mount", text)]
    mounts += [_from_tmpfs(text) for text in request.tmpfs]
    if request.shm_size:
        mounts.append(Mount("/dev/shm", _memory(size_bytes("--shm-size", request.shm_size))))  # noqa: S108 - its name
    if request.use_api_socket:
        mounts.append(Mount(ENGINE_SOCKET, {"hostPath": {"path": ENGINE_SOCKET}}))
    paths = [mount.path for mount in mounts]
    twice = next((path for path in paths if paths.count(path) > 1), None)
    if twice:
        raise ValueError(f"{twice} is mounted twice")
    return mounts


def write_mounts(mounts: list[Mount], container: dict[str, Any], pod_spec: dict[str, Any]) -> None:
    """Add the mounts to a container and their volumes to its pod, in place."""
    volumes: dict[str, dict[str, Any]] = {}
    for index, mount in enumerate(mounts):
        name = mount.volume or f"volume-{index}"
        volumes.setdefault(name, {"name": name, **mount.source})
        entry: dict[str, Any] = {"name": name, "mountPath": mount.path}
        if mount.read_only:
            entry["readOnly"] = True
        container.setdefault("volumeMounts", []).append(entry)
    if volumes:
        pod_spec["volumes"] = list(volumes.values())


def _from_volume(text: str) -> Mount:
    parts = text.split(":")
    expected = "expected [/FOLDER|NAME:]/PATH[:ro]"
    if len(parts) > 3 or not all(parts):
        raise ValueError(f"--volume {text}: {expected}")
    if len(parts) == 1:
        return Mount(_path(f"--volume {text}", parts[0]), {"emptyDir": {}})
    source, path, flags = parts[0], parts[1], set(parts[2].split(",")) if len(parts) == 3 else set()
    if not flags <= MOUNT_FLAGS:
        raise ValueError(f"--volume {text}: {', '.join(sorted(flags - MOUNT_FLAGS))} is not understood; {expected}")
    return _stored(f"--volume {text}", source, path, read_only="ro" in flags)


def _from_mount(text: str) -> Mount:
    keys = parse_mount(text)
    kind, read_only = keys.get("type", "volume"), keys.get("readonly", "false") in ("true", "1")
    if kind == "tmpfs":
        size = keys.get("tmpfs-size")
        return Mount(keys["target"], _memory(size_bytes("--mount tmpfs-size", size) if size else 0))
    if kind == "bind" and not keys.get("source", "").startswith("/"):
        raise ValueError(f"--mount {text}: type=bind needs source=/FOLDER")
    if kind not in ("bind", "volume"):
        raise ValueError(f"--mount {text}: type={kind} is not supported; known: bind, volume, tmpfs")
    source = keys.get("source", "")
    return (
        _stored(f"--mount {text}", source, keys["target"], read_only=read_only)
        if source
        else Mount(keys["target"], {"emptyDir": {}})
    )


def _from_tmpfs(text: str) -> Mount:
    path, _, options = text.partition(":")
    size = next((option.removeprefix("size=") for option in options.split(",") if option.startswith("size=")), "")
    return Mount(_path(f"--tmpfs {text}", path), _memory(size_bytes("--tmpfs size", size) if size else 0))


def _stored(option: str, source: str, path: str, *, read_only: bool) -> Mount:
    _path(option, path)
    if source.startswith("/"):
        return Mount(path, {"hostPath": {"path": source}}, read_only)
    if source.startswith((".", "~")):
        raise ValueError(f"{option}: the folder must be named in full, such as $PWD/{source.lstrip('./~')}")
    return Mount(path, {"emptyDir": {}}, read_only, source)


def _path(option: str, path: str) -> str:
    if not path.startswith("/"):
        raise ValueError(f"{option}: the path in the container must begin with /")
    return path


def _memory(size: int) -> dict[str, Any]:
    return {"emptyDir": {"medium": "Memory"} | ({"sizeLimit": quantity_of(size)} if size else {})}
