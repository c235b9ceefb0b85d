"""`bouvier build`: start, follow, list and cancel builds."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from bouvier.cli.build_client import find_build, follow_build, show_log, stages_of, start_build, upload, wait_build
from bouvier.cli.connect import api_of, run_async
from bouvier.cli.errors import CommandError
from bouvier.cli.options import output_option, platform_options, wait_options
from bouvier.cli.output import age_text, write_data, write_table
from bouvier.cli.progress import Progress
from bouvier.kinds.build_v1.builds import KIND, build_number, config_name, is_final, phase_of
from bouvier.meta.objects import Obj, name_of, namespace_of
from bouvier.meta.resources import BUILDS
from bouvier.util.clock import parse_time
from bouvier.util.durations import human_duration

FOLLOW_SECONDS = 3600.0
"""How long `logs -f` waits for a build whose turn has not come."""


@click.group()
def command() -> None:
    """Start, follow, list and cancel builds."""


@command.command()
@click.argument("name")
@platform_options
@click.option("--from-dir", default="", metavar="FOLDER", help="Build the files of this folder instead of the source.")
@click.option("-F", "--follow", is_flag=True, help="Show the log as it is written.")
@wait_options
def start(
    *, name: str, data_dir: str, namespace: str, from_dir: str, follow: bool, wait: bool, timeout_seconds: float
) -> None:
    """Start the next build of the configuration NAME."""
    if from_dir and not Path(from_dir).is_dir():
        raise CommandError(f"--from-dir {from_dir} is not a folder", exit_code=2)

    async def work() -> None:
        async with api_of(data_dir) as client:
            if from_dir:
                build = await upload(client, namespace, name, Path(from_dir))
            else:
                build = await start_build(client, namespace, name)
            click.echo(f"build/{name_of(build)} started")
            if follow:
                await follow_build(client, namespace, name_of(build), sys.stdout.buffer, timeout_seconds)
            if wait or follow:
                with Progress() as progress:
                    build = await wait_build(client, namespace, name_of(build), timeout_seconds, progress)
                click.echo(f"build/{name_of(build)} complete: {_times(build)}")

    run_async(work())


@command.command()
@click.argument("name")
@platform_options
@click.option("-f", "--follow", is_flag=True, help="Go on as more is written.")
def logs(*, name: str, data_dir: str, namespace: str, follow: bool) -> None:
    """Show the log of the build NAME, or of the newest one of the configuration NAME."""

    async def work() -> None:
        async with api_of(data_dir) as client:
            build = await find_build(client, namespace, name)
            if follow:
                await follow_build(client, namespace, name_of(build), sys.stdout.buffer, FOLLOW_SECONDS)
            else:
                await show_log(client, namespace, name_of(build), sys.stdout.buffer, follow=False)

    run_async(work())


@command.command("ls")
@platform_options
@click.option("-A", "--all-namespaces", is_flag=True, help="Of every namespace.")
@output_option
def list_builds(*, data_dir: str, namespace: str, all_namespaces: bool, output: str) -> None:
    """List builds, newest first, with how long their stages took."""

    async def work() -> None:
        async with api_of(data_dir) as client:
            builds = (await client.list_all(BUILDS, "" if all_namespaces else namespace)).items
        builds.sort(key=lambda one: (one["metadata"]["creationTimestamp"], build_number(one)), reverse=True)
        if output != "table":
            write_data({"builds": [_describe(one) for one in builds]}, output)
            return
        titles = ("NAME", "NAMESPACE", "FROM", "STATUS", "STAGES", "AGE")
        write_table(titles, [_row(one) for one in builds], "no builds: make some by bouvier new-app")

    run_async(work())


@command.command()
@click.argument("name")
@platform_options
def cancel(*, name: str, data_dir: str, namespace: str) -> None:
    """Cancel the build NAME, or the newest one of the configuration NAME."""

    async def work() -> None:
        async with api_of(data_dir) as client:
            build = await find_build(client, namespace, name)
            if is_final(build):
                raise CommandError(f"build {name_of(build)} has ended already: {phase_of(build)}")
            await client.patch(BUILDS, name_of(build), {"status": {"cancelled": True}}, namespace=namespace)
            click.echo(f"build/{name_of(build)} cancelled")

    run_async(work())


def _describe(build: Obj) -> Obj:
    status = build.get("status") or {}
    return {
        "name": name_of(build),
        "namespace": namespace_of(build),
        "config": config_name(build),
        "number": build_number(build),
        "phase": phase_of(build),
        "reason": status.get("reason", ""),
        "message": status.get("message", ""),
        "commit": ((build["spec"].get("revision") or {}).get("git") or {}).get("commit", ""),
        "image": status.get("outputDockerImageReference", ""),
        "seconds": round((status.get("duration") or 0) / 1e9, 3),
        "stages": [{"name": one["name"], "seconds": one["durationMilliseconds"] / 1000} for one in stages_of(build)],
    }


def _row(build: Obj) -> tuple[str, ...]:
    cells = {column.name: str(column.value(build)) for column in KIND.columns}
    age = datetime.now(UTC) - parse_time(build["metadata"]["creationTimestamp"])
    return (
        name_of(build),
        namespace_of(build),
        cells["From"],
        cells["Status"],
        _times(build),
        age_text(age.total_seconds()),
    )


def _times(build: Obj) -> str:
    stages = [f"{one['name']} {one['durationMilliseconds'] / 1000:.1f} s" for one in stages_of(build)]
    total = (build.get("status") or {}).get("duration")
    return ", ".join(stages) or (human_duration(total / 1e9) if total else "")
