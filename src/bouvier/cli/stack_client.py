"""What the stack commands ask of the API: finding stacks, waiting for them, removing them."""

from __future__ import annotations

import asyncio
import time

from bouvier.cli.errors import CommandError
from bouvier.cli.progress import Progress
from bouvier.cli.waiting import POLL_SECONDS, wait_gone
from bouvier.client import Client
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, condition_of, controller_of, is_deleting, labels_of, name_of, namespace_of, uid_of
from bouvier.meta.resources import (
    DEPLOYMENTS,
    NAMESPACES,
    PERSISTENTVOLUMECLAIMS,
    PERSISTENTVOLUMES,
    PODS,
    SECRETS,
    STATEFULSETS,
)
from bouvier.stacks.resource import CHILDREN, STACK_LABEL, STACKS
from bouvier.stacks.revisions import REVISION_TYPE, Revision, read

FINAL = ("Refused", "ServiceFailed")
TRIES = 5
"""An update meets the controller's own writes of the status at most a few times."""


async def find_stack(client: Client, name: str, namespace: str) -> Obj:
    """Return the stack of that name, in any namespace unless one is given.

    Raises:
        CommandError: there is none, or there are several.
    """
    listed = await client.list(STACKS, namespace, field_selector=f"metadata.name={name}")
    if not listed.items:
        raise CommandError(f"there is no stack {name}", "see what there is: bouvier stack ls")
    if len(listed.items) > 1:
        places = ", ".join(namespace_of(one) for one in listed.items)
        raise CommandError(f"there are stacks {name} in {places}", "say which: --namespace NAME")
    return {"apiVersion": STACKS.api_version, "kind": STACKS.kind, **listed.items[0]}


async def put_stack(client: Client, stack: Obj) -> Obj:
    """Create the stack (and the namespace, if it is not there) or give the present one this content."""
    namespace = namespace_of(stack)
    await make_namespace(client, namespace, name_of(stack))
    try:
        return await client.create(STACKS, stack, namespace=namespace)
    except ApiError as error:
        if error.reason != "AlreadyExists":
            raise
    return await change_spec(client, stack, stack["spec"])


async def change_spec(client: Client, stack: Obj, spec: Obj) -> Obj:
    """Replace the spec of a stack."""
    for left in reversed(range(TRIES)):
        present = await client.get(STACKS, name_of(stack), namespace_of(stack))
        try:
            return await client.update(STACKS, {**present, "spec": spec})
        except ApiError as error:
            if error.reason != "Conflict" or not left:
                raise
    raise AssertionError


async def make_namespace(client: Client, namespace: str, stack_name: str) -> None:
    """Make the namespace of a stack, if it is not there."""
    metadata = {"name": namespace, "labels": {STACK_LABEL: stack_name}}
    try:
        await client.create(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    except ApiError as error:
        if error.reason != "AlreadyExists":
            raise


async def wait_stack(client: Client, stack: Obj, timeout_seconds: float) -> Obj:
    """Wait until every service is as asked for and no earlier pod is left.

    Raises:
        CommandError: it was refused, failed, or takes longer than allowed.
    """
    name, generation = name_of(stack), stack["metadata"].get("generation", 1)
    with Progress() as progress:
        deadline = time.monotonic() + timeout_seconds
        while True:
            stack = await client.get(STACKS, name, namespace_of(stack))
            status = stack.get("status") or {}
            ready = condition_of(stack, "Ready") or {}
            if status.get("observedGeneration", 0) >= generation:
                stopping = [pod for pod in await pods_of_stack(client, stack) if is_deleting(pod)]
                if ready.get("status") == "True" and not stopping:
                    return stack
                if ready.get("reason") in FINAL:
                    raise CommandError(f"{name}: {ready['message']}", f"look closer: bouvier stack ps {name}")
            message = ready.get("message", "is being read")
            progress.say(f"{name}: {message}")
            if time.monotonic() > deadline:
                text = f"{name} is not complete after {timeout_seconds:.0f} s: {message}"
                raise CommandError(text, f"look closer: bouvier stack ps {name}")
            await asyncio.sleep(POLL_SECONDS)


async def children_of(client: Client, stack: Obj) -> list[Obj]:
    """Return the objects that the stack owns, without its history."""
    found: list[Obj] = []
    for kind, resource in CHILDREN.items():
        listed = await client.list(resource, namespace_of(stack), label_selector=f"{STACK_LABEL}={name_of(stack)}")
        found += [
            {**one, "kind": kind} for one in listed.items if (controller_of(one) or {}).get("uid") == uid_of(stack)
        ]
    return [one for one in found if one.get("type") != REVISION_TYPE]


async def revisions_of(client: Client, stack: Obj) -> list[Revision]:
    """Return the history of a stack, oldest first."""
    selector = f"{STACK_LABEL}={name_of(stack)}"
    return read((await client.list(SECRETS, namespace_of(stack), label_selector=selector)).items, name_of(stack))


async def pods_of_stack(client: Client, stack: Obj) -> list[Obj]:
    """Return the pods of all services."""
    selector = f"{STACK_LABEL}={name_of(stack)}"
    return list((await client.list(PODS, namespace_of(stack), label_selector=selector)).items)


async def remove_volumes(client: Client, stack: Obj) -> list[str]:
    """Delete the claims of a stack with their data, as soon as nobody uses them; return their names."""
    selector = f"{STACK_LABEL}={name_of(stack)}"
    claims = (await client.list(PERSISTENTVOLUMECLAIMS, namespace_of(stack), label_selector=selector)).items
    for claim in claims:
        if volume := claim["spec"].get("volumeName"):
            body = {"spec": {"persistentVolumeReclaimPolicy": "Delete"}}
            await client.patch(PERSISTENTVOLUMES, volume, body)
        await client.delete(PERSISTENTVOLUMECLAIMS, name_of(claim), namespace_of(claim))
    return [name_of(claim) for claim in claims]


async def remove_stack(client: Client, stack: Obj, timeout_seconds: float | None) -> None:
    """Remove a stack, and the namespace that was made for it if nothing else is in it; wait unless there is no time.

    Claims stay, and so does a namespace that holds some.

    Raises:
        CommandError: it takes longer than allowed.
    """
    name, namespace = name_of(stack), namespace_of(stack)
    await client.delete(STACKS, name, namespace, propagation="Background")
    space = await client.get(NAMESPACES, namespace)
    alone = labels_of(space).get(STACK_LABEL) == name and not await _strangers(client, namespace, name)
    if alone:
        await client.delete(NAMESPACES, namespace)
    if timeout_seconds is None:
        return
    if alone:
        await wait_gone(lambda: client.get(NAMESPACES, namespace), f"the stack {name}", timeout_seconds)

    async def left() -> list[Obj]:
        return await children_of(client, stack) or await pods_of_stack(client, stack)

    await wait_gone(left, f"the stack {name}", timeout_seconds)


async def _strangers(client: Client, namespace: str, name: str) -> bool:
    for resource in (STACKS, DEPLOYMENTS, STATEFULSETS, PERSISTENTVOLUMECLAIMS, PODS):
        for one in await _listed(client, resource, namespace):
            is_own = labels_of(one).get(STACK_LABEL) == name or (resource == STACKS and name_of(one) == name)
            is_lasting = resource == PERSISTENTVOLUMECLAIMS and not is_deleting(one)
            if is_lasting or not is_own:  # a claim outlives its stack, and its namespace with it
                return True
    return False


async def _listed(client: Client, resource: Resource, namespace: str) -> list[Obj]:
    """Return the objects of a resource, none when the server does not have it."""
    try:
        return list((await client.list(resource, namespace)).items)
    except ApiError as error:
        if error.reason == "NotFound":
            return []
        raise
