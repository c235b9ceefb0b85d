"""`bouvier stack`: several services from Compose files, as one thing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bouvier.cli.connect import api_of, run_async
from bouvier.cli.errors import CommandError
from bouvier.cli.options import data_dir_option, output_option, wait_options
from bouvier.cli.output import write_data, write_table
from bouvier.cli.stack_builds import build_images
from bouvier.cli.stack_client import (
    change_spec,
    children_of,
    find_stack,
    pods_of_stack,
    put_stack,
    remove_stack,
    remove_volumes,
    revisions_of,
    wait_stack,
)
from bouvier.cli.stack_files import ReadStack, read_stack
from bouvier.client import Client
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, condition_of, labels_of, name_of, namespace_of
from bouvier.stacks import revisions
from bouvier.stacks.build import plan_of, source_of
from bouvier.stacks.export import export
from bouvier.stacks.graph import as_dot, as_text
from bouvier.stacks.resource import SERVICE_LABEL, STACKS
from bouvier.stacks.rollout import changes


@click.group()
def command() -> None:
    """Run several services from docker-compose.yml and rancher-compose.yml as one stack."""


def _reach(function: Any) -> Any:
    option = click.option("--namespace", metavar="NAME", default="", help="Namespace [of the stack's own name].")
    return data_dir_option(option(function))


def _files(function: Any) -> Any:
    for option in (
        click.option("--strict", is_flag=True, help="Refuse files with keys that have no effect."),
        click.option("--profile", "profiles", multiple=True, metavar="NAME", help="Also services of this profile."),
        click.option(
            "--env-file", "env_files", multiple=True, metavar="FILE", help="Variables [.env beside the file]."
        ),
        click.option("-f", "--file", "files", multiple=True, metavar="FILE", help="Compose or rancher-compose file."),
        click.option("--name", default="", help="Name of the stack [of the folder]."),
    ):
        function = option(function)
    return _reach(function)


def _read(given: dict[str, Any]) -> ReadStack:
    found = _read_again(given, None)
    plan = found.plan
    if plan.ignored and given["strict"]:
        lines = "\n".join(f"  {one.path}: {one.reason}" for one in plan.ignored)
        raise CommandError(f"{len(plan.ignored)} keys have no effect here", f"\n{lines}".strip())
    for one in plan.ignored:
        click.echo(f"ignored: {one.path}: {one.reason}", err=True)
    return found


def _read_again(given: dict[str, Any], images: dict[str, str] | None) -> ReadStack:
    files, env_files, profiles = given["files"], given["env_files"], given["profiles"]
    return read_stack(given["name"], given["namespace"], files, env_files, profiles, images=images)


@command.command()
@_files
@wait_options
def up(*, data_dir: str, wait: bool, timeout_seconds: float, **given: Any) -> None:
    """Create the stack of the files, or upgrade it service by service; images that have a `build` are built first."""
    found = _read(given)

    async def work() -> None:
        async with api_of(data_dir) as client:
            stack = found.stack
            if found.builds:
                name, namespace = name_of(stack), namespace_of(stack)
                images = await build_images(client, found.builds, name, namespace, timeout_seconds)
                stack = _read_again(given, images).stack
            made = await put_stack(client, stack)
            await _settle(client, made, wait=wait, timeout_seconds=timeout_seconds)

    run_async(work())


@command.command()
@_files
@output_option
def plan(*, data_dir: str, output: str, **given: Any) -> None:
    """Show what `up` would create, change and remove."""
    stack, wished, _ = _read(given)

    async def work() -> list[Any]:
        async with api_of(data_dir) as client:
            try:
                there = await find_stack(client, name_of(stack), namespace_of(stack))
            except CommandError:
                there = {**stack, "metadata": {**stack["metadata"], "uid": ""}}
                return changes(there, wished, [])
            return changes(there, wished, await children_of(client, there))

    found = run_async(work())
    if output != "table":
        write_data([one._asdict() for one in found], output)
        return
    write_table(("ACTION", "KIND", "NAME"), found, empty="nothing to do")


async def _settle(client: Client, stack: Obj, *, wait: bool, timeout_seconds: float) -> None:
    if wait:
        stack = await wait_stack(client, stack, timeout_seconds)
    condition = condition_of(stack, "Ready") if wait else None
    click.echo(f"stack/{name_of(stack)} {condition['message'] if condition else 'is asked for'}")


@command.command()
@data_dir_option
@output_option
def ls(*, data_dir: str, output: str) -> None:
    """List the stacks."""

    async def work() -> list[Obj]:
        async with api_of(data_dir) as client:
            return list((await client.list(STACKS)).items)

    stacks = run_async(work())
    if output != "table":
        write_data([_line(one) for one in stacks], output)
        return
    rows = [[str(value) for value in _line(one).values()] for one in stacks]
    write_table(("NAME", "NAMESPACE", "READY", "REVISION", "STATE"), rows, empty="there are no stacks")


def _line(stack: Obj) -> dict[str, Any]:
    status = stack.get("status") or {}
    services = status.get("services") or []
    ready = sum(1 for one in services if one["state"] in ("ready", "ended"))
    message = (condition_of(stack, "Ready") or {}).get("message", "is being read")
    return {
        "name": name_of(stack),
        "namespace": namespace_of(stack),
        "ready": f"{ready}/{len(services)}",
        "revision": status.get("revision", 0),
        "state": message,
    }


@command.command()
@click.argument("name")
@_reach
@output_option
def ps(*, data_dir: str, namespace: str, name: str, output: str) -> None:
    """Show the services of a stack, each with a sentence."""

    async def work() -> Obj:
        async with api_of(data_dir) as client:
            return await find_stack(client, name, namespace)

    stack = run_async(work())
    services = (stack.get("status") or {}).get("services") or []
    if output != "table":
        write_data({"stack": _line(stack), "services": services}, output)
        return
    rows = [
        (
            one["name"],
            one["kind"],
            f"{one['ready']}/{one['desired']}",
            one["state"],
            one["message"],
            ",".join(one["images"]),
        )
        for one in services
    ]
    write_table(("SERVICE", "KIND", "READY", "STATE", "MESSAGE", "IMAGES"), rows, empty=_line(stack)["state"])


@command.command()
@click.argument("name")
@click.argument("services", nargs=-1)
@_reach
@click.option("-f", "--follow", is_flag=True, help="Go on as more is written.")
@click.option("--tail", type=click.IntRange(min=0), help="Only the last lines of each container.")
def logs(*, data_dir: str, namespace: str, name: str, services: tuple[str, ...], follow: bool, tail: int | None) -> int:
    """Show what all services wrote, or those named."""
    from bouvier.cli.commands.logs import show_all  # noqa: PLC0415 - only here

    async def work() -> int:
        async with api_of(data_dir) as client:
            stack = await find_stack(client, name, namespace)
            pods = await pods_of_stack(client, stack)
            chosen = [pod for pod in pods if not services or labels_of(pod).get(SERVICE_LABEL) in services]
            if not chosen:
                raise CommandError(f"{name} has no such pods", f"see the services: bouvier stack ps {name}")
            return await show_all(client, chosen, follow=follow, tail=tail)

    code: int = run_async(work())
    return code


@command.command()
@click.argument("name")
@_reach
@click.option("--dot", is_flag=True, help="For Graphviz.")
def graph(*, data_dir: str, namespace: str, name: str, dot: bool) -> None:
    """Show which service needs which."""

    async def work() -> Obj:
        async with api_of(data_dir) as client:
            return await find_stack(client, name, namespace)

    plan = plan_of(name, source_of(run_async(work())["spec"]))
    click.echo(as_dot(name, plan) if dot else as_text(plan), nl=False)


@command.command(name="export")
@click.argument("name")
@_reach
@click.option("--output", "folder", required=True, metavar="DIR", help="Folder to write the files to.")
def export_command(*, data_dir: str, namespace: str, name: str, folder: str) -> None:
    """Write the stack as files that make it again."""

    async def work() -> Obj:
        async with api_of(data_dir) as client:
            return await find_stack(client, name, namespace)

    Path(folder).mkdir(parents=True, exist_ok=True)
    for file, text in export(source_of(run_async(work())["spec"])).items():
        path = Path(folder, file)
        path.touch(mode=0o600)  # variables may be secret
        path.write_text(text, encoding="utf-8")
        click.echo(str(path))


@command.command()
@click.argument("name")
@_reach
@output_option
def history(*, data_dir: str, namespace: str, name: str, output: str) -> None:
    """List the revisions that `rollback` can return to."""

    async def work() -> list[revisions.Revision]:
        async with api_of(data_dir) as client:
            return await revisions_of(client, await find_stack(client, name, namespace))

    rows = []
    for one in run_async(work()):
        services = plan_of(name, source_of(one.spec)).services.values()
        images = {c["image"] for s in services for c in s.workload["spec"]["template"]["spec"]["containers"]}
        rows.append({"revision": one.number, "images": sorted(images)})
    if output != "table":
        write_data(rows, output)
        return
    write_table(("REVISION", "IMAGES"), [(str(row["revision"]), ", ".join(row["images"])) for row in rows])


@command.command()
@click.argument("name")
@_reach
@click.option("--to", "revision", type=click.IntRange(min=1), metavar="REVISION", help="Revision [the one before].")
@click.option("--service", default="", metavar="NAME", help="Only this service; the others stay as they are.")
@wait_options
def rollback(
    *, data_dir: str, namespace: str, name: str, revision: int | None, service: str, wait: bool, timeout_seconds: float
) -> None:
    """Return to an earlier revision, with links and balancer rules; or one service of it."""

    async def work() -> None:
        async with api_of(data_dir) as client:
            stack = await find_stack(client, name, namespace)
            current = (stack.get("status") or {}).get("revision", 0)
            chosen = revisions.choose(await revisions_of(client, stack), current, revision)
            spec = _pinned(stack, chosen, service) if service else revisions.restored(stack["spec"], chosen)
            click.echo(f"stack/{name} returns to revision {chosen.number}" + (f" of {service}" if service else ""))
            await _settle(client, await change_spec(client, stack, spec), wait=wait, timeout_seconds=timeout_seconds)

    run_async(work())


def _pinned(stack: Obj, revision: revisions.Revision, service: str) -> Obj:
    for spec in (stack["spec"], revision.spec):
        services = plan_of(name_of(stack), source_of(spec)).services
        if service not in services:
            raise CommandError(f"there is no service {service} in both revisions", "known: " + ", ".join(services))
    return {**stack["spec"], "pinned": {**stack["spec"].get("pinned", {}), service: revision.number}}


def _hold(word: str, text: str, *, paused: bool) -> None:
    @command.command(name=word, help=text)
    @click.argument("name")
    @_reach
    @wait_options
    def hold(*, data_dir: str, namespace: str, name: str, wait: bool, timeout_seconds: float) -> None:
        async def work() -> None:
            async with api_of(data_dir) as client:
                stack = await find_stack(client, name, namespace)
                changed = await change_spec(client, stack, {**stack["spec"], "paused": paused})
                if paused:
                    click.echo(f"stack/{name} is paused; continue by: bouvier stack resume {name}")
                else:
                    await _settle(client, changed, wait=wait, timeout_seconds=timeout_seconds)

        run_async(work())


_hold("pause", "Stop an upgrade where it is.", paused=True)
_hold("resume", "Continue a paused upgrade.", paused=False)


@command.command()
@click.argument("name")
@_reach
@wait_options
def cancel(*, data_dir: str, namespace: str, name: str, wait: bool, timeout_seconds: float) -> None:
    """Give an upgrade up: return to the last revision that was complete."""

    async def work() -> None:
        async with api_of(data_dir) as client:
            stack = await find_stack(client, name, namespace)
            status = stack.get("status") or {}
            good = status.get("goodRevision", 0)
            if good in (0, status.get("revision")):
                raise CommandError(f"{name} has no upgrade under way", f"earlier states: bouvier stack history {name}")
            chosen = revisions.choose(await revisions_of(client, stack), 0, good)
            changed = await change_spec(client, stack, revisions.restored(stack["spec"], chosen))
            click.echo(f"stack/{name} returns to revision {good}")
            await _settle(client, changed, wait=wait, timeout_seconds=timeout_seconds)

    run_async(work())


@command.command()
@click.argument("names", nargs=-1, required=True)
@click.option("--volumes", "with_volumes", is_flag=True, help="Remove its volumes with their data as well.")
@_reach
@wait_options
def rm(
    *, data_dir: str, namespace: str, names: tuple[str, ...], with_volumes: bool, wait: bool, timeout_seconds: float
) -> None:
    """Remove stacks with everything that they made, but for their named volumes: those are kept unless --volumes."""

    async def work() -> None:
        async with api_of(data_dir) as client:
            for name in names:
                stack = await find_stack(client, name, namespace)
                gone = await remove_volumes(client, stack) if with_volumes else []
                try:
                    await remove_stack(client, stack, timeout_seconds if wait else None)
                except ApiError as error:
                    if error.reason != "NotFound":
                        raise
                click.echo(f"stack/{name} removed" + (f" with {', '.join(gone)}" if gone else ""))

    run_async(work())
