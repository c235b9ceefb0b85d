"""Comparing text with a file of expected text; `UPDATE_EXPECTED=1` writes the files anew, for a look at the difference."""

import os
from pathlib import Path

_FOLDER = Path(__file__).parent


def assert_expected(text: str, name: str) -> None:
    """Fail when a text differs from `tests/expected/NAME`."""
    file = _FOLDER / name
    if os.environ.get("UPDATE_EXPECTED"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    assert text == file.read_text()
