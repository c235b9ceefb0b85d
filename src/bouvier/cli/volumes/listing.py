"""Claims, the volumes behind them, and kept volumes that no claim holds any more, as rows (pure but for the fetching)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bouvier.cli.errors import CommandError
from bouvier.client import Client
from bouvier.kinds.volumes.names import PROVISIONED_BY
from bouvier.kinds.volumes.questions import claim_names, class_of, host_of, is_finished
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, annotations_of, is_deleting, name_of, namespace_of
from bouvier.meta.resources import EVENTS, PERSISTENTVOLUMECLAIMS, PERSISTENTVOLUMES, PODS, VOLUMESNAPSHOTS

COLUMNS = ("NAMESPACE", "CLAIM", "STATE", "SIZE", "CLASS", "HOST", "USED BY", "SNAPSHOTS", "VOLUME")


@dataclass(frozen=True, slots=True)
class Stored:
    """Everything about storage in a namespace, or in all."""

    claims: Sequence[Obj]
    volumes: Sequence[Obj]
    pods: Sequence[Obj]
    snapshots: Sequence[Obj]


async def fetch(client: Client, namespace: str) -> Stored:
    """Read all that lists need; an empty namespace means all."""
    lists = await asyncio.gather(
        client.list_all(PERSISTENTVOLUMECLAIMS, namespace),
        client.list_all(PERSISTENTVOLUMES),
        client.list_all(PODS, namespace),
        client.list_all(VOLUMESNAPSHOTS, namespace),
    )
    claims, volumes, pods, snapshots = (found.items for found in lists)
    return Stored(claims, volumes, pods, snapshots)


def entries(stored: Stored, namespace: str) -> list[dict[str, Any]]:
    """Return one entry for each claim, then one for each kept volume without a claim."""
    made = [claim_entry(claim, stored) for claim in sorted(stored.claims, key=lambda c: (namespace_of(c), name_of(c)))]
    held = {entry["volume"] for entry in made}
    for volume in stored.volumes:
        former = volume["spec"].get("claimRef") or {}
        is_near = not namespace or not former or former.get("namespace") == namespace
        if name_of(volume) not in held and is_near:
            made.append(_volume_entry(volume, former))
    return made


def claim_entry(claim: Obj, stored: Stored) -> dict[str, Any]:
    """Return what is known of a claim."""
    volume = next((v for v in stored.volumes if name_of(v) == claim["spec"].get("volumeName")), None)
    status = claim.get("status") or {}
    asked = ((claim["spec"].get("resources") or {}).get("requests") or {}).get("storage", "")
    return {
        "namespace": namespace_of(claim),
        "claim": name_of(claim),
        "state": "Terminating" if is_deleting(claim) else status.get("phase", ""),
        "size": (status.get("capacity") or {}).get("storage") or asked,
        "class": class_of(claim),
        "host": host_of(volume) if volume else "",
        "usedBy": users(claim, stored.pods),
        "snapshots": [name_of(s) for s in stored.snapshots if _is_of(s, claim)],
        "volume": claim["spec"].get("volumeName") or "",
        "policy": volume["spec"].get("persistentVolumeReclaimPolicy", "") if volume else "",
        "driver": annotations_of(volume).get(PROVISIONED_BY, "") if volume else "",
    }


def _volume_entry(volume: Obj, former: Obj) -> dict[str, Any]:
    return {
        "namespace": former.get("namespace", ""),
        "claim": "",
        "formerClaim": former.get("name", ""),
        "state": "Terminating" if is_deleting(volume) else (volume.get("status") or {}).get("phase", ""),
        "size": (volume["spec"].get("capacity") or {}).get("storage", ""),
        "class": class_of(volume),
        "host": host_of(volume),
        "usedBy": [],
        "snapshots": [],
        "volume": name_of(volume),
        "policy": volume["spec"].get("persistentVolumeReclaimPolicy", ""),
        "driver": annotations_of(volume).get(PROVISIONED_BY, ""),
    }


def users(claim: Obj, pods: Sequence[Obj]) -> list[str]:
    """Return the pods that use a claim."""
    near = (pod for pod in pods if namespace_of(pod) == namespace_of(claim) and not is_finished(pod))
    return sorted(name_of(pod) for pod in near if name_of(claim) in claim_names(pod))


def _is_of(snapshot: Obj, claim: Obj) -> bool:
    same = namespace_of(snapshot) == namespace_of(claim)
    return same and snapshot["spec"]["source"].get("persistentVolumeClaimName") == name_of(claim)


def row(entry: dict[str, Any]) -> tuple[str, ...]:
    """Return the cells of an entry."""
    former = entry.get("formerClaim")
    return (
        entry["namespace"],
        entry["claim"] or (f"({former})" if former else ""),
        entry["state"],
        entry["size"],
        entry["class"],
        entry["host"],
        ", ".join(entry["usedBy"]),
        str(len(entry["snapshots"]) or ""),
        entry["volume"],
    )


async def story(client: Client, namespace: str, name: str) -> dict[str, Any]:
    """Return all that is known of one claim: its entry, where the data is, snapshots, events.

    Raises:
        CommandError: there is no such claim.
    """
    claim = await claim_of(client, namespace, name)
    stored = await fetch(client, namespace)
    volume = next((v for v in stored.volumes if name_of(v) == claim["spec"].get("volumeName")), None)
    selector = f"involvedObject.kind=PersistentVolumeClaim,involvedObject.name={name}"
    events = (await client.list(EVENTS, namespace, field_selector=selector)).items
    return {
        **claim_entry(claim, stored),
        "source": _source(volume) if volume else {},
        "snapshots": [_snapshot(s) for s in stored.snapshots if _is_of(s, claim)],
        "conditions": (claim.get("status") or {}).get("conditions") or [],
        "events": [
            {"time": e.get("lastTimestamp") or "", "reason": e.get("reason", ""), "message": e.get("message", "")}
            for e in sorted(events, key=lambda event: str(event.get("lastTimestamp") or ""))
        ],
    }


def _source(volume: Obj) -> Obj:
    kinds = ("local", "csi", "flexVolume", "hostPath", "nfs")
    return {kind: volume["spec"][kind] for kind in kinds if kind in volume["spec"]}


def _snapshot(snapshot: Obj) -> dict[str, Any]:
    status = snapshot.get("status") or {}
    return {
        "name": name_of(snapshot),
        "ready": bool(status.get("readyToUse")),
        "taken": status.get("creationTime", ""),
        "size": status.get("restoreSize", ""),
        "error": (status.get("error") or {}).get("message", ""),
    }


async def claim_of(client: Client, namespace: str, name: str) -> Obj:
    """Return a claim.

    Raises:
        CommandError: there is none of that name; those that there are are named.
    """
    try:
        return await client.get(PERSISTENTVOLUMECLAIMS, name, namespace)
    except ApiError as error:
        if error.reason != "NotFound":
            raise
    known = [name_of(each) for each in (await client.list(PERSISTENTVOLUMECLAIMS, namespace)).items]
    advice = f"there are: {', '.join(sorted(known))}" if known else "make one: bouvier volume create NAME --size 1Gi"
    raise CommandError(f"there is no claim {name} in namespace {namespace}", advice)
