"""The files of volumes that are made from API objects (pure).

ConfigMap, Secret, downward API and projected volumes become a map from path to bytes and mode.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from bouvier.kinds.volumes.names import FILE_OWNER
from bouvier.meta.objects import Obj, annotations_of
from bouvier.meta.resources import CONFIGMAPS, SECRETS
from bouvier.node.pods.environment import ConfigError, Sources, field_value, resource_value
from bouvier.node.pods.needs import Reference
from bouvier.node.pods.spec import all_containers_of

DEFAULT_MODE = 0o644
_TOKEN_MODE = 0o600
_LEAST_TOKEN_SECONDS = 600
_USUAL_TOKEN_SECONDS = 3600


class File(NamedTuple):
    """One file of a volume."""

    data: bytes
    mode: int
    owner: int | None = None
    """User id; None for root."""
    group: int | None = None
    """Group id; None for root's."""


class TokenRequest(NamedTuple):
    """A token that a projected volume asks for."""

    audience: str
    expiration_seconds: int


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the contents are made from."""

    sources: Sources
    tokens: Mapping[TokenRequest, str]


def is_made_of_objects(volume: Obj) -> bool:
    """Tell whether this module makes the contents of the volume."""
    return any(name in volume for name in ("configMap", "secret", "downwardAPI", "projected"))


def references(volume: Obj) -> Iterator[Reference]:
    """Yield the objects that a volume is made from."""
    for part in _parts(volume):
        if config_map := part.get("configMap"):
            yield Reference(CONFIGMAPS, config_map.get("name", ""))
        if secret := part.get("secret"):
            yield Reference(SECRETS, _secret_name(secret))


def token_requests(volume: Obj) -> Iterator[TokenRequest]:
    """Yield the tokens that a volume holds."""
    for part in _parts(volume):
        if token := part.get("serviceAccountToken"):
            yield _token_request(token)


def contents(volume: Obj, pod: Obj, inputs: Inputs) -> dict[str, File]:
    """Return the files by path.

    Raises:
        ConfigError: an object or key is missing, or a kind of source is not supported.
    """
    files: dict[str, File] = {}
    default_mode = _default_mode(volume)
    for part in _parts(volume):
        files |= _part(part, pod, inputs, default_mode)
    user, group = owner_of(pod, volume["name"])
    if user is None:
        return files
    return {path: file._replace(owner=user, group=group) for path, file in files.items()}


def owner_of(pod: Obj, volume: str) -> tuple[int | None, int | None]:
    """Return user and group that an annotation gives the files of a volume to.

    Raises:
        ConfigError: the annotation is not `UID` or `UID:GID`.
    """
    text = annotations_of(pod).get(FILE_OWNER + volume)
    if text is None:
        return None, None
    user, _, group = text.partition(":")
    if not user.isdecimal() or not (group or "0").isdecimal():
        raise ConfigError(f"annotation {FILE_OWNER}{volume}: {text} is not UID or UID:GID, in numbers")
    return int(user), int(group or user)


def _parts(volume: Obj) -> list[Obj]:
    if projected := volume.get("projected"):
        return projected.get("sources") or []
    return [{name: volume[name]} for name in ("configMap", "secret", "downwardAPI") if name in volume]


def _default_mode(volume: Obj) -> int:
    for name in ("configMap", "secret", "downwardAPI", "projected"):
        if name in volume and volume[name].get("defaultMode") is not None:
            return int(volume[name]["defaultMode"])
    return DEFAULT_MODE


def _part(part: Obj, pod: Obj, inputs: Inputs, mode: int) -> dict[str, File]:
    if config_map := part.get("configMap"):
        return _keys("configmap", config_map.get("name", ""), inputs.sources.config_maps, config_map, mode)
    if secret := part.get("secret"):
        return _keys("secret", _secret_name(secret), inputs.sources.secrets, secret, mode)
    if downward := part.get("downwardAPI"):
        return _downward(downward, pod, inputs.sources, mode)
    if token := part.get("serviceAccountToken"):
        request = _token_request(token)
        return {token["path"]: _token_file(inputs.tokens[request], pod, mode)}
    raise ConfigError(f"projected source {next(iter(part), '')} is not supported by this node")


def _secret_name(secret: Obj) -> str:
    return str(secret.get("secretName") or secret.get("name") or "")


def _token_request(token: Obj) -> TokenRequest:
    seconds = int(token.get("expirationSeconds") or _USUAL_TOKEN_SECONDS)
    return TokenRequest(token.get("audience") or "", max(seconds, _LEAST_TOKEN_SECONDS))


def _token_file(token: str, pod: Obj, mode: int) -> File:
    """Return the token's file: for its only user where that is known and for the pod's group, readable by all else."""
    users = {_run_as(pod, container) for _, container in all_containers_of(pod)}
    user = users.pop() if len(users) == 1 else None
    has_group = (pod["spec"].get("securityContext") or {}).get("fsGroup") is not None
    return File(token.encode(), mode if user is None and not has_group else _TOKEN_MODE, user)


def _run_as(pod: Obj, container: Obj) -> int | None:
    own = (container.get("securityContext") or {}).get("runAsUser")
    return (pod["spec"].get("securityContext") or {}).get("runAsUser") if own is None else own


def _keys(kind: str, name: str, objects: Mapping[str, Obj], source: Obj, mode: int) -> dict[str, File]:
    obj = objects.get(name)
    if obj is None:
        if source.get("optional"):
            return {}
        raise ConfigError(f'{kind} "{name}" not found')
    data = _bytes_of(kind, obj)
    items = source.get("items")
    if not items:
        return {key: File(value, mode) for key, value in data.items()}
    files = {}
    for item in items:
        if item["key"] in data:
            own_mode = item.get("mode")
            files[item["path"]] = File(data[item["key"]], mode if own_mode is None else int(own_mode))
        elif not source.get("optional"):
            raise ConfigError(f'{kind} references non-existent key: {item["key"]} (in {kind} "{name}")')
    return files


def _bytes_of(kind: str, obj: Obj) -> dict[str, bytes]:
    if kind == "secret":
        return {name: base64.b64decode(value) for name, value in (obj.get("data") or {}).items()}
    plain = {name: value.encode() for name, value in (obj.get("data") or {}).items()}
    return plain | {name: base64.b64decode(value) for name, value in (obj.get("binaryData") or {}).items()}


def _downward(source: Obj, pod: Obj, sources: Sources, mode: int) -> dict[str, File]:
    files = {}
    for item in source.get("items") or ():
        if reference := item.get("fieldRef"):
            text = field_value(pod, reference["fieldPath"], sources)
        else:
            text = resource_value(pod, {}, item["resourceFieldRef"], sources)
        own_mode = item.get("mode")
        files[item["path"]] = File(text.encode(), mode if own_mode is None else int(own_mode))
    return files
