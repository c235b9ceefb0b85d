"""`bouvier new-app`: from a repository or folder to a built, routed application."""

from __future__ import annotations

import contextlib
import re
import secrets
import sys
from pathlib import Path
from typing import Any

import click

from bouvier.builds.newapp import Application, hook_paths, objects_of
from bouvier.builds.sources.context import SourceError
from bouvier.builds.sources.detect import SOURCE_PORT, Detected, detect
from bouvier.builds.sources.dockerfile import ports_of
from bouvier.builds.sources.git import Credentials, GitError
from bouvier.builds.sources.looking import Look, look_at
from bouvier.cli.build_client import follow_build, upload, wait_build
from bouvier.cli.connect import api_of, run_async
from bouvier.cli.errors import CommandError
from bouvier.cli.options import output_option, platform_options, wait_options
from bouvier.cli.output import write_data
from bouvier.cli.progress import Progress
from bouvier.cli.targets import Target
from bouvier.cli.waiting import wait_rollout
from bouvier.client import Client
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, name_of
from bouvier.meta.resources import (
    DEPLOYMENTS,
    NAMESPACES,
    PROJECTREQUESTS,
    ROUTES,
    SECRETS,
)

LONGEST_NAME = 50
"""Leaves room for the number of a build and the endings of pods."""


@click.command()
@click.argument("source")
@platform_options
@click.option("--name", default="", help="Name of the application [of the repository].")
@click.option("--project", default="", help="Make this project (a namespace) for it, if it is not there.")
@click.option("--context-dir", default="", metavar="FOLDER", help="Folder of the source to build.")
@click.option("--strategy", type=click.Choice(["docker", "source"]), default=None, help="How to build [detected].")
@click.option("--source-secret", default="", metavar="NAME", help="Secret with the credentials of the repository.")
@click.option(
    "--port", type=click.IntRange(1, 65535), default=None, help="Port of the application [EXPOSE, else 8080]."
)
@click.option("--host", default="", metavar="NAME", help="Host name of the route [NAME-NAMESPACE.apps.localhost].")
@click.option("--replicas", type=click.IntRange(min=0), default=1, help="How many are to run [1].")
@click.option("-e", "--env", multiple=True, metavar="NAME=VALUE", help="Environment of the application.")
@click.option("--build-env", multiple=True, metavar="NAME=VALUE", help="Environment of its builds.")
@wait_options
@output_option
def command(*, data_dir: str, namespace: str, wait: bool, timeout_seconds: float, output: str, **options: Any) -> None:
    """Build and run SOURCE: the address of a Git repository (with #BRANCH), or a folder."""
    options["namespace"] = options["project"] or namespace

    async def work() -> None:
        async with api_of(data_dir) as client:
            made = await _make(client, options)
            if wait:
                await _wait(client, made, timeout_seconds)
            shown = _describe(client, made)
            if output == "table":
                _say(shown, waited=wait)
            else:
                write_data(shown, output)

    run_async(work())


async def _make(client: Client, options: dict[str, Any]) -> Obj:
    """Look at the source, make all objects, and upload the source where it has no repository."""
    name = options["name"] or name_from(options["source"])
    _check_name(name)
    await _refuse_taken(client, options["namespace"], name)
    credentials = await _credentials(client, options)
    try:
        look = await look_at(options["source"], options["context_dir"], credentials)
        found = detect(look.files, options["strategy"] or "")
    except (SourceError, GitError, ValueError) as error:
        raise CommandError(str(error)) from None
    if options["project"]:
        await _ensure_project(client, options["project"])
    app = _application(name, look, found, options)
    made = await _create(client, app, look)
    return {"app": app, "route": made[ROUTES.kind], "found": found}


async def _create(client: Client, app: Application, look: Look) -> dict[str, Obj]:
    """Create all objects, or none: what a refusal leaves behind is removed."""
    made: dict[str, tuple[Resource, Obj]] = {}
    try:
        for resource, obj in objects_of(app):
            made[resource.kind] = (resource, await client.create(resource, obj))
        if look.folder is not None:
            await upload(client, app.namespace, app.name, look.folder)
    except (ApiError, CommandError):
        for resource, obj in reversed(made.values()):
            with contextlib.suppress(ApiError):
                await client.delete(resource, name_of(obj), app.namespace)
        raise
    return {kind: obj for kind, (_, obj) in made.items()}


def name_from(source: str) -> str:
    """Return the name of an application whose source is called so."""
    last = source.partition("#")[0].rstrip("/").rpartition("/")[2].rpartition(":")[2]
    if last in ("", "."):
        last = Path.cwd().name
    return re.sub(r"[^a-z0-9-]+", "-", last.removesuffix(".git").lower()).strip("-")


def _check_name(name: str) -> None:
    if not re.fullmatch(r"[a-z]([-a-z0-9]*[a-z0-9])?", name) or len(name) > LONGEST_NAME:
        raise CommandError(
            f"{name!r} cannot be the name of an application",
            f"give it one by --name: small letters, digits and dashes, beginning with a letter, at most {LONGEST_NAME}",
        )


def _application(name: str, look: Look, found: Detected, options: dict[str, Any]) -> Application:
    exposed = ports_of(look.files.get("Dockerfile", "")) if found.strategy == "Docker" else []
    return Application(
        name=name,
        namespace=options["namespace"],
        strategy=found.strategy,
        port=options["port"] or (exposed[0] if exposed else SOURCE_PORT),
        secret=secrets.token_hex(16),
        builder_image=found.image,
        uri=look.uri,
        ref=look.ref,
        context_dir=options["context_dir"],
        source_secret=options["source_secret"],
        host=options["host"],
        replicas=options["replicas"],
        environment=_values("--env", options["env"]),
        build_environment=_values("--build-env", options["build_env"]),
    )


def _values(option: str, entries: tuple[str, ...]) -> dict[str, str]:
    pairs = [entry.partition("=") for entry in entries]
    wrong = next((name for name, separator, _ in pairs if not (name and separator)), None)
    if wrong is not None:
        raise CommandError(f"{option} {wrong}: expected NAME=VALUE", exit_code=2)
    return {name: value for name, _, value in pairs}


async def _refuse_taken(client: Client, namespace: str, name: str) -> None:
    """Refuse a name of which anything is there already, so that nothing is half made."""
    app = Application(name, namespace, "Docker", SOURCE_PORT, "")
    for resource, obj in objects_of(app):
        try:
            await client.get(resource, name_of(obj), namespace)
        except ApiError as error:
            if error.reason != "NotFound":
                raise
        else:
            raise CommandError(
                f"there is a {resource.kind} {name_of(obj)} in {namespace} already",
                "choose another --name, or start a build of what is there: bouvier build start " + name,
            )


async def _credentials(client: Client, options: dict[str, Any]) -> Credentials:
    if not options["source_secret"]:
        return Credentials()
    from bouvier.builds.builder.inputs import credentials_in  # noqa: PLC0415 - rarely needed

    secret = await client.get(SECRETS, options["source_secret"], options["namespace"])
    return credentials_in(secret)


async def _ensure_project(client: Client, name: str) -> None:
    try:
        await client.get(NAMESPACES, name)
    except ApiError as error:
        if error.reason != "NotFound":
            raise
        request = {"apiVersion": PROJECTREQUESTS.api_version, "kind": PROJECTREQUESTS.kind, "metadata": {"name": name}}
        await client.create(PROJECTREQUESTS, request)


async def _wait(client: Client, made: Obj, timeout_seconds: float) -> None:
    """Wait until the first build is complete and its image runs."""
    app: Application = made["app"]
    if sys.stderr.isatty():
        await follow_build(client, app.namespace, f"{app.name}-1", sys.stderr.buffer, timeout_seconds)
    with Progress() as progress:
        await wait_build(client, app.namespace, f"{app.name}-1", timeout_seconds, progress)
        progress.say(f"{app.name}: the image is being rolled out")
        deployment = await _unpaused(client, app)
    await wait_rollout(client, Target(DEPLOYMENTS, deployment), timeout_seconds)


async def _unpaused(client: Client, app: Application) -> Obj:
    """Return the deployment once it has the image of the build."""
    import asyncio  # noqa: PLC0415

    while True:
        deployment = await client.get(DEPLOYMENTS, app.name, app.namespace)
        if not deployment["spec"].get("paused"):
            return {"apiVersion": "apps/v1", "kind": "Deployment", **deployment}
        await asyncio.sleep(0.1)


def _describe(client: Client, made: Obj) -> Obj:
    app: Application = made["app"]
    base = client.endpoint.url.rstrip("/")
    hooks = hook_paths(app.namespace, app.name, app.secret)
    return {
        "name": app.name,
        "namespace": app.namespace,
        "strategy": app.strategy,
        "language": made["found"].language,
        "build": f"{app.name}-1",
        "route": {"host": made["route"]["spec"]["host"]},
        "webhooks": {kind: base + path for kind, path in hooks.items()},
    }


def _say(shown: Obj, *, waited: bool) -> None:
    state = "runs" if waited else "is being built: bouvier build logs -f " + shown["name"]
    click.echo(f"{shown['name']} ({shown['language']}) {state}")
    click.echo(f"route:    http://{shown['route']['host']} (at the balancer's port: bouvier status)")
    for kind, url in shown["webhooks"].items():
        click.echo(f"{kind + ':':9} {url}")
