"""`bouvier exec`: run a command in a container."""

from __future__ import annotations

import sys

import click

from bouvier.cli.connect import api_of, run_async
from bouvier.cli.errors import CommandError
from bouvier.cli.options import platform_options
from bouvier.cli.streams import execute
from bouvier.cli.targets import choose_pod, find, pods_of


@click.command(context_settings={"allow_interspersed_args": False})
@click.argument("name")
@click.argument("words", nargs=-1, required=True, type=click.UNPROCESSED, metavar="COMMAND...")
@platform_options
@click.option("-i", "--interactive", is_flag=True, help="Pass standard input on.")
@click.option("-t", "--tty", is_flag=True, help="Give the command a terminal.")
@click.option("-c", "--container", default="", help="Container of the pod [the first].")
def command(
    *, data_dir: str, namespace: str, name: str, words: tuple[str, ...], interactive: bool, tty: bool, container: str
) -> int:
    """Run COMMAND in NAME: a workload, of which a ready pod is taken, or pod/NAME.

    Leaves with the command's exit code.
    """
    if tty and interactive and not sys.stdin.isatty():
        raise CommandError("-t needs a terminal, and standard input is none", "leave -t out")
    arguments = list(words[1:] if words[0] == "--" else words)

    async def work() -> int:
        async with api_of(data_dir) as client:
            pod = choose_pod(await pods_of(client, await find(client, namespace, name)), name)
            return await execute(client, pod, arguments, container=container, stdin=interactive, tty=tty)

    code: int = run_async(work())
    return code
