"""The table of field numbers: `fields/*.txt`, one file a group version, read on first use, each message when it is needed.

Notation. `apiVersion` names the group version of the file's kinds. `kind NAME` and `type NAME` open a message; after a
kind's name stand other group versions in which it is the same. The indented lines below hold the message's fields,
separated by `;`, each `NUMBER NAME TYPE`:

- `string bool int double bytes json time micro-time quantity int-or-string` are values; any other word is a message,
  of another file when it has a prefix (`meta.ObjectMeta`);
- `[]T` is a list, `{}T` a map with text keys, `items(T)` a list inside a message of its own;
- `!` after the type: a zero value was meant and is kept (the field is a pointer, or always written). Without it zero
  is how the format writes "not set", so it is dropped, as `omitempty` does in Kubernetes' JSON;
- the name `...` puts the message's fields into the one around it.

`either NAME` opens a message that stands for one of its fields: JSON has the value of the last one that is there.

Source: the files `generated.proto` of https://github.com/kubernetes/api and https://github.com/kubernetes/apimachinery
(1.37); what keeps its zero follows from the Go types beside them. A test holds the table against the schemas and names
the fields that a newer version adds.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import NamedTuple


class Field(NamedTuple):
    """One row of the table."""

    number: int
    name: str
    type: str
    """Without the mark `!`; messages with their file's prefix."""
    keeps_zero: bool


class Table(NamedTuple):
    """The whole table."""

    messages: dict[str, str]
    """Text of the fields by `file.Name`; `fields_of` reads it."""
    kinds: dict[tuple[str, str], str]
    """Message of each `(apiVersion, kind)`; apiVersion is empty for option kinds, which every group has."""
    choices: set[str]
    """Messages that were opened by `either`."""


VALUES = frozenset(
    ["string", "bool", "int", "double", "bytes", "json", "time", "micro-time", "quantity", "int-or-string"]
)


@cache
def table() -> Table:
    """Return the table, read once."""
    result = Table({}, {}, set())
    folder = resources.files(__package__) / "fields"
    for file in folder.iterdir():
        if file.name.endswith(".txt"):
            _read(file.name.removesuffix(".txt"), file.read_text("utf-8"), result)
    return result


@cache
def fields_of(name: str) -> tuple[Field, ...]:
    """Return the fields of a message such as `core.Pod`.

    Raises:
        KeyError: the table has no message of that name.

    """
    prefix = name.partition(".")[0]
    return tuple(_field(prefix, entry) for entry in table().messages[name].split(";") if entry.strip())


def _read(prefix: str, text: str, into: Table) -> None:
    api_version = name = ""
    for line in text.splitlines():
        if line.startswith(" "):
            into.messages[name] += line
            continue
        word, _, rest = line.partition(" ")
        if word == "apiVersion":
            api_version = rest
        elif word in ("kind", "type", "either"):
            kind, *others = rest.split()
            name = f"{prefix}.{kind}"
            into.messages[name] = ""
            if word == "kind":
                into.kinds.update({(one, kind): name for one in (api_version, *others)})
            elif word == "either":
                into.choices.add(name)


def _field(prefix: str, entry: str) -> Field:
    number, name, type_ = entry.split()
    return Field(int(number), name, _qualified(prefix, type_.removesuffix("!")), type_.endswith("!"))


def _qualified(prefix: str, type_: str) -> str:
    for opening, closing in (("[]", ""), ("{}", ""), ("items(", ")")):
        if type_.startswith(opening):
            inner = type_.removeprefix(opening).removesuffix(closing)
            return opening + _qualified(prefix, inner) + closing
    return type_ if type_ in VALUES or "." in type_ else f"{prefix}.{type_}"
