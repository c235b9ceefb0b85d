"""The catalog that the platform brings with it: offered once, at the first start.

That it was offered is noted in the ConfigMap `bouvier-catalog` in `kube-system`, after the catalog itself was made: a process
that is killed in between finds the catalog and makes the note. Without the note the catalog is made again.
"""

from __future__ import annotations

from bouvier.client import Client
from bouvier.kinds.catalog_v1 import catalogs
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj
from bouvier.meta.resources import CONFIGMAPS

BUILTIN = "library"
NOTE, NOTE_NAMESPACE = "bouvier-catalog", "kube-system"


async def offer_builtin(client: Client) -> None:
    """Make the built-in catalog unless that was done before."""
    try:
        await client.get(CONFIGMAPS, NOTE, NOTE_NAMESPACE)
    except ApiError as error:
        if error.reason != "NotFound":
            raise
    else:
        return
    await _make(client, catalogs.RESOURCE, _catalog())
    await _make(client, CONFIGMAPS, _note())


async def _make(client: Client, resource: Resource, body: Obj) -> None:
    try:
        await client.create(resource, body)
    except ApiError as error:
        if error.reason != "AlreadyExists":
            raise


def _catalog() -> Obj:
    return {
        "apiVersion": catalogs.RESOURCE.api_version,
        "kind": catalogs.RESOURCE.kind,
        "metadata": {"name": BUILTIN},
        "spec": {"source": {"builtin": True}, "description": "What the platform brings with it."},
    }


def _note() -> Obj:
    metadata = {"name": NOTE, "namespace": NOTE_NAMESPACE}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"offered": BUILTIN}}
