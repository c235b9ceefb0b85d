"""Running one daemon by hand: `python -m bouvier.daemons.NAME --data-dir DIR` on a platform that `up` has made."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import NoReturn

from bouvier.daemons.settings import Settings, load_settings
from bouvier.util.places import open_places


def run(main: Callable[[Settings], int]) -> NoReturn:
    """Read `--data-dir`, run the daemon, and leave with its exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-dir", default="")
    arguments = parser.parse_args()
    try:
        settings = load_settings(open_places(arguments.data_dir))
    except ValueError as error:
        sys.exit(f"error: {error}")
    sys.exit(main(settings))
