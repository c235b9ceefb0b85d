"""What one object counts for in a quota: itself, and for pods, Services and claims what they ask for.

Source: https://kubernetes.io/docs/concepts/policy/resource-quotas/
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from bouvier.kinds.podspec.allocated import counted_spec
from bouvier.kinds.usage.amounts import Amounts, amounts_of, pod_amounts
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, annotations_of
from bouvier.util.clock import parse_time

ONE = Decimal(1)
BY_NAME = frozenset(
    (
        "configmaps",
        "persistentvolumeclaims",
        "pods",
        "replicationcontrollers",
        "resourcequotas",
        "secrets",
        "services",
    )
)
"""Resources of the core group that quotas may also count under their bare name."""
SHARED = ("cpu", "memory", "ephemeral-storage")
CLASS_SUFFIX = ".storageclass.storage.k8s.io/"
CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class"


def usage(resource: Resource, obj: Obj) -> Amounts:
    """Return what the object uses, under every name that a quota may give it."""
    used: Amounts = {f"count/{resource.group_resource}": ONE}
    if resource.group:
        return used
    if resource.plural == "pods":
        return used | (_pod(obj) if counts(obj) else {})
    if resource.plural in BY_NAME:
        used[resource.plural] = ONE
    if resource.plural == "services":
        used |= _service(obj["spec"])
    elif resource.plural == "persistentvolumeclaims":
        used |= _claim(obj)
    return used


def counts(pod: Obj) -> bool:
    """Tell whether the pod uses anything: it has not ended, and is not overdue for removal from a lost host."""
    if (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
        return False
    metadata = pod["metadata"]
    grace = metadata.get("deletionGracePeriodSeconds")
    if not metadata.get("deletionTimestamp") or grace is None:
        return True
    return datetime.now(UTC) <= parse_time(metadata["deletionTimestamp"]) + timedelta(seconds=int(grace))


def _pod(pod: Obj) -> Amounts:
    used: Amounts = {"pods": ONE}
    spec = counted_spec(pod)
    for name, amount in pod_amounts(spec, "requests").items():
        used[f"requests.{name}"] = amount
        if name in SHARED or name.startswith("hugepages-"):
            used[name] = amount
    for name, amount in pod_amounts(spec, "limits").items():
        if name in SHARED:
            used[f"limits.{name}"] = amount
    return used


def _service(spec: Mapping[str, Any]) -> Amounts:
    ports = spec.get("ports") or ()
    if spec.get("type") == "NodePort":
        return {"services.nodeports": Decimal(len(ports))}
    if spec.get("type") != "LoadBalancer":
        return {}
    if spec.get("allocateLoadBalancerNodePorts") is False:
        ports = [port for port in ports if port.get("nodePort")]
    return {"services.loadbalancers": ONE, "services.nodeports": Decimal(len(ports))}


def _claim(claim: Obj) -> Amounts:
    spec = claim["spec"]
    size = amounts_of((spec.get("resources") or {}).get("requests")).get("storage")
    used = {"requests.storage": size} if size is not None else {}
    chosen = spec.get("storageClassName") or annotations_of(claim).get(CLASS_ANNOTATION)
    if chosen:
        used[f"{chosen}{CLASS_SUFFIX}persistentvolumeclaims"] = ONE
        used |= {f"{chosen}{CLASS_SUFFIX}requests.storage": size} if size is not None else {}
    return used
