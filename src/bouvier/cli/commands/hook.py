"""`bouvier hook`: URLs that have one action done when they are called."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import click

from bouvier.cli.connect import api_of, run_async
from bouvier.cli.errors import CommandError
from bouvier.cli.expiry import moment_after
from bouvier.cli.hook_specs import Options, spec_of
from bouvier.cli.options import output_option, platform_options
from bouvier.cli.output import write_data, write_table
from bouvier.client import Client
from bouvier.hooks import payloads
from bouvier.hooks.secrets import draw, hashed, path_of
from bouvier.kinds.hooks_v1.receivercalls import RESOURCE as CALLS
from bouvier.kinds.hooks_v1.receivers import RESOURCE as RECEIVERS
from bouvier.kinds.hooks_v1.receivers import UPGRADE, target_text
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, condition_of, name_of

POLL_SECONDS = 0.05
TEST_SECONDS = 30.0


@click.group()
def command() -> None:
    """Make URLs that scale, upgrade or install when they are called with POST.

    Whoever knows the URL may call it; it acts with the rights of who made it. A call with the header Idempotency-Key (or
    a delivery id, as GitHub and GitLab send it) is carried out once, however often it is sent.
    """


@command.command()
@click.argument("action", type=click.Choice(["scale", "upgrade", "install"]))
@click.option("--target", default="", metavar="KIND/NAME", help="deployment/NAME …, or CATALOG/ENTRY to install.")
@click.option("--name", default="", help="Name of the hook [default: from target and action].")
@click.option("--by", type=int, help="scale: replicas added by a call, or taken away when below zero [default: 1].")
@click.option("--min", "least", type=int, help="scale: never below [default: 1].")
@click.option("--max", "most", type=int, help="scale: never above [100]; install: releases at once [10].")
@click.option("--selector", "-l", default="", metavar="K=V,…", help="upgrade: every workload with these labels.")
@click.option("--repository", default="", metavar="IMAGE", help="upgrade: only pushes of this image.")
@click.option("--tags", default="", metavar="PATTERN", help="upgrade: only tags such as v*.")
@click.option("--container", "-c", default="", help="upgrade: only this container.")
@click.option("--version", default="", help="install: this version [default: the newest].")
@click.option("--release", default="", metavar="NAME", help="install: under this name, once.")
@click.option("--set", "values", multiple=True, metavar="KEY=VALUE", help="install: an answer.")
@click.option("--service-account", default="", metavar="NAME", help="Act as this account [default: as you].")
@click.option("--expires", default="", metavar="TIME", help="Good for so long: 12h, 30d [default: for ever].")
@click.option("--per-minute", type=int, help="Most calls a minute [default: 60].")
@click.option("--signed-by", default="", metavar="SECRET", help="Calls must be signed with the key in this Secret.")
@click.option("--server", default="", metavar="URL", help="Address at which senders reach the API [your own].")
@output_option
@platform_options
def create(
    *,
    action: str,
    name: str,
    service_account: str,
    expires: str,
    per_minute: int | None,
    signed_by: str,
    server: str,
    output: str,
    data_dir: str,
    namespace: str,
    **given: Any,
) -> None:
    """Make a hook and print its URL, which is shown only now."""
    spec = spec_of(action, Options(**given))
    access = {"serviceAccountName": service_account, "callsPerMinute": per_minute}
    access |= {"expires": moment_after(expires, "--expires"), "signatureSecret": signed_by}
    secret = draw()
    spec |= {field: value for field, value in access.items() if value} | {"secretHash": hashed(secret)}
    name = name or _name(spec)

    async def work() -> Obj:
        async with api_of(data_dir) as client:
            metadata = {"name": name, "namespace": namespace}
            body = {"apiVersion": RECEIVERS.api_version, "kind": "Receiver", "metadata": metadata, "spec": spec}
            try:
                await client.create(RECEIVERS, body)
            except ApiError as error:
                if error.reason != "AlreadyExists":
                    raise
                advice = "give another --name, or a new URL to that one: bouvier hook rotate " + name
                raise CommandError(f"there is a hook {name} already", advice) from None
            return {
                "url": _url(server or client.endpoint.url, client.endpoint.cluster, namespace, name) + secret,
                "name": name,
                "namespace": namespace,
                "action": action,
            }

    _show_url(run_async(work()), output)


def _name(spec: Obj) -> str:
    action = spec["action"]
    if action == "scale":
        action = "scale-up" if spec["scale"]["by"] > 0 else "scale-down"
    what = (spec.get("target") or {}).get("name") or (spec.get("install") or {}).get("entry") or "labels"
    return f"{what}-{action}"[:63].strip("-")


def _url(server: str, cluster: str, namespace: str, name: str) -> str:
    """Return a hook's URL but for the secret at its end."""
    return f"{server.rstrip('/')}{path_of(cluster, namespace, name)}/"


def _show_url(made: Obj, output: str) -> None:
    if output != "table":
        write_data(made, output)
        return
    click.echo(made["url"])
    click.echo(f"hook/{made['name']}: keep the URL like a password; it is not shown again", err=True)


@command.command("ls")
@output_option
@platform_options
def list_hooks(*, output: str, data_dir: str, namespace: str) -> None:
    """List hooks and what their last calls came to."""

    async def work() -> list[Obj]:
        async with api_of(data_dir) as client:
            return (await client.list_all(RECEIVERS, namespace)).items

    found = run_async(work())
    if output != "table":
        write_data([describe(each) for each in found], output)
        return
    rows = [_row(describe(each)) for each in found]
    write_table(("NAME", "ACTION", "TARGET", "STATE", "CALLS", "LAST"), rows, "no hooks; make one: bouvier hook create")


def describe(receiver: Obj) -> Obj:
    """Return what is worth knowing of a hook."""
    spec, status = receiver["spec"], receiver.get("status") or {}
    known = ("target", "selector", "scale", "upgrade", "install", "expires", "serviceAccountName", "signatureSecret")
    return {
        "name": name_of(receiver),
        "action": spec["action"],
        "on": target_text(receiver),
        "state": (condition_of(receiver, "Open") or {}).get("reason", "New"),
        **{field: spec[field] for field in known if field in spec},
        "callsPerMinute": spec["callsPerMinute"],
        "author": (spec.get("author") or {}).get("username", ""),
        "path": status.get("path", ""),
        "calls": status.get("calls", 0),
        "lastCall": status.get("lastCall") or {},
    }


def _row(hook: Obj) -> tuple[str, ...]:
    last = hook["lastCall"]
    said = f"{last['result']}: {last['message']}" if last else ""
    return (hook["name"], hook["action"], hook["on"], hook["state"], str(hook["calls"]), said)


@command.command()
@click.argument("name")
@output_option
@platform_options
def show(*, name: str, output: str, data_dir: str, namespace: str) -> None:
    """Show one hook and its calls; the secret of its URL is not known any more."""

    async def work() -> tuple[Obj, list[Obj]]:
        async with api_of(data_dir) as client:
            receiver = await _get(client, name, namespace)
            calls = (await client.list_all(CALLS, namespace)).items
            return receiver, [call for call in calls if call["spec"]["receiver"] == name]

    receiver, calls = run_async(work())
    shown = describe(receiver)
    history = [_call(call) for call in sorted(calls, key=lambda call: str(call["spec"].get("received", "")))]
    if output != "table":
        write_data(shown | {"history": history}, output)
        return
    for field, value in shown.items():
        if value and not isinstance(value, dict):
            click.echo(f"{field + ':':20}{value}")
    rows = [(call["received"], call["source"], call["result"], call["message"]) for call in history]
    write_table(("RECEIVED", "FROM", "RESULT", "MESSAGE"), rows, "no calls yet")


def _call(call: Obj) -> dict[str, str]:
    spec, status = call["spec"], call.get("status") or {}
    return {
        "call": name_of(call),
        "received": spec.get("received", ""),
        "source": spec.get("source", "") or ("test" if spec.get("dryRun") else ""),
        "delivery": spec.get("delivery", ""),
        "result": status.get("result", "Pending"),
        "message": status.get("message", ""),
        "actor": status.get("actor", ""),
    }


async def _get(client: Client, name: str, namespace: str) -> Obj:
    try:
        return await client.get(RECEIVERS, name, namespace)
    except ApiError as error:
        if error.reason != "NotFound":
            raise
        raise CommandError(f"there is no hook {name} in {namespace}", "see what there is: bouvier hook ls") from None


async def _change(data_dir: str, name: str, namespace: str, spec: Obj) -> str:
    async with api_of(data_dir) as client:
        await _get(client, name, namespace)
        await client.patch(RECEIVERS, name, {"spec": spec}, namespace=namespace)
        return _url(client.endpoint.url, client.endpoint.cluster, namespace, name)


@command.command()
@click.argument("name")
@output_option
@platform_options
def rotate(*, name: str, output: str, data_dir: str, namespace: str) -> None:
    """Give a hook another URL; the former one is void at once."""
    secret = draw()
    url = run_async(_change(data_dir, name, namespace, {"secretHash": hashed(secret)}))
    _show_url({"url": url + secret, "name": name, "namespace": namespace}, output)


@command.command()
@click.argument("name")
@platform_options
def disable(*, name: str, data_dir: str, namespace: str) -> None:
    """Refuse every call of a hook until it is enabled again."""
    run_async(_change(data_dir, name, namespace, {"disabled": True}))
    click.echo(f"hook/{name} disabled")


@command.command()
@click.argument("name")
@platform_options
def enable(*, name: str, data_dir: str, namespace: str) -> None:
    """Take calls of a hook again."""
    run_async(_change(data_dir, name, namespace, {"disabled": None}))
    click.echo(f"hook/{name} enabled")


@command.command()
@click.argument("name")
@platform_options
def rm(*, name: str, data_dir: str, namespace: str) -> None:
    """Remove a hook; its URL is void at once."""

    async def work() -> None:
        async with api_of(data_dir) as client:
            await _get(client, name, namespace)
            await client.delete(RECEIVERS, name, namespace)

    run_async(work())
    click.echo(f"hook/{name} removed")


@command.command()
@click.argument("name")
@click.option("--payload", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="upgrade: what is sent.")
@click.option("--image", default="", metavar="NAME:TAG", help="upgrade: the image that is pushed.")
@output_option
@platform_options
def test(*, name: str, payload: Path | None, image: str, output: str, data_dir: str, namespace: str) -> None:
    """Tell what a call would do, without doing it."""
    pushes = _pushes(payload, image)

    async def work() -> Obj:
        async with api_of(data_dir) as client:
            receiver = await _get(client, name, namespace)
            if receiver["spec"]["action"] == UPGRADE and not pushes:
                raise CommandError("an upgrade hook needs to know what is pushed", "name it: --image NAME:TAG")
            spec: Obj = {"receiver": name, "dryRun": True} | ({"pushes": pushes} if pushes else {})
            metadata = {"generateName": f"{name[:50]}-test-", "namespace": namespace}
            body = {"apiVersion": CALLS.api_version, "kind": "ReceiverCall", "metadata": metadata, "spec": spec}
            return await _ended(client, await client.create(CALLS, body))

    status = run_async(work())["status"]
    if output != "table":
        write_data({field: status.get(field) for field in ("result", "message", "actor", "changes")}, output)
    else:
        click.echo(f"{status['result']} (as {status['actor']}): {status['message']}")
    if status["result"] == "Refused":
        raise click.exceptions.Exit(1)


def _pushes(payload: Path | None, image: str) -> list[dict[str, str]]:
    import json  # noqa: PLC0415 - only here

    try:
        if payload is not None:
            parsed = payloads.parse(json.loads(payload.read_text())).pushes
        else:
            parsed = payloads.parse({"image": image}).pushes if image else []
    except ValueError as error:
        raise CommandError(f"{payload or '--image'}: {error}") from None
    return [{field: value for field, value in push._asdict().items() if value} for push in parsed]


async def _ended(client: Client, call: Obj) -> Obj:
    deadline = time.monotonic() + TEST_SECONDS
    while not (call.get("status") or {}).get("result"):
        if time.monotonic() > deadline:
            raise CommandError("the call was not looked at", "are the controllers running?  bouvier status")
        await asyncio.sleep(POLL_SECONDS)
        call = await client.get(CALLS, name_of(call), call["metadata"]["namespace"])
    return call
