"""Where a platform's files are."""

from pathlib import Path

import pytest

from bouvier.util.places import default_data_dir, open_places


def test_the_environment_comes_before_the_default() -> None:
    """BOUVIER_DATA_DIR, else the system's folder for root, else the user's own."""
    assert default_data_dir({"BOUVIER_DATA_DIR": "/x/y"}, is_root=True) == Path("/x/y")
    assert default_data_dir({}, is_root=True) == Path("/var/lib/bouvier")
    assert default_data_dir({"XDG_DATA_HOME": "/home/a/data"}, is_root=False) == Path("/home/a/data/bouvier")


def test_a_path_too_long_for_sockets_is_refused() -> None:
    """The error says how long it may be, before anything is made."""
    with pytest.raises(ValueError, match="too long: sockets below it allow 75 bytes"):
        open_places("/" + "a" * 80)
