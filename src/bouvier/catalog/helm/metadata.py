"""`Chart.yaml`: reading and checking.

Source: https://helm.sh/docs/topics/charts/#the-chartyaml-file
"""

from __future__ import annotations

import re
from typing import Any

from bouvier.catalog.documents.yaml_reading import YamlError, read_yaml
from bouvier.catalog.helm.errors import ChartError
from bouvier.catalog.versions import version_or_none

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_TYPES = ("", "application", "library")


def read_metadata(text: str, where: str) -> dict[str, Any]:
    """Return what a `Chart.yaml` says.

    Raises:
        ChartError: it is no mapping, lacks a field, or has one with a wrong value.
    """
    try:
        found = read_yaml(text)
    except YamlError as error:
        raise ChartError(f"{where}: {error}") from None
    if not isinstance(found, dict):
        raise ChartError(f"{where}: expected a mapping with apiVersion, name and version")
    metadata = {key: _text(value) if key in _TEXTS else value for key, value in found.items()}
    _check(metadata, where)
    return metadata


_TEXTS = ("apiVersion", "name", "version", "appVersion", "kubeVersion", "description", "type", "home", "icon")


def _text(value: Any) -> str:
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(value)
    return "" if value is None else str(value)


def _check(metadata: dict[str, Any], where: str) -> None:
    api_version = metadata.get("apiVersion")
    if api_version not in ("v1", "v2"):
        raise ChartError(f"{where}: apiVersion is {api_version or 'missing'}: expected v2, or v1 of Helm 2 charts")
    name, version = metadata.get("name", ""), metadata.get("version", "")
    if not _NAME.fullmatch(name):
        raise ChartError(f"{where}: name: expected letters, digits, dots and dashes, got {name!r}")
    if version_or_none(version) is None:
        raise ChartError(f"{where}: version: expected a version such as 1.2.3, got {version!r}")
    if metadata.get("type", "") not in _TYPES:
        raise ChartError(f"{where}: type: expected application or library, got {metadata['type']!r}")
    for index, entry in enumerate(metadata.get("dependencies") or ()):
        if not isinstance(entry, dict) or not entry.get("name"):
            raise ChartError(f"{where}: dependencies[{index}]: a name is needed")


def template_metadata(metadata: dict[str, Any], *, is_root: bool) -> dict[str, Any]:
    """Return the metadata under the names that templates use: `.Chart.AppVersion`."""
    made: dict[str, Any] = {name[0].upper() + name[1:]: metadata.get(name) or empty for name, empty in _FIELDS.items()}
    made["APIVersion"] = made.pop("ApiVersion")
    made["Maintainers"] = [_capitalised(one) for one in metadata.get("maintainers") or ()]
    made["Dependencies"] = [_capitalised(one) for one in metadata.get("dependencies") or ()]
    made["IsRoot"] = is_root
    return made


_FIELDS: dict[str, Any] = {
    "apiVersion": "",
    "name": "",
    "version": "",
    "appVersion": "",
    "kubeVersion": "",
    "description": "",
    "type": "",
    "home": "",
    "icon": "",
    "condition": "",
    "tags": "",
    "keywords": [],
    "sources": [],
    "deprecated": False,
    "annotations": None,
}


def _capitalised(entry: dict[str, Any]) -> dict[str, Any]:
    names = {"url": "URL", "import-values": "ImportValues"}
    return {names.get(key, key[0].upper() + key[1:]): value for key, value in entry.items()}
