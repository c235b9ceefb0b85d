"""`bouvier check`: what this host lacks, and what to do about it."""

from __future__ import annotations

import click

from bouvier.cli.errors import CommandError
from bouvier.cli.options import data_dir_option, output_option
from bouvier.cli.output import write_data, write_table
from bouvier.cli.preflight.host import Finding, judge, observe
from bouvier.cli.preflight.install import InstallError, install
from bouvier.cli.preflight.requirements import missing
from bouvier.cli.supervisor_client import ask
from bouvier.util.places import Places, open_places

DEFAULT_PORT = 6443


@click.command()
@data_dir_option
@click.option("--install", "do_install", is_flag=True, help="Install missing Debian packages.")
@click.option("--port", type=int, default=DEFAULT_PORT, help="The API's port that `up` will be given [default: 6443].")
@output_option
def command(*, data_dir: str, do_install: bool, port: int, output: str) -> int:
    """Name what this host lacks for running the platform, and what to do about it.

    Leaves with exit code 1 when something stands in the way.
    """
    if do_install:
        try:
            install(missing("up"), lambda line: click.echo(f"… {line}", err=True))
        except InstallError as error:
            raise CommandError(str(error)) from None
    findings = look(open_places(data_dir), port)
    if output == "table":
        _write(findings)
    else:
        write_data({"ready": not findings, "findings": [finding._asdict() for finding in findings]}, output)
    return 1 if any(finding.fatal for finding in findings) else 0


def look(places: Places, port: int) -> list[Finding]:
    """Return everything that is not as the platform needs it; a running platform's own port is no finding."""
    ports = () if ask(places, "status") else (port,)
    packages = [
        Finding(f"{needed.package} is missing: it {needed.why}", "bouvier check --install") for needed in missing("up")
    ]
    return packages + judge(observe(ports, places.data_dir))


def _write(findings: list[Finding]) -> None:
    if not findings:
        click.echo("this host has everything that the platform needs")
        return
    write_table(("WHAT", "DO"), [(finding.what, finding.advice) for finding in findings])
