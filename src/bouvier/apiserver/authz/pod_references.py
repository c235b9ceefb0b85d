"""What a pod needs of other objects: the edges of the graph by which hosts may read (pure).

Source: https://kubernetes.io/docs/reference/access-authn-authz/node/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from bouvier.meta.objects import Obj

CONTAINERS = ("containers", "initContainers", "ephemeralContainers")
SECRET_REFERENCES = ("cephfs", "cinder", "flexVolume", "rbd", "scaleIO", "iscsi", "storageos")
"""Volume sources of pods that name a Secret under `secretRef`."""
VOLUME_SECRETS = (
    "nodePublishSecretRef",
    "nodeStageSecretRef",
    "nodeExpandSecretRef",
    "controllerPublishSecretRef",
    "controllerExpandSecretRef",
    "secretRef",
)


class Reference(NamedTuple):
    """An object that something else names."""

    plural: str
    namespace: str
    name: str


def references(pod: Obj) -> frozenset[Reference]:
    """Return every object of its namespace that a pod uses."""
    namespace = pod["metadata"]["namespace"]
    return frozenset(Reference(plural, namespace, name) for plural, name in _named(pod) if name)


def _named(pod: Obj) -> Iterator[tuple[str, str]]:
    spec = pod.get("spec") or {}
    yield "serviceaccounts", spec.get("serviceAccountName") or "default"
    for secret in spec.get("imagePullSecrets") or ():
        yield "secrets", secret.get("name", "")
    for field in CONTAINERS:
        for container in spec.get(field) or ():
            yield from _of_container(container)
    for volume in spec.get("volumes") or ():
        yield from _of_volume(volume, pod["metadata"]["name"])
    for claim in spec.get("resourceClaims") or ():
        yield "resourceclaims", claim.get("resourceClaimName") or ""
    for claim in (pod.get("status") or {}).get("resourceClaimStatuses") or ():
        yield "resourceclaims", claim.get("resourceClaimName") or ""


def _of_container(container: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for source in container.get("envFrom") or ():
        yield "secrets", (source.get("secretRef") or {}).get("name", "")
        yield "configmaps", (source.get("configMapRef") or {}).get("name", "")
    for variable in container.get("env") or ():
        source = variable.get("valueFrom") or {}
        yield "secrets", (source.get("secretKeyRef") or {}).get("name", "")
        yield "configmaps", (source.get("configMapKeyRef") or {}).get("name", "")


def _of_volume(volume: Mapping[str, Any], pod: str) -> Iterator[tuple[str, str]]:
    yield "secrets", (volume.get("secret") or {}).get("secretName", "")
    yield "configmaps", (volume.get("configMap") or {}).get("name", "")
    yield "persistentvolumeclaims", (volume.get("persistentVolumeClaim") or {}).get("claimName", "")
    if volume.get("ephemeral"):
        yield "persistentvolumeclaims", f"{pod}-{volume['name']}"
    for source in (volume.get("projected") or {}).get("sources") or ():
        yield "secrets", (source.get("secret") or {}).get("name", "")
        yield "configmaps", (source.get("configMap") or {}).get("name", "")
    yield "secrets", (volume.get("azureFile") or {}).get("secretName", "")
    yield "secrets", ((volume.get("csi") or {}).get("nodePublishSecretRef") or {}).get("name", "")
    for field in SECRET_REFERENCES:
        yield "secrets", ((volume.get(field) or {}).get("secretRef") or {}).get("name", "")


def volume_secrets(volume: Obj) -> Iterator[Reference]:
    """Yield the Secrets with which a PersistentVolume is mounted."""
    spec = volume.get("spec") or {}
    home = (spec.get("claimRef") or {}).get("namespace", "")
    azure = spec.get("azureFile") or {}
    if azure.get("secretName"):
        yield Reference("secrets", azure.get("secretNamespace") or home, azure["secretName"])
    for field in ("csi", *SECRET_REFERENCES):
        source = spec.get(field) or {}
        for name in VOLUME_SECRETS:
            secret = source.get(name) or {}
            if secret.get("name"):
                yield Reference("secrets", secret.get("namespace") or home, secret["name"])
