"""Volumes of a pod as volumes of a task: folders of host and sandbox, and files from ConfigMaps and Secrets (pure).

Mesos has no objects for files, but a task may carry them as secrets by value, one for each file.
Source: https://mesos.apache.org/documentation/latest/secrets/ (file-based secrets)
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from bouvier.clusters.driver import Fields, Loss, Related
from bouvier.clusters.environment import RefusedError
from bouvier.meta.objects import Obj


def volumes(pod: Obj, container: Obj, related: Related, losses: list[Loss]) -> Fields:
    """Return `volumes` and `files`."""
    given = {volume["name"]: volume for volume in pod.get("volumes") or ()}
    folders: list[list[Any]] = []
    files: list[list[Any]] = []
    for index, mount in enumerate(container.get("volumeMounts") or ()):
        volume = given.get(mount["name"], {})
        path = f"spec.template.spec.containers[0].volumeMounts[{index}]"
        if "configMap" in volume or "secret" in volume:
            found = file_contents(volume, mount, related)
            files += [[target, hashlib.sha256(content).hexdigest()[:16]] for target, content in found.items()]
        else:
            folders.append(_folder(volume, mount, path, losses))
    return {"volumes": sorted(folders), "files": sorted(files)}


def _folder(volume: Obj, mount: Obj, path: str, losses: list[Loss]) -> list[Any]:
    mode = "RO" if mount.get("readOnly") else "RW"
    if mount.get("subPath"):
        raise RefusedError(f"{path}.subPath cannot be expressed on Mesos")
    if "emptyDir" in volume:
        if (volume["emptyDir"] or {}).get("medium") == "Memory":
            losses.append(Loss(path, "Mesos has no volumes in memory: it lies in the task's sandbox"))
        return [mount["mountPath"], f"volume-{volume['name']}", mode]
    if "hostPath" in volume:
        return [mount["mountPath"], volume["hostPath"]["path"], mode]
    kind = next((name for name in volume if name != "name"), "missing")
    raise RefusedError(
        f"{path}: volumes of the kind {kind} cannot be expressed on Mesos: use configMap, secret, emptyDir or hostPath"
    )


def file_contents(volume: Obj, mount: Obj, related: Related) -> dict[str, bytes]:
    """Return the files of a volume from a ConfigMap or Secret by their path in the container.

    Raises:
        RefusedError: it does not exist, or a key of it.
    """
    is_secret = "secret" in volume
    source = volume["secret"] if is_secret else volume["configMap"]
    name = source.get("secretName") if is_secret else source.get("name")
    obj = (related.secrets if is_secret else related.config_maps).get(name)
    if obj is None:
        if source.get("optional"):
            return {}
        raise RefusedError(f"{'Secret' if is_secret else 'ConfigMap'} {name} does not exist")
    contents = _contents(obj, is_secret=is_secret)
    items = {item["key"]: item["path"] for item in source.get("items") or ()} or {key: key for key in contents}
    base, part = mount["mountPath"].rstrip("/"), mount.get("subPath", "")
    found = {}
    for key, where in items.items():
        if key not in contents:
            raise RefusedError(f"key {key} of {name} does not exist")
        if not part or where == part:
            found[base if part else f"{base}/{where}"] = contents[key]
    return found


def _contents(obj: Obj, *, is_secret: bool) -> Mapping[str, bytes]:
    if is_secret:
        return {key: base64.b64decode(text) for key, text in (obj.get("data") or {}).items()}
    plain = {key: text.encode() for key, text in (obj.get("data") or {}).items()}
    return plain | {key: base64.b64decode(text) for key, text in (obj.get("binaryData") or {}).items()}


def contents_by_hash(obj: Obj, related: Related) -> dict[str, bytes]:
    """Return the contents of all files that a workload mounts, by the hash in its fields."""
    pod = obj["spec"]["template"]["spec"]
    given = {volume["name"]: volume for volume in pod.get("volumes") or ()}
    found = {}
    for mount in pod["containers"][0].get("volumeMounts") or ():
        volume = given.get(mount["name"], {})
        if "configMap" in volume or "secret" in volume:
            for content in file_contents(volume, mount, related).values():
                found[hashlib.sha256(content).hexdigest()[:16]] = content
    return found
