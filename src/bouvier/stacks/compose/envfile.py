"""Files of `NAME=value` lines: `--env-file`, `.env` and a service's `env_file`."""

from __future__ import annotations

from collections.abc import Mapping

from bouvier.stacks.errors import Place, StackError


def parse(text: str, file: str, lookup: Mapping[str, str]) -> dict[str, str]:
    """Return the values of a file; a bare `NAME` takes its value from `lookup`, or is left out.

    Raises:
        StackError: a line is neither a comment nor an assignment.
    """
    values: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip().removeprefix("export ").strip()
        if not stripped or stripped.startswith("#"):
            continue
        name, equals, value = stripped.partition("=")
        name = name.strip()
        if not name or any(letter.isspace() for letter in name):
            raise StackError("expected NAME=value", place=Place(file, number, 1))
        if equals:
            values[name] = _unquoted(value.strip())
        elif name in lookup:
            values[name] = lookup[name]
    return values


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] == "'":
        return value[1:-1]
    if len(value) > 1 and value[0] == value[-1] == '"':
        return value[1:-1].replace("\\n", "\n").replace('\\"', '"').replace("\\\\", "\\")
    return value.partition(" #")[0].rstrip()
