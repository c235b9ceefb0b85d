"""Registry credentials from `imagePullSecrets` (pure).

Source: https://kubernetes.io/docs/concepts/containers/images/#specifying-imagepullsecrets-on-a-pod
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

import orjson

from bouvier.engine.specs import RegistryAuth
from bouvier.meta.objects import Obj

_DEFAULT_REGISTRY = "index.docker.io"
_DEFAULT_NAMES = frozenset({"docker.io", "registry-1.docker.io", _DEFAULT_REGISTRY})


def registry_of(image: str) -> str:
    """Return the registry that an image name leads to."""
    head, slash, _ = image.partition("/")
    if slash and ("." in head or ":" in head or head == "localhost"):
        return _DEFAULT_REGISTRY if head in _DEFAULT_NAMES else head
    return _DEFAULT_REGISTRY


def credentials_for(image: str, secrets: Iterable[Obj]) -> list[RegistryAuth]:
    """Return the credentials that fit an image, in the order of the secrets."""
    found = []
    for secret in secrets:
        for server, entry in _entries(secret).items():
            if _fits(server, image):
                found.append(_auth(server, entry))
    return found


def _entries(secret: Obj) -> dict[str, Any]:
    data = secret.get("data") or {}
    try:
        if text := data.get(".dockerconfigjson"):
            return dict(orjson.loads(base64.b64decode(text)).get("auths") or {})
        if text := data.get(".dockercfg"):
            return dict(orjson.loads(base64.b64decode(text)))
    except (ValueError, AttributeError):
        return {}  # not what its type promises: as if it were not there
    return {}


def _fits(server: str, image: str) -> bool:
    host, _, path = server.removeprefix("https://").removeprefix("http://").rstrip("/").partition("/")
    registry = registry_of(image)
    if host in _DEFAULT_NAMES:
        return registry == _DEFAULT_REGISTRY
    if not fnmatchcase(registry, host):
        return False
    return not path or path in {"v1", "v2"} or image.removeprefix(registry + "/").startswith(path)


def _auth(server: str, entry: dict[str, Any]) -> RegistryAuth:
    username, password = entry.get("username") or "", entry.get("password") or ""
    if not username and (combined := entry.get("auth")):
        username, _, password = base64.b64decode(combined).decode(errors="replace").partition(":")
    return RegistryAuth(username, password, server, entry.get("identitytoken") or "")
