"""The API server's options as options of `bouvier up`, by Kubernetes' names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from bouvier.util.api_options import OPTIONS

Option = str | int | tuple[str, ...] | None
Command = Callable[..., Any]
NO_FILE = ("", "none")
"""What stands in place of a file: as if the option had never been named, and nothing at all."""


def api_options(command: Command) -> Command:
    """Give a command the options; each value is a tuple, empty when the option was not named."""
    for name, (help_text, _) in reversed(OPTIONS.items()):
        option = click.option(f"--{name}", multiple=True, metavar="TEXT", help=help_text)
        command = option(command)
    return command


def is_api_option(parameter: str) -> bool:
    """Tell whether a parameter of the command is one of these options."""
    return parameter.replace("_", "-") in OPTIONS


def absolute(parameter: str, value: Option) -> Option:
    """Return the value with the path of a file made absolute: the platform runs in another folder."""
    if not isinstance(value, tuple) or not parameter.endswith(("_file", "_config", "_path")):
        return value
    return tuple(str(Path(each).absolute()) if each not in NO_FILE else each for each in value)
