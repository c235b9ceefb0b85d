"""Waiting for catalogs and releases, and saying meanwhile what they wait for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from bouvier.catalog.catalogs.builtin import BUILTIN, NOTE, NOTE_NAMESPACE
from bouvier.cli.errors import CommandError
from bouvier.cli.progress import Progress
from bouvier.cli.reasons import Reason
from bouvier.cli.targets import Target
from bouvier.cli.waiting import rollout_lack, trouble_of
from bouvier.client import Client
from bouvier.kinds.catalog_v1 import catalogs, releases
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, condition_of, name_of, namespace_of
from bouvier.meta.resources import CONFIGMAPS, DAEMONSETS, DEPLOYMENTS, STATEFULSETS
from bouvier.stacks.resource import STACK_LABEL, STACKS

POLL_SECONDS = 0.1
LOOK_SECONDS = 1.0
WORKLOADS = {resource.kind: resource for resource in (DEPLOYMENTS, STATEFULSETS, DAEMONSETS)}
FIRST_READING_SECONDS = 60.0
"""A folder takes a moment, a large Git repository a minute."""


async def wait_release(client: Client, release: Obj, timeout_seconds: float) -> Obj:
    """Wait until the release's present spec is carried out and everything in it is ready; return it.

    Raises:
        CommandError: it is refused, fails, or takes longer than allowed.
    """
    name, namespace = name_of(release), namespace_of(release)
    deadline = time.monotonic() + timeout_seconds
    troubles = Troubles(client)
    with Progress() as progress:
        while True:
            release = await client.get(releases.RESOURCE, name, namespace)
            status = release.get("status") or {}
            condition = condition_of(release, "Ready") or {}
            is_current = condition.get("observedGeneration") == release["metadata"]["generation"]
            message = condition.get("message") or "the change is being taken up"
            if is_current and condition.get("status") == "True":
                return release
            if is_current and status.get("phase") == "Failed":
                raise CommandError(f"{name}: {message}", f"more: bouvier catalog show {name}")
            reason = await troubles.first(release)
            progress.say(f"{name}: {message}" + (f"; {reason.what}" if reason else ""))
            if reason and (reason.is_final or time.monotonic() > deadline):
                raise CommandError(f"{name}: {message}; {reason.what}", reason.advice)
            if time.monotonic() > deadline:
                raise CommandError(
                    f"{name} is not ready after {timeout_seconds:.0f} s: {message}",
                    "why: bouvier ps, bouvier explain NAME",
                )
            await asyncio.sleep(POLL_SECONDS)


class Troubles:
    """Why workloads of a release are not ready: looked up once a second, since it takes several questions."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._looked = 0.0
        self._found: Reason | None = None

    async def first(self, release: Obj) -> Reason | None:
        """Return the first trouble with a pod of the release's workloads, None when there is none to be seen."""
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return self._found
        self._looked, self._found = time.monotonic(), None
        for line in (release.get("status") or {}).get("objects") or ():
            for target in await self._targets(line) if line.get("lack") else ():
                self._found = self._found or await trouble_of(self._client, target)
        return self._found

    async def _targets(self, line: Obj) -> list[Target]:
        """Return the workloads that an object is, or that a stack has made."""
        namespace = line.get("namespace", "")
        if line["kind"] == STACKS.kind:
            selector = f"{STACK_LABEL}={line['name']}"
            found = await self._client.list(DEPLOYMENTS, namespace, label_selector=selector)
            return [Target(DEPLOYMENTS, one) for one in found.items if rollout_lack(one)]
        resource = WORKLOADS.get(line["kind"])
        workload = await _found(self._client, resource, line["name"], namespace) if resource else None
        return [Target(resource, workload)] if resource and workload else []


async def wait_release_gone(client: Client, namespace: str, name: str, timeout_seconds: float) -> None:
    """Wait until the release is gone, with all that it made.

    Raises:
        CommandError: it takes longer than allowed, or a hook hinders it.
    """
    deadline = time.monotonic() + timeout_seconds
    with Progress() as progress:
        while True:
            try:
                release = await client.get(releases.RESOURCE, name, namespace)
            except ApiError as error:
                if error.reason == "NotFound":
                    return
                raise
            message = (condition_of(release, "Ready") or {}).get("message", "")
            progress.say(f"{name} is being removed: {message}")
            if time.monotonic() > deadline:
                raise CommandError(f"{name} is still there after {timeout_seconds:.0f} s: {message}")
            await asyncio.sleep(POLL_SECONDS)


async def wait_first_reading(client: Client, name: str) -> None:
    """Wait until a catalog was read once, or is known not to exist: the platform makes its own when it first starts."""
    deadline = time.monotonic() + FIRST_READING_SECONDS
    with Progress() as progress:
        while time.monotonic() < deadline and not await _is_settled(client, name):
            progress.say(f"the catalog {name} is being read")
            await asyncio.sleep(POLL_SECONDS)


async def _is_settled(client: Client, name: str) -> bool:
    catalog = await _found(client, catalogs.RESOURCE, name)
    if catalog is not None:
        return condition_of(catalog, "Ready") is not None
    return name != BUILTIN or await _found(client, CONFIGMAPS, NOTE, NOTE_NAMESPACE) is not None


async def _found(client: Client, resource: Resource, name: str, namespace: str = "") -> Obj | None:
    try:
        return await client.get(resource, name, namespace)
    except ApiError as error:
        if error.reason == "NotFound":
            return None
        raise


async def wait_catalog(client: Client, name: str, timeout_seconds: float, is_new: Callable[[Obj], bool]) -> Obj:
    """Wait until a catalog was read and return it; `is_new` tells whether a status is of this reading.

    Raises:
        CommandError: it takes longer than allowed.
    """
    deadline = time.monotonic() + timeout_seconds
    with Progress() as progress:
        while True:
            catalog = await client.get(catalogs.RESOURCE, name)
            if is_new(catalog):
                return catalog
            progress.say(f"{name}: its source is being read")
            if time.monotonic() > deadline:
                raise CommandError(f"{name} was not read within {timeout_seconds:.0f} s", "see bouvier catalog ls")
            await asyncio.sleep(POLL_SECONDS)
