"""What a container needs before it can be made (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj
from bouvier.meta.resources import CONFIGMAPS, SECRETS

# Reference grammar of the distribution project: [host[:port]/]path[:tag][@digest].
_NAME_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_HOST = r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*(?::[0-9]+)?"
_REFERENCE = re.compile(
    rf"(?:{_HOST}/)?{_NAME_PART}(?:/{_NAME_PART})*(?::[\w][\w.-]{{0,127}})?(?:@[A-Za-z][A-Za-z0-9+._-]*:[0-9a-fA-F]{{32,}})?"
)
_ADDRESS_FIELDS = frozenset({"status.podIP", "status.podIPs"})


class Reference(NamedTuple):
    """A ConfigMap or Secret in the pod's namespace."""

    resource: Resource
    name: str


def is_image_name(image: str) -> bool:
    """Tell whether the text is an image reference."""
    return bool(image) and _REFERENCE.fullmatch(image) is not None


def full_image_name(image: str) -> str:
    """Return the name under which engines list an image: no default registry, always a tag or digest."""
    for prefix in ("docker.io/library/", "docker.io/", "index.docker.io/library/", "index.docker.io/"):
        if image.startswith(prefix):
            image = image.removeprefix(prefix)
            break
    if "@" in image or ":" in image.rpartition("/")[2]:
        return image
    return image + ":latest"


def pull_policy(container: Obj) -> str:
    """Return `Always`, `IfNotPresent` or `Never`."""
    if policy := container.get("imagePullPolicy"):
        return str(policy)
    return "Always" if full_image_name(container.get("image", "")).endswith(":latest") else "IfNotPresent"


def needs_addresses(container: Obj) -> bool:
    """Tell whether the environment of a container names the pod's addresses."""
    sources = (entry.get("valueFrom") or {} for entry in container.get("env") or ())
    return any((source.get("fieldRef") or {}).get("fieldPath") in _ADDRESS_FIELDS for source in sources)


def environment_references(container: Obj) -> Iterator[Reference]:
    """Yield the ConfigMaps and Secrets that the environment of a container is read from."""
    for entry in container.get("envFrom") or ():
        if source := entry.get("configMapRef"):
            yield Reference(CONFIGMAPS, source["name"])
        if source := entry.get("secretRef"):
            yield Reference(SECRETS, source["name"])
    for entry in container.get("env") or ():
        value_from = entry.get("valueFrom") or {}
        if source := value_from.get("configMapKeyRef"):
            yield Reference(CONFIGMAPS, source["name"])
        if source := value_from.get("secretKeyRef"):
            yield Reference(SECRETS, source["name"])
