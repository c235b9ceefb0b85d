"""An EncryptionConfiguration (`apiserver.config.k8s.io/v1`): reading a file, and naming every field that is wrong.

Source: https://kubernetes.io/docs/reference/config-api/apiserver-config.v1/#apiserver-config-k8s-io-v1-EncryptionConfiguration
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import yaml

from bouvier.apiserver.sealing.boxes import KEY_BYTES, Box, make_box

API_VERSION = "apiserver.config.k8s.io/v1"


class _Key(msgspec.Struct, forbid_unknown_fields=True):
    name: str = ""
    secret: str = ""


class _Keys(msgspec.Struct, forbid_unknown_fields=True):
    keys: list[_Key] = []


class _Provider(msgspec.Struct, forbid_unknown_fields=True):
    aesgcm: _Keys | None = None
    aescbc: _Keys | None = None
    secretbox: _Keys | None = None
    identity: dict[str, Any] | None = None
    kms: dict[str, Any] | None = None


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    resources: list[str] = []
    providers: list[_Provider] = []


class _Document(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    api_version: str = ""
    kind: str = ""
    metadata: dict[str, Any] = {}
    resources: list[_Entry] = []


@dataclass(frozen=True, slots=True)
class Entry:
    """Some resources, and how they are sealed."""

    resources: tuple[str, ...]
    boxes: tuple[Box | None, ...]
    """In order; None is the plain form. The first writes, every one opens."""

    def covers(self, group: str, plural: str) -> bool:
        """Tell whether the entry is about a resource."""
        own = {f"{plural}.{group}" if group else plural, f"*.{group}", "*.*"}
        return any(name in own for name in self.resources)


@dataclass(frozen=True, slots=True)
class Configuration:
    """Entries in order: the first that covers a resource decides."""

    entries: tuple[Entry, ...] = ()

    def entry_of(self, group: str, plural: str) -> Entry | None:
        """Return what decides how a resource is sealed, None where nothing is said."""
        return next((entry for entry in self.entries if entry.covers(group, plural)), None)


def read_configuration(path: Path) -> Configuration:
    """Return the configuration of a file.

    Raises:
        ValueError: the file cannot be read, or is none; names file and field.

    """
    try:
        return parse_configuration(path.read_bytes())
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def parse_configuration(text: bytes | str) -> Configuration:
    """Return the configuration that YAML or JSON describes.

    Raises:
        ValueError: it is none; names the field.

    """
    try:
        document = msgspec.convert(yaml.safe_load(text), type=_Document)
    except yaml.YAMLError as error:
        raise ValueError(f"not YAML: {error}") from None
    except msgspec.ValidationError as error:
        raise ValueError(str(error).replace(" - at `$", " at `")) from None
    if (document.api_version, document.kind) != (API_VERSION, "EncryptionConfiguration"):
        raise ValueError(f"expected apiVersion {API_VERSION} and kind EncryptionConfiguration")
    errors = list(_errors(document))
    if errors:
        raise ValueError("; ".join(errors))
    return Configuration(tuple(_entry(entry) for entry in document.resources))


def _entry(entry: _Entry) -> Entry:
    boxes = [box for provider in entry.providers for box in _boxes(provider)]
    return Entry(tuple(entry.resources), tuple(boxes))


def _boxes(provider: _Provider) -> Iterator[Box | None]:
    if provider.identity is not None:
        yield None
    for name in KEY_BYTES:
        for key in (getattr(provider, name) or _Keys()).keys:
            yield make_box(name, key.name, base64.b64decode(key.secret))


def _errors(document: _Document) -> Iterator[str]:
    if not document.resources:
        yield "resources: Required value: at least one entry is needed"
    seen: set[str] = set()
    for number, entry in enumerate(document.resources):
        path = f"resources[{number}]"
        if not entry.resources:
            yield f"{path}.resources: Required value"
        for index, name in enumerate(entry.resources):
            yield from _resource_errors(name, f"{path}.resources[{index}]", seen)
        if not entry.providers:
            yield f"{path}.providers: Required value"
        for index, provider in enumerate(entry.providers):
            yield from _provider_errors(provider, f"{path}.providers[{index}]")


def _resource_errors(name: str, path: str, seen: set[str]) -> Iterator[str]:
    plural, dot, group = name.partition(".")
    if name != name.lower() or "/" in name or not plural:
        yield f'{path}: Invalid value: "{name}": expected a plural in small letters, such as secrets or widgets.example.com'
    elif plural == "*" and not dot:
        yield f'{path}: Invalid value: "*": use *.* for everything and *. for the core group'
    elif "*" in name.removeprefix("*.") and name != "*.*":
        yield f'{path}: Invalid value: "{name}": * stands for all resources (*.GROUP) or for everything (*.*)'
    elif plural != "*" and dot and not group:
        yield f'{path}: Invalid value: "{name}": a resource of the core group has no dot'
    if name in seen:
        yield f'{path}: Invalid value: "{name}": an earlier entry decides for it already'
    masking = {"*.*", f"*.{group}"} & seen
    if masking and name not in seen:
        yield f'{path}: Invalid value: "{name}": {min(masking)} of an earlier entry decides for it already'
    seen.add(name)


def _provider_errors(provider: _Provider, path: str) -> Iterator[str]:
    given = [name for name in (*KEY_BYTES, "identity", "kms") if getattr(provider, name) is not None]
    if len(given) != 1:
        said = " and ".join(given) or "none"
        yield f"{path}: expected one of aesgcm, aescbc, secretbox and identity, not {said}"
        return
    if provider.kms is not None:
        yield f"{path}.kms: Forbidden: key management services are not supported; use aesgcm, aescbc or secretbox"
    if given[0] not in KEY_BYTES:
        return
    keys = getattr(provider, given[0]).keys
    if not keys:
        yield f"{path}.{given[0]}.keys: Required value"
    for number, key in enumerate(keys):
        yield from _key_errors(key, given[0], f"{path}.{given[0]}.keys[{number}]")
    names = [key.name for key in keys]
    if len(set(names)) != len(names):
        yield f"{path}.{given[0]}.keys: Invalid value: two keys have the same name"


def _key_errors(key: _Key, provider: str, path: str) -> Iterator[str]:
    if not key.name:
        yield f"{path}.name: Required value"
    if ":" in key.name:
        yield f'{path}.name: Invalid value: "{key.name}": must not contain a colon'
    if not key.secret:
        yield f"{path}.secret: Required value"
        return
    try:
        length = len(base64.b64decode(key.secret, validate=True))
    except (binascii.Error, ValueError):
        yield f"{path}.secret: Invalid value: not base64"
        return
    if length not in KEY_BYTES[provider]:
        lengths = " or ".join(map(str, KEY_BYTES[provider]))
        yield f"{path}.secret: Invalid value: {length} bytes, expected {lengths}"
