"""Mounts: folders of the host, volumes, memory.

A named volume is a claim: it lasts, and whoever names it shares it. In a service that runs on every host it is a folder
that lives as long as its pod, since a claim's data is on one host; each is reported.
"""

from __future__ import annotations

import posixpath
import re
from typing import Any

from bouvier.stacks.compose.fields import Fields
from bouvier.stacks.compose.values import dns_label, size
from bouvier.stacks.objects.lasting import LastingVolumes

NOT_LASTING = "in a global service a named volume lives as long as its pod; for lasting data mount a folder of the host"
_QUIET_MODES = frozenset({"rw", "z", "Z", "nocopy", "cached", "delegated", "consistent", ""})


class Mounts:
    """The volumes of one pod, filled by its containers."""

    def __init__(self, base_folder: str, lasting: LastingVolumes | None) -> None:
        self._base = base_folder
        self._lasting = lasting
        self.volumes: dict[str, dict[str, Any]] = {}
        self._by_service: dict[str, list[dict[str, Any]]] = {}

    def add(self, fields: Fields, service: str) -> list[dict[str, Any]]:
        """Return the mounts of one container, and remember the volumes that they need."""
        mounts: dict[str, dict[str, Any]] = {}
        for index, entry in enumerate(fields.items("volumes")):
            mount = self._mount(fields, f"volumes[{index}]", entry, f"{dns_label(service)}-{index}")
            mounts[mount["mountPath"]] = mount
        for index, entry in enumerate(fields.items("tmpfs")):
            path, _, options = str(entry).partition(":")
            limit = re.search(r"size=(\w+)", options)
            mounts[path] = self._memory(f"{dns_label(service)}-tmpfs-{index}", path, limit[1] if limit else None)
        if fields.has("shm_size"):
            shm = self._memory(f"{dns_label(service)}-shm", "/dev/shm", fields.text("shm_size"))  # noqa: S108
            mounts["/dev/shm"] = shm  # noqa: S108
        for index, entry in enumerate(fields.items("volumes_from")):
            self._borrow(fields, f"volumes_from[{index}]", str(entry), mounts)
        self._by_service[service] = list(mounts.values())
        return self._by_service[service]

    def _mount(self, fields: Fields, key: str, entry: Any, own_name: str) -> dict[str, Any]:
        if isinstance(entry, dict):
            return self._long(fields, key, entry, own_name)
        parts = str(entry).split(":")
        if len(parts) == 1:
            return self._volume(own_name, {"emptyDir": {}}, parts[0], read_only=False)
        source, target, *modes = parts
        options = set(modes[0].split(",")) if modes else set()
        for option in sorted(options - _QUIET_MODES - {"ro"}):
            fields.ignore(key, f"the option {option} has no effect")
        if source.startswith(("/", ".", "~")):
            return self._bind(fields, key, source, target, read_only="ro" in options, create=True)
        return self._named(fields, key, source, target, read_only="ro" in options)

    def _long(self, fields: Fields, key: str, entry: dict[str, Any], own_name: str) -> dict[str, Any]:
        kind, target = entry.get("type", "volume"), str(entry.get("target") or "")
        if not target:
            raise fields.error(key, "a mount needs a target")
        read_only = bool(entry.get("read_only"))
        if kind == "bind":
            create = (entry.get("bind") or {}).get("create_host_path", True)
            return self._bind(fields, key, str(entry.get("source", "")), target, read_only=read_only, create=create)
        if kind == "tmpfs":
            return self._memory(own_name, target, (entry.get("tmpfs") or {}).get("size"))
        if kind != "volume":
            raise fields.error(key, f"mounts of type {kind} are not supported", "use bind, volume or tmpfs")
        source = entry.get("source")
        if source:
            mount = self._named(fields, key, str(source), target, read_only=read_only)
        else:
            mount = self._volume(own_name, {"emptyDir": {}}, target, read_only=read_only)
        subpath = (entry.get("volume") or {}).get("subpath")
        return mount | ({"subPath": subpath} if subpath else {})

    def _named(self, fields: Fields, key: str, name: str, target: str, *, read_only: bool) -> dict[str, Any]:
        claim = self._lasting.claim(name) if self._lasting else ""
        if not claim:
            reason = self._lasting.why_not(name) if self._lasting else NOT_LASTING
            fields.ignore(key, reason)
            return self._volume(dns_label(name), {"emptyDir": {}}, target, read_only=read_only)
        source = {"persistentVolumeClaim": {"claimName": claim}}
        return self._volume(dns_label(name), source, target, read_only=read_only)

    def _bind(
        self, fields: Fields, key: str, source: str, target: str, *, read_only: bool, create: bool
    ) -> dict[str, Any]:
        if source.startswith("~"):
            raise fields.error(key, f"{source}: whose home? ", "write the whole path")
        if not source.startswith("/"):
            if not self._base:
                raise fields.error(
                    key, f"{source} is relative, and the folder of the file is not known", "write it whole"
                )
            source = posixpath.join(self._base, source)
        path = posixpath.normpath(source)
        name = "host-" + (dns_label(path) or "root")[-50:].strip("-")
        while self.volumes.get(name, {}).get("hostPath", {}).get("path", path) != path:
            name += "x"
        # Sockets and files are mounted as they are; only what does not exist is made, as a folder.
        kind = "" if not create or "." in posixpath.basename(path) else "DirectoryOrCreate"
        return self._volume(name, {"hostPath": {"path": path, "type": kind}}, target, read_only=read_only)

    def _memory(self, name: str, path: str, limit: Any) -> dict[str, Any]:
        empty: dict[str, Any] = {"medium": "Memory"}
        if limit:
            empty["sizeLimit"] = size(limit)
        return self._volume(name, {"emptyDir": empty}, path, read_only=False)

    def _volume(self, name: str, source: dict[str, Any], path: str, *, read_only: bool) -> dict[str, Any]:
        self.volumes[name] = {"name": name, **source}
        return {"name": name, "mountPath": path, **({"readOnly": True} if read_only else {})}

    def _borrow(self, fields: Fields, key: str, entry: str, mounts: dict[str, dict[str, Any]]) -> None:
        name, _, mode = entry.removeprefix("container:").partition(":")
        if name not in self._by_service:
            advice = f"make them sidekicks of one service: labels: {{io.rancher.sidekicks: {name}}}"
            raise fields.error(key, f"{name} is not in the same pod, or comes later", advice)
        for mount in self._by_service[name]:
            borrowed = {**mount, "readOnly": True} if mode == "ro" else mount
            mounts.setdefault(mount["mountPath"], borrowed)
