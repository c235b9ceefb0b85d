"""`bouvier key`: tokens that may do a part of what their owner may."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

import click

from bouvier.cli.connect import api_of, run_async
from bouvier.cli.errors import CommandError
from bouvier.cli.expiry import moment_after
from bouvier.cli.options import data_dir_option, output_option
from bouvier.cli.output import write_data, write_table
from bouvier.client import Client
from bouvier.client.endpoint import Endpoint
from bouvier.kinds.keys_v1.apikeys import RESOURCE as KEYS
from bouvier.kinds.keys_v1.apikeys import TOKEN_PREFIX, scope_text
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, name_of

SECRET_BYTES = 32
GROUPS = {
    "deployments": "apps",
    "replicasets": "apps",
    "statefulsets": "apps",
    "daemonsets": "apps",
    "jobs": "batch",
    "cronjobs": "batch",
    "ingresses": "networking.k8s.io",
    "horizontalpodautoscalers": "autoscaling",
    "receivers": "hooks.bouvier.io",
    "stacks": "stacks.bouvier.io",
    "releases": "catalog.bouvier.io",
}
"""Groups of resources that are named without one; others are of the core group."""


@click.group()
def command() -> None:
    """Make, list and revoke API keys.

    A key never may more than its owner (whoever made it) may at that moment, and of that only its scope.
    """


@command.command()
@click.argument("name")
@click.option("--role", default="", help="view, edit, admin, cluster-admin or another ClusterRole [default: view].")
@click.option(
    "--namespace", "-n", "namespaces", multiple=True, metavar="NAME", help="Only in this namespace (repeatable)."
)
@click.option(
    "--verbs", default="", metavar="V,…", help="In place of a role: get, list, watch, create, update, patch, delete."
)
@click.option("--resources", default="", metavar="R,…", help="With --verbs: pods, deployments.apps, pods/log …")
@click.option("--expires", default="", metavar="TIME", help="Good for so long: 12h, 30d [default: for ever].")
@click.option("--description", default="", metavar="TEXT")
@click.option("-o", "--output", type=click.Choice(["table", "json", "yaml", "kubeconfig"]), default="table")
@data_dir_option
def create(
    *,
    name: str,
    role: str,
    namespaces: tuple[str, ...],
    verbs: str,
    resources: str,
    expires: str,
    description: str,
    output: str,
    data_dir: str,
) -> None:
    """Make a key and print its token, which is shown only now."""
    token = f"{TOKEN_PREFIX}{name}_{secrets.token_urlsafe(SECRET_BYTES)}"
    spec: Obj = {"tokenHash": "sha256:" + hashlib.sha256(token.encode()).hexdigest()}
    spec |= {"rules": rules_of(verbs, resources, role)} if verbs or resources else {"role": role or "view"}
    known = {"namespaces": list(namespaces), "expires": moment_after(expires, "--expires"), "description": description}
    spec |= {field: value for field, value in known.items() if value}

    async def work() -> Endpoint:
        async with api_of(data_dir) as client:
            await _create(client, name, spec)
            return client.endpoint

    endpoint = run_async(work())
    made = {"name": name, "token": token, "server": endpoint.url, "scope": scope_text({"spec": spec})}
    made |= {"expires": spec.get("expires", "")}
    if output == "kubeconfig":
        write_data(kubeconfig(endpoint, name, token, namespaces), "yaml")
    elif output != "table":
        write_data(made, output)
    else:
        click.echo(token)
        click.echo(f"apikey/{name}: {made['scope']}; keep the token like a password; it is not shown again", err=True)


def rules_of(verbs: str, resources: str, role: str) -> list[dict[str, list[str]]]:
    """Return a rule for each API group that the resources belong to.

    Raises:
        CommandError: one of the two options is missing, or a role is named too.
    """
    if role:
        raise CommandError("name either --role, or --verbs and --resources")
    if not verbs or not resources:
        raise CommandError("--verbs and --resources belong together", "such as: --verbs get,list --resources pods")
    by_group: dict[str, list[str]] = {}
    for text in resources.split(","):
        plural, dot, group = text.strip().partition(".")
        group = group if dot else GROUPS.get(plural.partition("/")[0], "")
        by_group.setdefault(group, []).append(plural)
    words = [verb.strip() for verb in verbs.split(",")]
    return [{"apiGroups": [group], "resources": plurals, "verbs": words} for group, plurals in sorted(by_group.items())]


async def _create(client: Client, name: str, spec: Obj) -> None:
    body = {"apiVersion": KEYS.api_version, "kind": "ApiKey", "metadata": {"name": name}, "spec": spec}
    try:
        await client.create(KEYS, body)
    except ApiError as error:
        if error.reason != "AlreadyExists":
            raise
        raise CommandError(f"there is a key {name} already", f"revoke it first: bouvier key rm {name}") from None


def kubeconfig(endpoint: Endpoint, name: str, token: str, namespaces: tuple[str, ...]) -> dict[str, Any]:
    """Return a kubeconfig with which kubectl uses the key."""
    import base64  # noqa: PLC0415 - only here

    authority = base64.b64encode(endpoint.ca_pem.encode()).decode()
    context = {"cluster": "bouvier", "user": name} | ({"namespace": namespaces[0]} if namespaces else {})
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "bouvier", "cluster": {"server": endpoint.url, "certificate-authority-data": authority}}],
        "users": [{"name": name, "user": {"token": token}}],
        "contexts": [{"name": "bouvier", "context": context}],
        "current-context": "bouvier",
    }


@command.command("ls")
@output_option
@data_dir_option
def list_keys(*, output: str, data_dir: str) -> None:
    """List keys with owner, scope and last use."""

    async def work() -> list[Obj]:
        async with api_of(data_dir) as client:
            return (await client.list_all(KEYS)).items

    found = [describe(each) for each in run_async(work())]
    if output != "table":
        write_data(found, output)
        return
    rows = [tuple(str(each[field]) for field in ("name", "owner", "scope", "state", "lastUsed")) for each in found]
    write_table(("NAME", "OWNER", "SCOPE", "EXPIRES", "LAST USED"), rows, "no keys; make one: bouvier key create NAME")


def describe(key: Obj) -> dict[str, str]:
    """Return what is worth knowing of a key."""
    spec = key["spec"]
    return {
        "name": name_of(key),
        "owner": (spec.get("owner") or {}).get("username", ""),
        "scope": scope_text(key),
        "state": "disabled" if spec.get("disabled") else spec.get("expires", "never"),
        "expires": spec.get("expires", ""),
        "lastUsed": (key.get("status") or {}).get("lastUsed", "never"),
        "description": spec.get("description", ""),
    }


@command.command()
@click.argument("name")
@data_dir_option
def rm(*, name: str, data_dir: str) -> None:
    """Revoke a key: its token is refused from now on."""

    async def work() -> None:
        async with api_of(data_dir) as client:
            try:
                await client.delete(KEYS, name)
            except ApiError as error:
                if error.reason != "NotFound":
                    raise
                raise CommandError(f"there is no key {name}", "see what there is: bouvier key ls") from None

    run_async(work())
    click.echo(f"apikey/{name} revoked")
