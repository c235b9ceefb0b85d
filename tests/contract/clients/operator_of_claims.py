"""An operator written with kopf: a kind of its own asks for storage, and follows it when it grows.

Run by `kopf run`, as its users do; it imports nothing of ours.
"""

from typing import Any

import kopf
from kubernetes_asyncio import client, config

KIND = ("example.dev", "v1", "temporaryclaims")


@kopf.on.startup()
async def connect(settings: kopf.OperatorSettings, **_: Any) -> None:
    """Use the kubeconfig of the environment, and say little."""
    settings.posting.enabled = True
    settings.watching.server_timeout = 60
    await config.load_kube_config()


@kopf.on.create(*KIND)
async def made(spec: kopf.Spec, body: kopf.Body, name: str, namespace: str, **_: Any) -> dict[str, str]:
    """Make the claim that belongs to the object."""
    claim = {
        "metadata": {"name": name},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": spec["size"]}}},
    }
    kopf.adopt(claim)
    async with client.ApiClient() as connection:
        stored = await client.CoreV1Api(connection).create_namespaced_persistent_volume_claim(namespace, claim)
    kopf.info(body, reason="Claimed", message=f"{stored.metadata.name} asks for {spec['size']}")
    return {"claim": stored.metadata.name}


@kopf.on.field(*KIND, field="spec.label")
async def relabelled(old: str | None, new: str | None, name: str, namespace: str, **_: Any) -> None:
    """Carry the label over."""
    if old is None and new is None:
        return
    body = {"metadata": {"labels": {"label": new}}}
    async with client.ApiClient() as connection:
        await client.CoreV1Api(connection).patch_namespaced_persistent_volume_claim(name, namespace, body)


@kopf.on.delete(*KIND)
async def going(name: str, namespace: str, **_: Any) -> None:
    """Leave a note: the finalizer holds the object until this has run."""
    note = {"metadata": {"name": f"{name}-gone"}, "data": {"by": "operator"}}
    async with client.ApiClient() as connection:
        await client.CoreV1Api(connection).create_namespaced_config_map(namespace, note)
