"""The console's form of the options of docker run."""

from pathlib import Path

from bouvier.kinds.podspec.runoptions.form import form

COPY = Path(__file__).parents[5] / "console" / "src" / "domain" / "runOptions.json"


def test_the_consoles_copy_is_the_table() -> None:
    """The create form has every option as the table has it."""
    assert COPY.read_text() == form(), f"write it anew: python -m bouvier.kinds.podspec.runoptions.form > {COPY.name}"
