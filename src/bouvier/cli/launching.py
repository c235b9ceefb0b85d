"""Creating what a run asks for, and staying with it as long as the user wants to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from bouvier.cli.connect import api_of, run_async
from bouvier.cli.docker_run.objects import objects_of
from bouvier.cli.docker_run.request import RunRequest
from bouvier.cli.output import write_data
from bouvier.cli.targets import Target
from bouvier.cli.waiting import wait_pod, wait_rollout
from bouvier.client import Client
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, name_of, uid_of
from bouvier.meta.resources import DEPLOYMENTS, INGRESSES, PODS, SERVICES

RESOURCES: dict[str, Resource] = {"Deployment": DEPLOYMENTS, "Pod": PODS, "Service": SERVICES, "Ingress": INGRESSES}


@dataclass(frozen=True, slots=True)
class Launch:
    """How a run is to be carried out."""

    data_dir: str
    output: str
    wait: bool
    timeout_seconds: float


def launch(request: RunRequest, how: Launch, suffix: str, environ: Mapping[str, str]) -> int:
    """Carry a run out and return the exit code: that of the container for a run that was waited for."""
    objects = objects_of(request, suffix, environ)
    if request.cidfile and Path(request.cidfile).exists():
        raise ValueError(f"--cidfile {request.cidfile}: the file is there already; remove it or name another")
    code: int = run_async(_launch(request, how, objects))
    return code


async def _launch(request: RunRequest, how: Launch, objects: list[Obj]) -> int:
    async with api_of(how.data_dir) as client:
        await write_links(client, request, objects[0])
        created = await create_all(client, objects)
        _write_cidfile(request, created[0])
        _tell(request, how, created)
        workload = created[0]
        if workload["kind"] == "Deployment":
            if how.wait:
                await wait_rollout(client, Target(DEPLOYMENTS, workload), how.timeout_seconds)
            return 0
        if request.detach:
            if how.wait:
                await wait_pod(client, workload, how.timeout_seconds)
            return 0
        return await _stay(client, request, workload, how)


def _write_cidfile(request: RunRequest, workload: Obj) -> None:
    if request.cidfile:
        Path(request.cidfile).write_text(uid_of(workload))


async def write_links(client: Client, request: RunRequest, workload: Obj) -> None:
    """Write the addresses of linked services into the pod's hosts file; a service keeps its address while it lives."""
    pod = workload["spec"]["template"]["spec"] if workload["kind"] == "Deployment" else workload["spec"]
    for text in request.link:
        name, _, alias = text.partition(":")
        service = await client.get(SERVICES, name, request.namespace)
        names = [alias, name] if alias and alias != name else [name]
        pod.setdefault("hostAliases", []).append({"ip": service["spec"]["clusterIP"], "hostnames": names})


async def create_all(client: Client, objects: list[Obj]) -> list[Obj]:
    """Create the objects in order; when one is refused, remove those before it and raise its error."""
    created: list[Obj] = []
    try:
        for obj in objects:
            metadata = obj["metadata"]
            created.append(await client.create(RESOURCES[obj["kind"]], obj, namespace=metadata["namespace"]))
    except Exception:
        for obj in reversed(created):
            await client.delete(
                RESOURCES[obj["kind"]], name_of(obj), obj["metadata"]["namespace"], propagation="Background"
            )
        raise
    return created


def _tell(request: RunRequest, how: Launch, created: list[Obj]) -> None:
    if how.output != "table":
        write_data({"apiVersion": "v1", "kind": "List", "items": created}, how.output)
    elif request.quiet:
        click.echo(name_of(created[0]))
    elif created[0]["kind"] == "Deployment" or request.detach:
        for obj in created:
            click.echo(f"{obj['kind'].lower()}/{name_of(obj)} created{_where(obj)}")


def _where(obj: Obj) -> str:
    """Return where a service or ingress is reached."""
    if obj["kind"] == "Ingress":
        return ", serves " + ", ".join(rule["host"] for rule in obj["spec"]["rules"])
    ports = [str(port["nodePort"]) for port in obj["spec"].get("ports", ()) if port.get("nodePort")]
    return f", on every host's port {', '.join(ports)}" if obj["kind"] == "Service" and ports else ""


async def _stay(client: Client, request: RunRequest, pod: Obj, how: Launch) -> int:
    """Show what the run writes until it ends, remove it if so asked, and return its exit code."""
    from bouvier.cli.streams import attach, show_log  # noqa: PLC0415 - only for runs that are waited for

    try:
        pod = await wait_pod(client, pod, how.timeout_seconds)
        if (request.interactive or "stdin" in request.attach) and pod["status"]["phase"] == "Running":
            await show_log(client, pod)  # what it wrote before the connection, such as a shell's prompt
            await attach(client, pod, tty=request.tty)
        else:
            await show_log(client, pod, follow=True)
        pod = await wait_pod(client, pod, how.timeout_seconds, ended=True)
    finally:
        if request.rm:
            await client.delete(PODS, name_of(pod), pod["metadata"]["namespace"])
    return exit_code_of(pod)


def exit_code_of(pod: Obj) -> int:
    """Return the exit code of a pod's only container, 0 when it has none yet."""
    status: dict[str, Any] = next(iter(pod.get("status", {}).get("containerStatuses") or ()), {})
    ended = status.get("state", {}).get("terminated") or {}
    return int(ended.get("exitCode", 0))
