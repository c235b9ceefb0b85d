"""Making, keeping, putting back, copying and removing volumes by their objects; each waits for what it asked for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from bouvier.cli.errors import CommandError
from bouvier.cli.progress import Progress
from bouvier.cli.volumes.listing import claim_of, fetch, users
from bouvier.client import Client
from bouvier.kinds.storage_v1.volumereverts import DONE, FAILED
from bouvier.kinds.volumes.questions import class_of
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, name_of, namespace_of
from bouvier.meta.resources import (
    PERSISTENTVOLUMECLAIMS,
    PERSISTENTVOLUMES,
    VOLUMEREVERTS,
    VOLUMESNAPSHOTS,
)

POLL_SECONDS = 0.1


def new_claim(namespace: str, name: str, size: str, storage_class: str | None, modes: tuple[str, ...]) -> Obj:
    """Return a claim; the class None is the default one."""
    spec: Obj = {"accessModes": list(modes), "resources": {"requests": {"storage": size}}}
    if storage_class is not None:
        spec["storageClassName"] = storage_class
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec}


async def take_snapshot(client: Client, namespace: str, claim: str, name: str, timeout_seconds: float) -> Obj:
    """Take a snapshot and return it when it is ready.

    Raises:
        CommandError: it cannot be taken; the reason is the API's.
    """
    await claim_of(client, namespace, claim)
    metadata = {"name": name} if name else {"generateName": f"{claim}-"}
    body = {
        "apiVersion": VOLUMESNAPSHOTS.api_version,
        "kind": VOLUMESNAPSHOTS.kind,
        "metadata": {**metadata, "namespace": namespace},
        "spec": {"source": {"persistentVolumeClaimName": claim}},
    }
    made = await client.create(VOLUMESNAPSHOTS, body)

    def failure(snapshot: Obj) -> str:
        return str(((snapshot.get("status") or {}).get("error") or {}).get("message") or "")

    try:
        return await _until(
            client,
            VOLUMESNAPSHOTS,
            made,
            lambda s: bool((s.get("status") or {}).get("readyToUse")),
            failure,
            timeout_seconds=timeout_seconds,
        )
    except CommandError:
        await client.delete(VOLUMESNAPSHOTS, name_of(made), namespace)
        raise


async def revert(client: Client, namespace: str, claim: str, snapshot: str, timeout_seconds: float) -> Obj:
    """Put a claim back to a snapshot and return the order when it is done.

    Raises:
        CommandError: it was refused, for instance because pods use the claim.
    """
    await claim_of(client, namespace, claim)
    body = {
        "apiVersion": VOLUMEREVERTS.api_version,
        "kind": VOLUMEREVERTS.kind,
        "metadata": {"generateName": f"{claim}-", "namespace": namespace},
        "spec": {"claimName": claim, "snapshotName": snapshot},
    }
    made = await client.create(VOLUMEREVERTS, body)

    def failure(order: Obj) -> str:
        status = order.get("status") or {}
        return str(status.get("message") or "it failed") if status.get("phase") == FAILED else ""

    return await _until(
        client,
        VOLUMEREVERTS,
        made,
        lambda o: (o.get("status") or {}).get("phase") == DONE,
        failure,
        timeout_seconds=timeout_seconds,
    )


async def clone(client: Client, namespace: str, source: str, name: str, *, snapshot: str, size: str) -> Obj:
    """Make a claim that begins with the contents of another one, or of one of its snapshots.

    Raises:
        CommandError: there is no such claim or snapshot.
    """
    origin = await claim_of(client, namespace, source)
    spec = {**origin["spec"], "resources": {"requests": dict(origin["spec"]["resources"]["requests"])}}
    for field in ("volumeName", "dataSource", "dataSourceRef", "selector"):
        spec.pop(field, None)
    if size:
        spec["resources"]["requests"]["storage"] = size
    if snapshot:
        await _snapshot_of(client, namespace, snapshot)
        spec["dataSource"] = {"apiGroup": VOLUMESNAPSHOTS.group, "kind": VOLUMESNAPSHOTS.kind, "name": snapshot}
    else:
        spec["dataSource"] = {"kind": "PersistentVolumeClaim", "name": source}
    metadata = {"name": name, "namespace": namespace}
    made = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec}
    return await client.create(PERSISTENTVOLUMECLAIMS, made)


async def _snapshot_of(client: Client, namespace: str, name: str) -> Obj:
    try:
        return await client.get(VOLUMESNAPSHOTS, name, namespace)
    except ApiError as error:
        if error.reason != "NotFound":
            raise
    advice = "see: kubectl get volumesnapshots, or bouvier volume show CLAIM"
    raise CommandError(f"there is no snapshot {name} in namespace {namespace}", advice)


async def remove_claim(client: Client, namespace: str, name: str, *, with_data: bool) -> str:
    """Delete a claim; return the name of its volume, which is kept unless `with_data`.

    Raises:
        CommandError: pods use it, or it does not exist.
    """
    claim = await claim_of(client, namespace, name)
    using = users(claim, (await fetch(client, namespace)).pods)
    if using:
        raise CommandError(
            f"claim {name} is in use by {', '.join(using)}", "remove them first: bouvier rm, kubectl delete"
        )
    volume = claim["spec"].get("volumeName") or ""
    if with_data and volume:
        await _set_policy(client, volume)
    await client.delete(PERSISTENTVOLUMECLAIMS, name, namespace)
    return volume


async def remove_volume(client: Client, name: str) -> None:
    """Delete a volume that no claim holds, with its data.

    Raises:
        CommandError: there is none, or a claim holds it.
    """
    volume = await _volume(client, name)
    if (volume.get("status") or {}).get("phase") == "Bound":
        held = volume["spec"]["claimRef"]
        raise CommandError(f"claim {held['name']} holds {name}", f"bouvier volume rm {held['name']} --data")
    await _set_policy(client, name)
    await client.delete(PERSISTENTVOLUMES, name)


async def _set_policy(client: Client, volume: str) -> None:
    await client.patch(PERSISTENTVOLUMES, volume, {"spec": {"persistentVolumeReclaimPolicy": "Delete"}})


async def reuse(client: Client, namespace: str, volume_name: str, claim_name: str) -> Obj:
    """Give a kept volume to a new claim, and return that.

    Raises:
        CommandError: there is no such volume, or a claim holds it.
    """
    volume = await _volume(client, volume_name)
    if (volume.get("status") or {}).get("phase") == "Bound":
        raise CommandError(f"claim {volume['spec']['claimRef']['name']} holds {volume_name}", "use that claim")
    reference = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": namespace, "name": claim_name}
    guard = {"resourceVersion": volume["metadata"]["resourceVersion"]}
    body = {"metadata": guard, "spec": {"claimRef": {**reference, "uid": None, "resourceVersion": None}}}
    await client.patch(PERSISTENTVOLUMES, volume_name, body)
    size, modes = volume["spec"]["capacity"]["storage"], tuple(volume["spec"]["accessModes"])
    claim = new_claim(namespace, claim_name, size, class_of(volume), modes)
    claim["spec"]["volumeName"] = volume_name
    claim["spec"]["volumeMode"] = volume["spec"].get("volumeMode") or "Filesystem"
    return await client.create(PERSISTENTVOLUMECLAIMS, claim)


async def _volume(client: Client, name: str) -> Obj:
    try:
        return await client.get(PERSISTENTVOLUMES, name)
    except ApiError as error:
        if error.reason != "NotFound":
            raise
    raise CommandError(f"there is no claim and no volume {name}", "see: bouvier volume ls --all")


async def _until(
    client: Client,
    resource: Resource,
    obj: Obj,
    is_done: Callable[[Obj], bool],
    failure: Callable[[Obj], str],
    *,
    timeout_seconds: float,
) -> Obj:
    """Wait for an object and return it."""
    deadline = time.monotonic() + timeout_seconds
    with Progress() as progress:
        while not is_done(obj):
            if why := failure(obj):
                raise CommandError(why)
            if time.monotonic() > deadline:
                raise CommandError(
                    f"{resource.kind} {name_of(obj)} is not done after {timeout_seconds:.0f} s",
                    f"see: kubectl describe {resource.plural} {name_of(obj)}",
                )
            progress.say(f"waiting for {name_of(obj)}")
            await asyncio.sleep(POLL_SECONDS)
            obj = await client.get(resource, name_of(obj), namespace_of(obj))
    return obj
