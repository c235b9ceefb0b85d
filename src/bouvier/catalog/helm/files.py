"""`.Files` in templates: the chart's files that are no templates.

Source: https://helm.sh/docs/chart_template_guide/accessing_files/
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from bouvier.catalog.documents.yaml_writing import write_yaml
from bouvier.catalog.gotemplate.values import Record


def files_record(files: Mapping[str, bytes]) -> Record:
    """Return `.Files` over some files."""
    methods: dict[str, Callable[..., Any]] = {
        "Get": lambda path: _text(files.get(path, b"")),
        "GetBytes": lambda path: files.get(path, b""),
        "Glob": lambda pattern: files_record({path: files[path] for path in files if _glob(pattern).fullmatch(path)}),
        "AsConfig": lambda: _as_map({_name(path): _text(files[path]) for path in files}),
        "AsSecrets": lambda: _as_map({_name(path): base64.b64encode(files[path]).decode() for path in files}),
        "Lines": lambda path: _lines(_text(files.get(path, b""))),
    }
    return Record("engine.files", {path: files[path] for path in files}, methods)


def _as_map(entries: dict[str, str]) -> str:
    return write_yaml(entries).removesuffix("\n") if entries else ""


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _text(content: bytes) -> str:
    return content.decode(errors="surrogateescape")


def _lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n") if text else []


@lru_cache(maxsize=256)
def _glob(pattern: str) -> re.Pattern[str]:
    """Return the expression of a pattern: `*` within a folder, `**` over folders, `?`, `[a-z]`, `{a,b}`."""
    parts, depth = [], 0
    for piece in re.findall(r"\*\*|\[[^\]]*\]|\\.|.", pattern):
        if piece == "{":
            depth += 1
        if piece == "}":
            depth -= 1
        forms = {"**": ".*", "*": "[^/]*", "?": "[^/]", "{": "(?:", "}": ")"}
        if piece == "," and depth:
            parts.append("|")
        elif piece.startswith("[") and len(piece) > 1:
            parts.append(piece.replace("[!", "[^", 1))
        else:
            parts.append(forms.get(piece) or re.escape(piece.removeprefix("\\")))
    return re.compile("".join(parts))
