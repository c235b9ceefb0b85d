"""What every host of a platform must know, as the ConfigMap `bouvier-platform` in `kube-system`.

Written by the controllers' process at each start; read by hosts that join, and again at each of their starts.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Mapping

import msgspec

from bouvier.client.rest import Client
from bouvier.daemons.settings import Platform
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, uid_of
from bouvier.meta.resources import CONFIGMAPS

NAMESPACE = "kube-system"
NAME = "bouvier-platform"
ID_LETTERS = 6
_RETRY_SECONDS = 1.0
_FIELDS = ("id", "pod_cidr", "service_cidr", "node_port_range", "overlay", "domain")

_log = logging.getLogger(__name__)


def facts_of(platform: Platform) -> dict[str, str]:
    """Return the data of the ConfigMap."""
    return {field.replace("_", "-"): str(getattr(platform, field)) for field in _FIELDS}


def joined(platform: Platform, facts: Mapping[str, str]) -> Platform:
    """Return the platform of a host after reading the facts.

    Raises:
        ValueError: a fact is missing: the server is of another version.
    """
    try:
        known = {field: facts[field.replace("_", "-")] for field in _FIELDS}
    except KeyError as error:
        raise ValueError(f"the server does not tell {error}: it runs another version of Bouvier") from None
    return msgspec.structs.replace(platform, **known)


async def read_facts(client: Client) -> dict[str, str]:
    """Return the facts of the platform.

    Raises:
        ApiError, ConnectionError: as every call.
    """
    data: dict[str, str] = (await client.get(CONFIGMAPS, NAME, NAMESPACE)).get("data") or {}
    return data


def platform_of(cluster: Obj, platform: Platform) -> Platform:
    """Return what the hosts of a native cluster must know: the platform's facts with the cluster's own id and ranges.

    The id is part of every global name on a host, so that a machine may serve several clusters.
    """
    own = cluster["spec"].get("native") or {}
    return msgspec.structs.replace(
        platform,
        id=hashlib.sha256(uid_of(cluster).encode()).hexdigest()[:ID_LETTERS],
        pod_cidr=own.get("podCIDR") or platform.pod_cidr,
        service_cidr=own.get("serviceCIDR") or platform.service_cidr,
        overlay=own.get("overlay") or platform.overlay,
    )


async def publish_facts(client: Client, platform: Platform) -> None:
    """Write the ConfigMap, trying until it stands."""
    wanted = facts_of(platform)
    while True:
        try:
            await _write(client, wanted)
            return
        except (ApiError, ConnectionError) as error:
            _log.warning("cannot write ConfigMap %s: %s", NAME, error)
            await asyncio.sleep(_RETRY_SECONDS)


async def _write(client: Client, data: Mapping[str, str]) -> None:
    metadata = {"name": NAME, "namespace": NAMESPACE}
    obj: Obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": dict(data)}
    try:
        await client.create(CONFIGMAPS, obj)
    except ApiError as error:
        if error.reason != "AlreadyExists":
            raise
        await client.patch(CONFIGMAPS, NAME, {"data": dict(data)}, namespace=NAMESPACE)
