"""Options of the catalog's commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from bouvier.cli.catalog.wishes import Given
from bouvier.cli.options import output_option, platform_options, wait_options

Command = Callable[..., Any]


def values_options(command: Command) -> Command:
    """Add the ways to give values, gathered in the argument `given`."""

    def gathered(
        assignments: tuple[str, ...],
        texts: tuple[str, ...],
        contents: tuple[str, ...],
        files: tuple[Path, ...],
        **others: Any,
    ) -> Any:
        return command(given=Given(assignments, texts, contents, files), **others)

    gathered.__doc__ = command.__doc__
    gathered.__name__ = command.__name__
    gathered.__dict__.update(command.__dict__)
    file_type = click.Path(path_type=Path)
    options = (
        click.option("--values", "-f", "files", multiple=True, type=file_type, metavar="FILE", help="Values in YAML."),
        click.option("--set-file", "contents", multiple=True, metavar="KEY=FILE", help="A file's text as value."),
        click.option("--set-string", "texts", multiple=True, metavar="KEY=TEXT", help="A value that stays a text."),
        click.option("--set", "assignments", multiple=True, metavar="KEY=VALUE", help="A value, or an answer."),
    )
    decorated: Command = gathered
    for option in options:
        decorated = option(decorated)
    return decorated


def upgrade_options(command: Command) -> Command:
    """Add what says how a release is to change."""
    options = (
        click.option("--reset-values", is_flag=True, help="Begin from the defaults in place of the values it has."),
        click.option("--repo", default="", metavar="URL", help="Chart repository that --chart names a chart of."),
        click.option("--chart", default="", metavar="CHART", help="A chart's folder, .tgz file or URL to change to."),
        click.option("--version", default="", help="Version [newest]."),
    )
    for option in options:
        command = option(command)
    return command


def manner_options(command: Command) -> Command:
    """Add how a change is made and told."""
    return output_option(platform_options(wait_options(command)))
