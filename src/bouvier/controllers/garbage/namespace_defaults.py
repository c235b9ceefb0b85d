"""Puts into every namespace what pods rely on: the ServiceAccount `default` and the platform's CA certificate.

Source: https://kubernetes.io/docs/concepts/security/service-accounts/#default-service-accounts
"""

from __future__ import annotations

from bouvier.client.informer import Informer, InformerSet
from bouvier.client.rest import Client
from bouvier.client.workqueue import WorkQueue
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, annotations_of, is_deleting, name_of, namespace_of
from bouvier.meta.resources import CONFIGMAPS, NAMESPACES, SERVICEACCOUNTS

ACCOUNT = "default"
CA_CONFIGMAP = "kube-root-ca.crt"
CA_FILE = "ca.crt"
DESCRIPTION = "kubernetes.io/description"
CA_TEXT = (
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the "
    "internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of "
    "Kubernetes clusters."
)


class NamespaceDefaultsController:
    """Creates what is missing and repairs the certificate; keys are namespaces."""

    name = "namespace-defaults"
    workers = 2
    reads = (NAMESPACES, SERVICEACCOUNTS, CONFIGMAPS)
    writes = (SERVICEACCOUNTS, CONFIGMAPS)

    def __init__(self, client: Client, ca_pem: str) -> None:
        self._client = client
        self._ca_pem = ca_pem

    def register(self, informers: InformerSet, queue: WorkQueue) -> None:
        """Watch namespaces and, of the other kinds, only the objects that are ours."""
        self._namespaces: Informer = informers.informer(NAMESPACES)
        self._accounts: Informer = informers.informer(SERVICEACCOUNTS, field_selector=f"metadata.name={ACCOUNT}")
        self._maps: Informer = informers.informer(CONFIGMAPS, field_selector=f"metadata.name={CA_CONFIGMAP}")
        self._namespaces.add_handler(lambda _type, _old, new: queue.add(name_of(new)))
        for informer in (self._accounts, self._maps):
            informer.add_handler(lambda _type, _old, new: queue.add(namespace_of(new)))

    async def reconcile(self, key: str) -> None:
        """Create or repair."""
        namespace = self._namespaces.get(key)
        if namespace is None or is_deleting(namespace):
            return
        if self._accounts.get(f"{key}/{ACCOUNT}") is None:
            await self._create(SERVICEACCOUNTS, {"metadata": {"name": ACCOUNT, "namespace": key}})
        present = self._maps.get(f"{key}/{CA_CONFIGMAP}")
        data = {CA_FILE: self._ca_pem}
        if present is None:
            annotations = {DESCRIPTION: CA_TEXT}
            metadata = {"name": CA_CONFIGMAP, "namespace": key, "annotations": annotations}
            await self._create(CONFIGMAPS, {"metadata": metadata, "data": data})
        elif present.get("data") != data:
            annotations = annotations_of(present) | {DESCRIPTION: CA_TEXT}
            metadata = {**present["metadata"], "annotations": annotations}
            await self._client.update(CONFIGMAPS, {**present, "metadata": metadata, "data": data})

    async def _create(self, resource: Resource, obj: Obj) -> None:
        """Create an object; one that exists already, and a namespace that just began to end, are fine."""
        try:
            await self._client.create(resource, {"apiVersion": resource.api_version, "kind": resource.kind, **obj})
        except ApiError as error:
            if error.reason not in ("AlreadyExists", "NotFound", "Forbidden"):
                raise
