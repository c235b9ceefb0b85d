"""`bouvier run`: an image, with the options of `docker run`, as Kubernetes objects."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from typing import Any

import click

from bouvier.cli.docker_run.request import request_of
from bouvier.cli.errors import CommandError
from bouvier.cli.options import data_dir_option, output_option, wait_options
from bouvier.kinds.podspec.runoptions import option as table_option
from bouvier.kinds.podspec.runoptions import table
from bouvier.kinds.podspec.runoptions.option import Form, Place

Command = Callable[..., Any]
Option = tuple[tuple[str, ...], dict[str, Any]]


BEYOND: tuple[Option, ...] = (
    (("--replicas",), {"type": int, "default": None, "help": "How many are to run [1]."}),
    (("--namespace",), {"default": "default", "help": "Namespace [default]."}),
)


def _click_option(option: table_option.Option) -> Option:
    """Return an option of the table as click's."""
    names = [*([f"-{option.short}"] if option.short else []), f"--{option.name}", option.attribute]
    settings: dict[str, Any] = {"help": option.help}
    if option.name == "sig-proxy":
        names[0], settings["default"] = "--sig-proxy/--no-sig-proxy", True
    elif option.form is Form.FLAG:
        settings["is_flag"] = True
    elif option.form is Form.MANY:
        settings["multiple"] = True
    elif option.form is Form.NUMBER:
        settings |= {"type": int, "default": None}
    else:
        settings["default"] = None if option.name == "entrypoint" else ""
    if option.place is Place.REFUSED:
        settings |= {"expose_value": False, "callback": _refuse(option)}
    return tuple(names), settings


def _refuse(option: table_option.Option) -> Callable[[click.Context, click.Parameter, Any], None]:
    """Return the callback that refuses an option by name, with the way out."""

    def callback(_context: click.Context, _parameter: click.Parameter, value: Any) -> None:
        if value:
            raise CommandError(f"--{option.name} is not supported: {option.where}", exit_code=2)

    return callback


class RunCommand(click.Command):
    """Writes the help in three parts: honoured, beyond docker run, refused."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options by part."""
        refused = {option.attribute for option in table.OPTIONS.values() if option.place is Place.REFUSED}
        beyond = {"replicas", "namespace", "data_dir", "output", "wait", "timeout_seconds", "help"}
        parts: dict[str, list[tuple[str, str]]] = {
            "Options of docker run": [],
            "Further options": [],
            "Known and refused": [],
        }
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record and isinstance(parameter, click.Option):
                names = list(parts)
                part = names[2] if parameter.name in refused else names[1] if parameter.name in beyond else names[0]
                parts[part].append(record)
        for title, rows in parts.items():
            with formatter.section(title):
                formatter.write_dl(rows, col_max=34)


def _all_options(command: Command) -> Command:
    made = [_click_option(option) for option in table.OPTIONS.values()]
    for flags, settings in reversed([*made, *BEYOND]):
        command = click.option(*flags, **settings)(command)
    return command


@click.command(cls=RunCommand, context_settings={"allow_interspersed_args": False, "help_option_names": ["--help"]})
@click.argument("image")
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[COMMAND]...")
@data_dir_option
@output_option
@wait_options
@_all_options
def command(image: str, words: tuple[str, ...], **options: Any) -> int:
    """Run IMAGE, kept alive as a Deployment; with --rm or --restart no as a pod that ends.

    \b
    bouvier run --name web --replicas 2 -p 8080 --expose web.localhost bouvier/sample:1
    bouvier run --rm -it bouvier/busybox:1 sh
    """  # noqa: D301 - \b is click's mark for lines kept as they are
    from bouvier.cli.launching import Launch, launch  # noqa: PLC0415 - not needed for --help

    launch_options = Launch(
        data_dir=options.pop("data_dir"),
        output=options.pop("output"),
        wait=options.pop("wait"),
        timeout_seconds=options.pop("timeout_seconds"),
    )
    request = request_of(image, words, options)
    return launch(request, launch_options, _suffix(), os.environ)


def _suffix() -> str:
    """Return four letters for a name; without vowels, so that they make no words."""
    return "".join(secrets.choice("bcdfghjklmnpqrstvwxz") for _ in range(4))
