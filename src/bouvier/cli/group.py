"""The table of subcommands, each imported only when it is used, and the one place where errors become text.

`bouvier status` is typed often: a subcommand's module is loaded by name when it runs, and help texts stand here, so that
neither costs the others anything.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import NamedTuple

import click

from bouvier import __version__
from bouvier.cli.errors import CommandError, explain


class Entry(NamedTuple):
    """One subcommand."""

    section: str
    module: str
    help: str


PLATFORM, WORKLOADS, LOOK = "Platform", "Workloads", "Looking closer"

COMMANDS = {
    "up": Entry(PLATFORM, "up", "Start the platform on this host."),
    "down": Entry(PLATFORM, "down", "Stop the platform; with --purge remove all of it."),
    "status": Entry(PLATFORM, "status", "Show addresses, processes and hosts."),
    "check": Entry(PLATFORM, "check", "Name what this host lacks; with --install install it."),
    "images": Entry(PLATFORM, "images", "Make the offline images and put them into an engine."),
    "token": Entry(PLATFORM, "token", "Print the line that makes another machine a host."),
    "server": Entry(PLATFORM, "server", "Run the API without a node; make further servers of a platform."),
    "agent": Entry(PLATFORM, "agent", "Make this machine a host of a platform elsewhere."),
    "network": Entry(PLATFORM, "network", "Show whether the hosts reach each other."),
    "playground": Entry(PLATFORM, "playground", "Build several hosts on this one machine, to try things."),
    "secrets": Entry(PLATFORM, "secrets", "Change the keys with which secrets are sealed at rest."),
    "key": Entry(PLATFORM, "key", "Make tokens that may do a part of what you may."),
    "cluster": Entry(PLATFORM, "cluster", "Add, list and remove clusters of any orchestrator."),
    "run": Entry(WORKLOADS, "run", "Run an image, with the options of docker run."),
    "ps": Entry(WORKLOADS, "ps", "List what runs, and say why something does not."),
    "scale": Entry(WORKLOADS, "scale", "Change how many replicas run."),
    "upgrade": Entry(WORKLOADS, "upgrade", "Replace a workload's image without an interruption."),
    "rollback": Entry(WORKLOADS, "rollback", "Return to an earlier revision."),
    "convert": Entry(WORKLOADS, "convert", "Convert docker run, Compose and YAML into one another."),
    "rm": Entry(WORKLOADS, "rm", "Remove workloads with what `run` made for them."),
    "stack": Entry(WORKLOADS, "stack", "Run services from Compose files as one stack."),
    "catalog": Entry(WORKLOADS, "catalog", "Install applications from catalogs, and keep them up to date."),
    "new-app": Entry(WORKLOADS, "new_app", "Build and run a repository or folder, and route to it."),
    "build": Entry(WORKLOADS, "build", "Start, follow, list and cancel builds."),
    "volume": Entry(WORKLOADS, "volume", "See, snapshot, revert, clone and remove lasting volumes."),
    "hook": Entry(WORKLOADS, "hook", "Make URLs that scale, upgrade or install when they are called."),
    "logs": Entry(LOOK, "logs", "Show what containers wrote."),
    "exec": Entry(LOOK, "exec_", "Run a command in a container."),
    "cost": Entry(LOOK, "cost", "Show and bill what workloads cost; set prices."),
    "pool": Entry(LOOK, "pool", "Show what all hosts of all clusters have, and what of it is used."),
    "audit": Entry(LOOK, "audit", "Show who did what."),
    "explain": Entry(LOOK, "explain", "Say in full why a pod is where it is, or is not."),
}


class LazyGroup(click.Group):
    """A group whose subcommands are imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the table's order."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import the module of a subcommand and return its `command`."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        command: click.Command = importlib.import_module(f"bouvier.cli.commands.{entry.module}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the nearest command when there is none of that name."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise click.UsageError(f"there is no command {args[0]}{_nearest(args[0])}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """Write the commands by section, without importing any."""
        for section in (PLATFORM, WORKLOADS, LOOK):
            with formatter.section(section):
                rows = [(name, entry.help) for name, entry in COMMANDS.items() if entry.section == section]
                formatter.write_dl(rows, col_max=12)


def _nearest(name: str) -> str:
    import difflib  # noqa: PLC0415 - only for a mistyped name

    close = difflib.get_close_matches(name, COMMANDS, n=1)
    return f"; did you mean {close[0]}?" if close else "; see bouvier --help"


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="bouvier", message="%(prog)s %(version)s")
def bouvier() -> None:
    """Run containers on one host or many, with the Kubernetes API and without its weight.

    \b
    Begin:   bouvier up --detach
    Then:    bouvier run --name web --replicas 2 -p 8080 --expose web.localhost bouvier/sample:1
    """  # noqa: D301 - \b is click's mark for lines kept as they are


def run() -> None:
    """Run the command line; every refusal ends as one line of what and one of what to do."""
    try:
        code = bouvier.main(standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Abort:
        _leave(130, "")
    except click.UsageError as error:
        hint = f"\n  see: {error.ctx.command_path} --help" if error.ctx else ""
        _leave(2, f"error: {error.format_message()}{hint}")
    except click.ClickException as error:
        _leave(error.exit_code, f"error: {error.format_message()}")
    except CommandError as error:
        _leave(error.exit_code, str(error))
    except KeyboardInterrupt:
        _leave(130, "")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the reader left: nothing more can be said on stdout
        _leave(0, "")
    except Exception as error:
        _leave(1, explain(error))
    sys.exit(code if isinstance(code, int) else 0)


def _leave(code: int, text: str) -> None:
    if text:
        sys.stderr.write(text + "\n")
    sys.exit(code)
