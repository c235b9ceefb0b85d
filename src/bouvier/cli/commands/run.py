"""`bouvier run`: an image, with the options of `docker run`, as Kubernetes objects."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from typing import Any

import click

from bouvier.cli.docker_run.refused import REFUSED, SHORT, Refused
from bouvier.cli.docker_run.request import RunRequest
from bouvier.cli.errors import CommandError
from bouvier.cli.options import data_dir_option, output_option, wait_options

Command = Callable[..., Any]
Option = tuple[tuple[str, ...], dict[str, Any]]


def _many(*names: str, text: str) -> Option:
    return names, {"multiple": True, "help": text}


def _one(*names: str, text: str) -> Option:
    return names, {"default": "", "help": text}


def _flag(*names: str, text: str) -> Option:
    return names, {"is_flag": True, "help": text}


def _number(*names: str, text: str) -> Option:
    return names, {"type": int, "default": None, "help": text}


HONOURED: tuple[Option, ...] = (
    _many("--add-host", text="Add a line to /etc/hosts: NAME:ADDRESS."),
    _many("--annotation", text="Add an annotation: NAME=VALUE."),
    _many("--cap-add", text="Add a Linux capability."),
    _many("--cap-drop", text="Drop a Linux capability."),
    _number("-c", "--cpu-shares", text="Weight of its processor time; 1024 asks for one processor."),
    _one("--cpus", text="Limit of processors, such as 0.5."),
    _flag("-d", "--detach", text="Do not wait for a run that ends (--rm, --restart no)."),
    _many("--dns", text="DNS server instead of the cluster's."),
    _many("--dns-option", text="Option for /etc/resolv.conf."),
    _many("--dns-search", text="Search domain for /etc/resolv.conf."),
    (("--entrypoint",), {"default": None, "help": "Program instead of the image's."}),
    _many("-e", "--env", text="Environment variable: NAME=VALUE, or NAME to pass yours on."),
    _many("--env-file", text="File of environment variables."),
    _many("--expose", text="PORT to serve in the cluster, or HOST NAME to serve under by the balancer."),
    _many("--group-add", text="Further group number."),
    _one("--health-cmd", text="Command that tells whether it can take requests."),
    _one("--health-interval", text="Time between checks [30s]."),
    _number("--health-retries", text="Failures in a row until it counts as not ready [3]."),
    _one("--health-start-interval", text="Taken for docker's sake: checks run at one interval."),
    _one("--health-start-period", text="Taken for docker's sake: failing checks restart nothing."),
    _one("--health-timeout", text="Longest time of a check [30s]."),
    _one("-h", "--hostname", text="Host name in the pod."),
    _flag("--init", text="Let the pod's first process collect what others leave behind."),
    _flag("-i", "--interactive", text="Keep standard input open."),
    _one("--ipc", text="host: share the host's."),
    _many("-l", "--label", text="Label: NAME=VALUE."),
    _many("--label-file", text="File of labels."),
    _one("-m", "--memory", text="Limit of memory, such as 512m."),
    _one("--memory-reservation", text="Memory to keep free for it on its host."),
    _many("--mount", text="type=bind|tmpfs|volume,source=…,target=…[,readonly]."),
    _one("--name", text="Name [the image's and four letters]."),
    _one("--network", text="host: use the host's network."),
    _flag("--no-healthcheck", text="No health check (images' own checks are never run)."),
    _one("--pid", text="host: see the host's processes."),
    _one("--platform", text="Kind of host, such as linux/amd64."),
    _flag("--privileged", text="All capabilities and devices."),
    _many("-p", "--publish", text="[HOST_PORT:]PORT; without HOST_PORT a node port is chosen."),
    _one("--pull", text="always, missing or never."),
    _flag("-q", "--quiet", text="Print the name only."),
    _flag("--read-only", text="Own files cannot be written."),
    _one(
        "--restart", text="always and unless-stopped keep it alive [default]; no and on-failure make a run that ends."
    ),
    _flag("--rm", text="A run that ends, removed at its end."),
    _many("--security-opt", text="no-new-privileges, seccomp=unconfined."),
    _one("--shm-size", text="Size of /dev/shm."),
    (("--sig-proxy/--no-sig-proxy",), {"default": True, "help": "Pass Ctrl-C on to a run that is waited for."}),
    _number("--stop-timeout", text="Seconds between SIGTERM and SIGKILL [30]."),
    _many("--sysctl", text="Kernel setting of the pod: NAME=VALUE."),
    _many("--tmpfs", text="Folder in memory: /PATH[:size=64m]."),
    _flag("-t", "--tty", text="Give it a terminal."),
    _one("-u", "--user", text="User and group by number: UID[:GID]."),
    _many("-v", "--volume", text="[/FOLDER|NAME:]/PATH[:ro]; a named volume lives as long as its pod."),
    _one("-w", "--workdir", text="Working directory."),
)
BEYOND: tuple[Option, ...] = (
    _number("--replicas", text="How many are to run [1]."),
    (("--namespace",), {"default": "default", "help": "Namespace [default]."}),
)


def refuse(refused: Refused) -> Callable[[click.Context, click.Parameter, str | None], None]:
    """Return the callback that refuses an option by name, with the way out."""

    def callback(_context: click.Context, _parameter: click.Parameter, value: str | None) -> None:
        if value:
            raise CommandError(f"--{refused.name} is not supported: {refused.why}", exit_code=2)

    return callback


class RunCommand(click.Command):
    """Writes the help in three parts: honoured, beyond docker run, refused."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options by part."""
        refused = {f"refused_{entry.name.replace('-', '_')}" for entry in REFUSED}
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
    for entry in reversed(REFUSED):
        short = [SHORT[entry.name]] if entry.name in SHORT else []
        names = [f"refused_{entry.name.replace('-', '_')}", f"--{entry.name}", *short]
        kind: dict[str, Any] = {} if entry.takes_value else {"is_flag": True}
        decorate = click.option(
            *names, expose_value=False, callback=refuse(entry), help=f"{entry.why[0].upper()}{entry.why[1:]}.", **kind
        )
        command = decorate(command)
    for flags, settings in reversed(HONOURED + BEYOND):
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

    options.pop("sig_proxy")
    launch_options = Launch(
        data_dir=options.pop("data_dir"),
        output=options.pop("output"),
        wait=options.pop("wait"),
        timeout_seconds=options.pop("timeout_seconds"),
    )
    request = RunRequest(image=image, command=words, **options)
    return launch(request, launch_options, _suffix(), os.environ)


def _suffix() -> str:
    """Return four letters for a name; without vowels, so that they make no words."""
    return "".join(secrets.choice("bcdfghjklmnpqrstvwxz") for _ in range(4))
