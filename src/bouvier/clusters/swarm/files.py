"""ConfigMaps and Secrets as Swarm configs and secrets: one for each key, its name carrying a hash of the content (pure).

Swarm's are immutable, so changed content is a new object under a new name and tasks that use it are replaced.
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Literal, NamedTuple

from bouvier.meta.objects import Obj, name_of, namespace_of

FileKind = Literal["configs", "secrets"]
LONGEST_NAME = 64
_NOT_ALLOWED = re.compile(r"[^a-zA-Z0-9_.-]")


class File(NamedTuple):
    """The content of one key."""

    kind: FileKind
    name: str
    content: bytes


def files_of(obj: Obj) -> dict[str, File]:
    """Return the files of a ConfigMap or Secret by key."""
    kind: FileKind = "secrets" if obj["kind"] == "Secret" else "configs"
    binary = obj.get("data") if kind == "secrets" else obj.get("binaryData")
    plain = {} if kind == "secrets" else obj.get("data") or {}
    contents = {key: text.encode() for key, text in plain.items()}
    contents |= {key: base64.b64decode(text) for key, text in (binary or {}).items()}
    return {key: File(kind, _name(obj, key, content), content) for key, content in contents.items()}


def _name(obj: Obj, key: str, content: bytes) -> str:
    mark = hashlib.sha256(content).hexdigest()[:12]
    readable = _NOT_ALLOWED.sub("_", f"{namespace_of(obj)}.{name_of(obj)}.{key}")
    return f"{readable[: LONGEST_NAME - len(mark) - 1].strip('.-_')}.{mark}"
