"""Kinds of one's own: the definition of a custom resource, applied and waited for.

Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from bouvier.client.rest import APPLY, Client
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj
from bouvier.meta.resources import CUSTOMRESOURCEDEFINITIONS

READY_SECONDS = 30.0
_ASK_SECONDS = 0.05

ANYTHING: Mapping[str, Any] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def definition_of(resource: Resource, spec: Mapping[str, Any]) -> Obj:
    """Return the CustomResourceDefinition of a resource in one version, with a status of its own.

    `spec` is the structural schema of `spec` (OpenAPI v3); the status is free in form.
    """
    schema = {"type": "object", "properties": {"spec": dict(spec), "status": dict(ANYTHING)}}
    version = {
        "name": resource.version,
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
        "subresources": {"status": {}},
    }
    names = {
        "plural": resource.plural,
        "singular": resource.kind.lower(),
        "kind": resource.kind,
        "listKind": f"{resource.kind}List",
    }
    return {
        "apiVersion": CUSTOMRESOURCEDEFINITIONS.api_version,
        "kind": CUSTOMRESOURCEDEFINITIONS.kind,
        "metadata": {"name": f"{resource.plural}.{resource.group}"},
        "spec": {
            "group": resource.group,
            "scope": "Namespaced" if resource.namespaced else "Cluster",
            "names": names,
            "versions": [version],
        },
    }


async def define(client: Client, resource: Resource, spec: Mapping[str, Any], *, manager: str = "definitions") -> None:
    """Let the API serve a resource of one's own, or bring its schema up to date, and wait until it does.

    Raises:
        ApiError: the definition was refused.
        TimeoutError: it was not served within `READY_SECONDS`.
    """
    definition = definition_of(resource, spec)
    name = definition["metadata"]["name"]
    await client.patch(CUSTOMRESOURCEDEFINITIONS, name, definition, kind=APPLY, manager=manager, force=True)
    async with asyncio.timeout(READY_SECONDS):
        while not await _is_served(client, resource):  # noqa: ASYNC110 - polls another process
            await asyncio.sleep(_ASK_SECONDS)


async def _is_served(client: Client, resource: Resource) -> bool:
    try:
        await client.list(resource, limit=1)
    except ApiError as error:
        if error.reason != "NotFound":
            raise
        return False
    return True
