"""Tables look as kubectl prints them for the original."""

from pathlib import Path

import pytest

from bouvier.kinds.registry import KINDS

ROWS = [
    line.partition(": ")
    for line in Path(__file__).with_name("columns.txt").read_text().splitlines()
    if not line.startswith("#")
]
BY_NAME = {kind.resource.group_resource: kind for kind in KINDS}


def text(column):
    kind = "" if column.type in {"string", "date"} else f"({column.type})"
    return f"{column.name}{kind}{'*' if column.priority else ''}"


@pytest.mark.parametrize(("name", "columns"), [(name, columns) for name, _, columns in ROWS if name in BY_NAME])
def test_columns(name, columns):
    """Titles, types, order and what only wide tables show."""
    assert [text(column) for column in BY_NAME[name].columns] == columns.split(", ")
