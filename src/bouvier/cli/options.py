"""Options that many commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

Command = Callable[..., Any]


def data_dir_option(command: Command) -> Command:
    """Add `--data-dir`."""
    return click.option(
        "--data-dir",
        metavar="DIR",
        default="",
        help="The platform's data directory [default: $BOUVIER_DATA_DIR, else /var/lib/bouvier].",
    )(command)


def output_option(command: Command) -> Command:
    """Add `-o/--output`."""
    return click.option(
        "-o", "--output", type=click.Choice(["table", "json", "yaml"]), default="table", help="Form of the output."
    )(command)


def namespace_option(command: Command) -> Command:
    """Add `--namespace`."""
    return click.option("--namespace", metavar="NAME", default="default", help="Namespace [default: default].")(command)


def wait_options(command: Command) -> Command:
    """Add `--wait` and `--timeout`."""
    command = click.option(
        "--timeout",
        "timeout_seconds",
        type=float,
        default=120.0,
        metavar="SECONDS",
        help="Longest wait [default: 120].",
    )(command)
    return click.option("--wait", is_flag=True, help="Return when it is done, not when it is asked for.")(command)


def platform_options(command: Command) -> Command:
    """Add what every command needs that speaks to the API."""
    return data_dir_option(namespace_option(command))
