"""Writing a stack as files that make the same stack again.

The files are the merged ones: variables replaced, extensions and files of variables worked in, contents of secrets and
configs written out, `$` doubled. So they need nothing beside them.
"""

from __future__ import annotations

from typing import Any

import yaml

from bouvier.stacks.compose.interpolation import escape
from bouvier.stacks.compose.loading import Source, load

COMPOSE_FILE, RANCHER_FILE = "docker-compose.yml", "rancher-compose.yml"


class _Dumper(yaml.SafeDumper):
    """Writes text with line breaks as blocks, and every scalar so that it is read as the same type."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the library's signature
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    is_plain = value.replace("-", "").replace("_", "").isalpha() and value.lower() not in _WORDS
    style = "|" if "\n" in value and not value.startswith((" ", "\n")) else None if is_plain else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_Dumper.add_representer(str, _text)


def export(source: Source) -> dict[str, str]:
    """Return the texts by file name.

    Raises:
        StackError: the source is not understood.
    """
    project = load(source)
    compose = {key: value for key, value in project.compose.data.items() if value}
    for section in ("secrets", "configs"):
        for name, given in (compose.get(section) or {}).items():
            compose[section][name] = _written_out(given or {}, source)
    if source.base_folder:
        for service in compose["services"].values():
            _absolute(service, source.base_folder)
    texts = {COMPOSE_FILE: _dump(escape(compose))}
    rancher = {key: value for key, value in project.rancher.data.items() if value}
    if rancher.get("services"):
        texts[RANCHER_FILE] = _dump(escape(rancher))
    return texts


def _dump(value: Any) -> str:
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


def _written_out(given: dict[str, Any], source: Source) -> dict[str, Any]:
    rest = {key: value for key, value in given.items() if key not in ("file", "environment")}
    if "file" in given and given["file"] in source.files:
        return {**rest, "content": source.files[given["file"]]}
    if "environment" in given and given["environment"] in source.environment:
        return {**rest, "content": source.environment[given["environment"]]}
    return given


def _absolute(service: dict[str, Any], base: str) -> None:
    """Write mounts of folders beside the file whole, since the new files stand elsewhere."""
    for index, mount in enumerate(service.get("volumes") or []):
        if isinstance(mount, str) and mount.startswith("."):
            service["volumes"][index] = f"{base.rstrip('/')}/{mount}"
        elif isinstance(mount, dict) and str(mount.get("source", "")).startswith("."):
            mount["source"] = f"{base.rstrip('/')}/{mount['source']}"
