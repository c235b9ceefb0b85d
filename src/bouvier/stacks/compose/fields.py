"""Reading a mapping key by key, with the account of what was not used.

Whoever builds an object takes the keys that it honours. What is left at the end is either known to Compose, and reported
as ignored with the reason, or unknown, and refused with the nearest known key.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from bouvier.stacks.compose.document import Document, child
from bouvier.stacks.errors import Ignored, StackError


class Fields:
    """One mapping of a file."""

    def __init__(self, data: Mapping[str, Any], path: str, document: Document, ignored: list[Ignored]) -> None:
        self.data, self.path, self._document, self._ignored = data, path, document, ignored
        self._left = dict.fromkeys(data)

    def take(self, key: str, default: Any = None) -> Any:
        """Return the value of a key and count it as used."""
        self._left.pop(key, None)
        value = self.data.get(key)
        return default if value is None else value

    def text(self, key: str, default: str = "") -> str:
        """Return a text; numbers count as text."""
        value = self.take(key, default)
        if isinstance(value, (dict, list)):
            raise self.error(key, "expected a text")
        return str(value).lower() if isinstance(value, bool) else str(value)

    def number(self, key: str, default: int | None = None) -> int | None:
        """Return a whole number, also one written as text."""
        value = self.take(key, default)
        try:
            return None if value is None else int(value)
        except (TypeError, ValueError):
            raise self.error(key, f"{value!r} is not a whole number") from None

    def flag(self, key: str, *, default: bool = False) -> bool:
        """Return a truth value, also one written as text."""
        value = self.take(key, default)
        if str(value).lower() not in ("true", "false"):
            raise self.error(key, f"{value!r} is neither true nor false")
        return str(value).lower() == "true"

    def items(self, key: str) -> list[Any]:
        """Return a list; a single value counts as a list of one."""
        value = self.take(key, [])
        if isinstance(value, dict):
            raise self.error(key, "expected a list")
        return value if isinstance(value, list) else [value]

    def pairs(self, key: str) -> dict[str, str]:
        """Return a mapping of texts, from a mapping or from a list of `NAME=value`."""
        value = self.take(key, {})
        if isinstance(value, list):
            value = {name: rest for name, _, rest in (str(one).partition("=") for one in value)}
        if not isinstance(value, dict):
            raise self.error(key, "expected a mapping or a list of NAME=value")
        return {name: _text(one) for name, one in value.items()}

    def inner(self, key: str) -> Fields:
        """Return the mapping of a key, an empty one when it is absent."""
        value = self.take(key, {})
        if not isinstance(value, dict):
            raise self.error(key, "expected a mapping")
        return Fields(value, child(self.path, key), self._document, self._ignored)

    def has(self, key: str) -> bool:
        """Tell whether the key has a value."""
        return self.data.get(key) is not None

    def error(self, key: str, message: str, advice: str = "") -> StackError:
        """Return the error for one key."""
        return self._document.error(child(self.path, key) if key else self.path, message, advice)

    def ignore(self, key: str, reason: str) -> None:
        """Report a key, or a part of it, as without effect."""
        self._left.pop(key.partition(".")[0].partition("[")[0], None)
        self._ignored.append(Ignored(child(self.path, key), reason))

    def finish(self, known: Mapping[str, str]) -> None:
        """Report what nobody took; `known` holds the reasons.

        Raises:
            StackError: a key that neither Compose nor we know.
        """
        for key in list(self._left):
            if key.startswith("x-"):
                continue
            if key not in known:
                choices = {*known, *(set(self.data) - set(self._left))}
                near = difflib.get_close_matches(key, choices | _COMMON, n=1)
                raise self.error(key, "there is no such key", f"did you mean {near[0]}?" if near else "")
            if self.has(key):
                self.ignore(key, known[key])


_COMMON = frozenset(
    [
        "image",
        "command",
        "entrypoint",
        "environment",
        "ports",
        "volumes",
        "depends_on",
        "healthcheck",
        "deploy",
        "labels",
        "networks",
        "secrets",
        "configs",
        "restart",
        "links",
        "hostname",
        "user",
        "working_dir",
        "expose",
        "scale",
        "health_check",
        "upgrade_strategy",
        "lb_config",
        "metadata",
    ]
)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
