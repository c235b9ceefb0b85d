"""Secrets and configs: objects of the cluster, and files in containers.

A secret stands in `/run/secrets/NAME`, a config in `/NAME`, or where `target` says. Content comes from a file, a variable
or the text itself; `external` names an object that exists already, with the key `content`.
"""

from __future__ import annotations

import base64
import posixpath
from collections.abc import Mapping
from typing import Any

from bouvier.kinds.volumes.names import FILE_OWNER
from bouvier.meta.objects import Obj
from bouvier.stacks.compose.fields import Fields
from bouvier.stacks.compose.loading import Project
from bouvier.stacks.compose.values import dns_label

KEY = "content"
_FOLDERS = {"secrets": "/run/secrets", "configs": "/"}


class StoredFiles:
    """The secrets and configs of a project."""

    def __init__(self, project: Project, prefix: str, environment: Mapping[str, str], files: Mapping[str, str]) -> None:
        self._environment, self._files = environment, files
        self.objects: list[Obj] = []
        self._names: dict[tuple[str, str], str] = {}
        for section, kind in (("secrets", "Secret"), ("configs", "ConfigMap")):
            for name, given in (project.compose.data.get(section) or {}).items():
                fields = Fields(given or {}, f"{section}.{name}", project.compose, project.ignored)
                self._add(section, kind, name, fields, prefix)

    def _add(self, section: str, kind: str, name: str, fields: Fields, prefix: str) -> None:
        own_name = fields.text("name") or name
        if fields.take("external"):
            self._names[section, name] = dns_label(own_name)
            fields.finish({})
            return
        object_name = f"{prefix}-{section[:-1]}-{dns_label(name)}"
        text = self._content(fields)
        fields.finish(
            {"labels": "labels of stored files are not kept", "driver": "one store", "driver_opts": "one store"}
        )
        body: Obj = {"apiVersion": "v1", "kind": kind, "metadata": {"name": object_name}}
        if kind == "Secret":
            body |= {"type": "Opaque", "data": {KEY: base64.b64encode(text.encode()).decode()}}
        else:
            body |= {"data": {KEY: text}}
        self.objects.append(body)
        self._names[section, name] = object_name

    def _content(self, fields: Fields) -> str:
        if fields.has("content"):
            return fields.text("content")
        if fields.has("environment"):
            variable = fields.text("environment")
            if variable not in self._environment:
                raise fields.error("environment", f"the variable {variable} is not set")
            return self._environment[variable]
        file = fields.text("file")
        if not file:
            raise fields.error("", "expected one of file, environment, content, external")
        if file not in self._files:
            raise fields.error("file", f"there is no file {file}")
        return self._files[file]

    def mounts(self, fields: Fields, service: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, str]]:
        """Return `(volumes, mounts, annotations)` for what a service takes; the last say who owns the files."""
        volumes, mounts, owners = [], [], {}
        for section, folder in _FOLDERS.items():
            for index, entry in enumerate(fields.items(section)):
                wish = entry if isinstance(entry, dict) else {"source": str(entry)}
                name = str(wish.get("source", ""))
                if (section, name) not in self._names:
                    raise fields.error(
                        f"{section}[{index}]", f"there is no {section[:-1]} {name} at the top of the file"
                    )
                target = posixpath.join(folder, str(wish.get("target") or name))
                volume = f"{dns_label(service)}-{section[:-1]}-{index}"
                owner = _owner(fields, f"{section}[{index}]", wish)
                if owner:
                    owners[FILE_OWNER + volume] = owner
                volumes.append({"name": volume, **_source(section, self._names[section, name], wish.get("mode"))})
                mounts.append({"name": volume, "mountPath": target, "subPath": KEY, "readOnly": True})
        return volumes, mounts, owners


def _owner(fields: Fields, key: str, wish: Mapping[str, Any]) -> str:
    """Return `UID:GID` of a stored file, empty for root's."""
    given = {part: str(wish.get(part) or "0") for part in ("uid", "gid")}
    for part, value in given.items():
        if not value.isdecimal():
            raise fields.error(f"{key}.{part}", f"{value} is not a number", "look it up in the image: id NAME")
    return "" if given == {"uid": "0", "gid": "0"} else f"{given['uid']}:{given['gid']}"


def _source(section: str, name: str, mode: Any) -> dict[str, Any]:
    extra = {} if mode is None else {"defaultMode": mode if isinstance(mode, int) else int(str(mode), 8)}
    if section == "secrets":
        return {"secret": {"secretName": name, **extra}}
    return {"configMap": {"name": name, **extra}}
