"""What a logical cluster holds from its first moment: namespaces, roles and the `kubernetes` service.

Everything is created only when missing, so an administrator's changes stay; default roles get the rules that they lack.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address

from bouvier.apiserver.authz import bootstrap as roles
from bouvier.apiserver.authz.refreshing import refreshed
from bouvier.apiserver.authz.rule_forms import API
from bouvier.apiserver.clusters.directory import LOCAL
from bouvier.apiserver.context import Call, Context
from bouvier.apiserver.internal import SELF, internal_request
from bouvier.apiserver.request import Target
from bouvier.apiserver.storage_classes import storage_classes
from bouvier.apiserver.verbs.creating import create_object
from bouvier.apiserver.verbs.updating import change_object
from bouvier.kinds.kind import Kind
from bouvier.kinds.scheduling_v1.priorityclasses import SYSTEM_CLASSES
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, name_of, namespace_of

NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")


async def fill(
    context: Context,
    cluster: str,
    kubernetes_address: str,
    endpoint: tuple[str, int],
    hosts_group: str = "",
    *,
    more: Sequence[Obj] = (),
) -> None:
    """Create what is missing in a cluster; `more` are objects that its API server adds."""
    for name in NAMESPACES:
        await _ensure(context, cluster, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    for obj in roles.objects(cluster, hosts_group):
        await _ensure(context, cluster, obj)
    for obj in storage_classes() if cluster == LOCAL or hosts_group else ():
        await _ensure(context, cluster, obj)
    for name, value in SYSTEM_CLASSES.items():
        await _ensure(context, cluster, _system_class(name, value))
    for obj in (*_kubernetes_service(kubernetes_address, endpoint), *more):
        await _ensure(context, cluster, obj)


async def _ensure(context: Context, cluster: str, obj: Obj) -> None:
    group, _, version = obj["apiVersion"].rpartition("/")
    kind = context.kinds.by_kind(cluster, group, version, obj["kind"])
    assert kind is not None, obj["kind"]
    metadata = obj["metadata"]
    namespace = metadata.get("namespace", "") if kind.resource.namespaced else ""
    live = context.hub.resource(cluster, group, kind.resource.plural).entries.get(f"{namespace}/{metadata['name']}")
    if live is not None:
        await _refresh(context, cluster, kind, live.decode(), obj)
        return
    target = Target(group, version, kind.resource.plural, namespace, "", "", "")
    try:
        await create_object(Call(context, internal_request(cluster, SELF), kind, target), obj)
    except ApiError as error:
        if error.reason != "AlreadyExists":
            raise


async def _refresh(context: Context, cluster: str, kind: Kind, live: Obj, wanted: Obj) -> None:
    """Add to a default role or binding what an older version did not have; keep what others read about us true."""
    if kind.resource.plural == "configmaps" and live.get("data") != wanted["data"]:
        target = Target("", "v1", "configmaps", namespace_of(live), name_of(live), "", "")
        call = Call(context, internal_request(cluster, SELF), kind, target)
        await change_object(
            call, lambda current: {**current, "data": {**(current.get("data") or {}), **wanted["data"]}}
        )
        return
    if kind.resource.group != API or refreshed(live, wanted) is None:
        return
    namespace = namespace_of(live)
    target = Target(API, kind.resource.version, kind.resource.plural, namespace, name_of(live), "", "")
    call = Call(context, internal_request(cluster, SELF), kind, target)
    await change_object(call, lambda current: refreshed(current, wanted) or current)


def _system_class(name: str, value: int) -> Obj:
    purposes = {
        "system-cluster-critical": "Used for system critical pods that must run in the cluster, but can be moved.",
        "system-node-critical": "Used for system critical pods that must not be moved from their current node.",
    }
    metadata = {"name": name}
    described = {"value": value, "description": purposes[name]}
    return {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": metadata, **described}


def _kubernetes_service(address: str, endpoint: tuple[str, int]) -> list[Obj]:
    """Return the service by which pods find the API, with the API server's own address as its endpoint."""
    labels = {"component": "apiserver", "provider": "kubernetes"}
    host, port = endpoint
    service: Obj = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "kubernetes", "namespace": "default", "labels": labels},
        "spec": {
            "clusterIP": address,
            "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": port}],
            "type": "ClusterIP",
        },
    }
    slices: Obj = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": "kubernetes",
            "namespace": "default",
            "labels": {"kubernetes.io/service-name": "kubernetes"},
        },
        "addressType": "IPv4",
        "ports": [{"name": "https", "port": port, "protocol": "TCP"}],
        "endpoints": [{"addresses": [host], "conditions": {"ready": True}}],
    }
    return [service, slices, *_kubernetes_endpoints(host, port)]


def _kubernetes_endpoints(host: str, port: int) -> list[Obj]:
    """Return the older form of the same, for clients that do not read slices; a loopback address cannot stand there."""
    if ip_address(host).is_loopback:
        return []
    labels = {"endpointslice.kubernetes.io/skip-mirror": "true"}
    metadata = {"name": "kubernetes", "namespace": "default", "labels": labels}
    subset = {"addresses": [{"ip": host}], "ports": [{"name": "https", "port": port, "protocol": "TCP"}]}
    return [{"apiVersion": "v1", "kind": "Endpoints", "metadata": metadata, "subsets": [subset]}]
