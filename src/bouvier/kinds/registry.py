"""Every kind that the platform is born with: one flat list."""

from __future__ import annotations

from functools import lru_cache

from bouvier.kinds.apps_v1 import deployments, replicasets
from bouvier.kinds.core_v1 import configmaps, namespaces, pods, secrets, services
from bouvier.kinds.kind import Kind

_KINDS = (
    configmaps.KIND,
    namespaces.KIND,
    pods.KIND,
    secrets.KIND,
    services.KIND,
    deployments.KIND,
    replicasets.KIND,
)


@lru_cache(maxsize=1)
def builtin() -> dict[tuple[str, str, str], Kind]:
    """Return the kinds by `(group, version, plural)`."""
    return {(one.resource.group, one.resource.version, one.resource.plural): one for one in _KINDS}
