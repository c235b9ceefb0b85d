"""From what a user types to the spec of a release."""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bouvier.catalog.documents.yaml_reading import YamlError, read_yaml
from bouvier.catalog.entries import COMPOSE, object_name
from bouvier.catalog.helm.errors import ValuesError
from bouvier.catalog.helm.manifests import integers
from bouvier.catalog.helm.set_values import apply_set, put_value
from bouvier.catalog.helm.values import merged
from bouvier.cli.catalog.awaiting import wait_first_reading
from bouvier.cli.errors import CommandError
from bouvier.client import Client
from bouvier.kinds.catalog_v1 import catalogentries
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj

MOST_ARCHIVE_BYTES = 1536 * 1024
"""The API takes objects of 3 MiB; base64 adds a third."""


class Given(NamedTuple):
    """Values as they were typed."""

    assignments: Sequence[str] = ()
    """`--set`"""
    texts: Sequence[str] = ()
    """`--set-string`"""
    contents: Sequence[str] = ()
    """`--set-file`"""
    files: Sequence[Path] = ()
    """`--values`"""


def is_path(text: str) -> bool:
    """Tell whether an argument names a chart on this machine rather than CATALOG/ENTRY."""
    return text.startswith((".", "/", "~")) or text.endswith(".tgz") or (Path(text) / "Chart.yaml").is_file()


def packed(data: bytes, what: str) -> str:
    """Return an archive's bytes as a spec holds them.

    Raises:
        CommandError: it is too large to be sent.
    """
    if len(data) > MOST_ARCHIVE_BYTES:
        raise CommandError(
            f"{what}: the chart has {len(data) >> 10} KiB packed, {MOST_ARCHIVE_BYTES >> 10} are allowed",
            "leave out large files with .helmignore, or add its folder as a catalog: bouvier catalog add",
        )
    return base64.b64encode(data).decode()


async def format_of(client: Client, source: dict[str, Any]) -> str:
    """Return the format of what is named.

    Raises:
        CommandError: the catalog has no such entry.
    """
    if "archive" in source:
        return "chart"
    return str((await find_entry(client, source["catalog"], source["entry"]))["spec"]["format"])


async def find_entry(client: Client, catalog: str, entry: str) -> Obj:
    """Return the entry's object; a catalog that has not been read yet is waited for.

    Raises:
        CommandError: there is none.
    """
    await wait_first_reading(client, catalog)
    try:
        return await client.get(catalogentries.RESOURCE, object_name(catalog, entry))
    except ApiError as error:
        if error.reason != "NotFound":
            raise
    raise CommandError(f"there is no entry {catalog}/{entry}", "what there is: bouvier catalog ls")


def values_of(given: Given, before: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return the values of a release: those it has, files over them, assignments over those.

    Raises:
        CommandError: something is malformed.
    """
    values = merged(before, {})
    for path in given.files:
        values = merged(values, _file_values(path, kind))
    try:
        for text in given.assignments:
            _assign(values, text, kind, as_text=False)
        for text in given.texts:
            _assign(values, text, kind, as_text=True)
        for text in given.contents:
            _assign_file(values, text, kind)
    except ValuesError as error:
        raise CommandError(str(error)) from None
    return values


def _assign(values: dict[str, Any], text: str, kind: str, *, as_text: bool) -> None:
    if kind != COMPOSE:
        apply_set(values, text, as_text=as_text)
        return
    variable, equals, answer = text.partition("=")
    if not equals or not variable:
        raise ValuesError([f"--set {text}: expected VARIABLE=ANSWER"])
    values[variable] = answer


def _assign_file(values: dict[str, Any], text: str, kind: str) -> None:
    key, equals, name = text.partition("=")
    if not equals or not key or not name:
        raise ValuesError([f"--set-file {text}: expected KEY=FILE"])
    try:
        content = Path(name).expanduser().read_text()
    except OSError as error:
        raise ValuesError([f"--set-file {text}: {os.strerror(error.errno or 0)}"]) from None
    except UnicodeDecodeError:
        raise ValuesError([f"--set-file {text}: the file is no text in UTF-8"]) from None
    if kind == COMPOSE:
        values[key] = content
    else:
        put_value(values, key, content)


def _file_values(path: Path, kind: str) -> dict[str, Any]:
    try:
        text = path.read_text()
        found = read_yaml(text, as_texts=True) if kind == COMPOSE else integers(read_yaml(text))
    except YamlError as error:
        raise CommandError(f"{path}: {error}") from None
    except OSError as error:
        raise CommandError(f"{path}: {os.strerror(error.errno or 0)}") from None
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise CommandError(f"{path}: expected a mapping of values")
    return found
