"""What a host's agent may write: its own Node and Lease, the pods bound to it, its own volumes and reports.

Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#noderestriction
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bouvier.apiserver.admission.chain import Operation, concerns
from bouvier.apiserver.admission.refusals import forbidden
from bouvier.apiserver.admission.storage_hosts import STORAGE, is_of_host
from bouvier.apiserver.authz.node import LEASES_IN, PREFIX
from bouvier.apiserver.authz.pod_references import references
from bouvier.meta.objects import Obj, annotations_of, labels_of, name_of

MIRROR = "kubernetes.io/config.mirror"
OWN_LABELS = frozenset(
    {
        "kubernetes.io/hostname",
        "kubernetes.io/arch",
        "kubernetes.io/os",
        "beta.kubernetes.io/arch",
        "beta.kubernetes.io/os",
        "beta.kubernetes.io/instance-type",
        "node.kubernetes.io/instance-type",
        "topology.kubernetes.io/region",
        "topology.kubernetes.io/zone",
        "failure-domain.beta.kubernetes.io/region",
        "failure-domain.beta.kubernetes.io/zone",
    }
)
"""Labels of Kubernetes' own domains that a host may put on itself; of other domains it may any."""
OWN_PREFIXES = ("kubelet.kubernetes.io", "node.kubernetes.io")


def _subject(operation: Operation) -> str:
    return operation.call.target.name or name_of(operation.obj or operation.old or {"metadata": {}})


def _pod(operation: Operation, host: str) -> str:
    call, verb = operation.call, operation.verb
    if operation.subresource == "eviction":
        entry = call.cache.entries.get(f"{call.target.namespace}/{call.target.name}")
        own = entry is not None and _host_of(entry.decode()) == host
        return "" if own else f"node {host} can only evict pods with spec.nodeName set to itself"
    if verb == "create" and not operation.subresource:
        return _mirror_problem(operation, host)
    if verb == "delete":
        own = _host_of(operation.old or {}) == host
        return "" if own else f'node "{host}" can only delete pods with spec.nodeName set to itself'
    if verb == "update" and operation.subresource == "status":
        return _status_problem(operation, host)
    return f"unexpected operation {verb.upper()}, node {host} can only create and delete mirror pods"


def _host_of(pod: Obj) -> str:
    return str((pod.get("spec") or {}).get("nodeName") or "")


def _status_problem(operation: Operation, host: str) -> str:
    old, new = operation.old or {}, operation.obj or {}
    if _host_of(old) != host:
        return f'node "{host}" can only update pod status for pods with spec.nodeName set to itself'  # noqa: S608
    if labels_of(new) != labels_of(old):
        return f'node "{host}" cannot update labels through pod status'
    return ""


def _mirror_problem(operation: Operation, host: str) -> str:
    """Return what is wrong with a pod that a host makes: it may only show one that it runs by itself."""
    pod = operation.obj or {"metadata": {}}
    if MIRROR not in annotations_of(pod):
        return f'pod does not have "{MIRROR}" annotation, node "{host}" can only create mirror pods'
    if _host_of(pod) != host:
        return f'node "{host}" can only create pods with spec.nodeName set to itself'
    owners = pod["metadata"].get("ownerReferences") or []
    if len(owners) != 1 or (owners[0].get("kind"), owners[0].get("name")) != ("Node", host):
        return f'node "{host}" can only create pods with an owner reference set to itself'
    if owners[0].get("uid") != _node_uid(operation, host):
        return f'node "{host}" can only create pods with an owner reference set to itself: the uid is another one'
    if not owners[0].get("controller") or owners[0].get("blockOwnerDeletion"):
        return f'node "{host}" can only create pods with a controlling owner reference that does not block deletion'
    if (pod.get("spec") or {}).get("serviceAccountName"):
        return f"node {host} can not create pods that reference a service account"
    named = references(pod | {"metadata": pod["metadata"] | {"namespace": ""}})
    plurals = sorted({each.plural for each in named if each.plural != "serviceaccounts"})
    return f"node {host} can not create pods that reference {plurals[0]}" if plurals else ""


def _node_uid(operation: Operation, host: str) -> str:
    call = operation.call
    entry = call.context.hub.resource(call.cluster, "", "nodes").entries.get(f"/{host}")
    return str(entry.decode()["metadata"]["uid"]) if entry else ""


def _node(operation: Operation, host: str) -> str:
    name = _subject(operation)
    if name != host:
        return f'node "{host}" is not allowed to modify node "{name}"'
    new, old = operation.obj, operation.old
    if new is None:
        return f'node "{host}" is not allowed to delete itself'
    if old is not None and (new.get("spec") or {}).get("taints") != (old.get("spec") or {}).get("taints"):
        return f'node "{host}" is not allowed to modify taints'
    if old is not None and new["metadata"].get("ownerReferences") != old["metadata"].get("ownerReferences"):
        return f'node "{host}" is not allowed to modify ownerReferences'
    labels = _reserved(labels_of(new), labels_of(old) if old else {})
    if labels and old is None:
        return f'node "{host}" is not allowed to set the following labels: {", ".join(labels)}'
    return f"is not allowed to modify labels: {', '.join(labels)}" if labels else ""


def _reserved(new: Mapping[str, str], old: Mapping[str, str]) -> list[str]:
    """Return the changed labels that only administrators may write."""
    changed = {key for key in (*new, *old) if new.get(key) != old.get(key)}
    return sorted(key for key in changed if _is_reserved(key))


def _is_reserved(key: str) -> bool:
    domain, slash, _ = key.rpartition("/")
    if not slash or key in OWN_LABELS:
        return False
    if domain == "node-restriction.kubernetes.io" or domain.endswith(".node-restriction.kubernetes.io"):
        return True
    if any(domain == prefix or domain.endswith(f".{prefix}") for prefix in OWN_PREFIXES):
        return False
    return domain in ("kubernetes.io", "k8s.io") or domain.endswith((".kubernetes.io", ".k8s.io"))


def _lease(operation: Operation, host: str) -> str:
    if operation.call.target.namespace == LEASES_IN and _subject(operation) == host:
        return ""
    return "can only access node lease with the same name as the requesting node"


def _csi_node(operation: Operation, host: str) -> str:
    return "" if _subject(operation) == host else "can only access CSINode with the same name as the requesting node"


def _slice(operation: Operation, host: str) -> str:
    subject = operation.old or operation.obj or {}
    both = (subject, operation.obj or subject)
    if all((each.get("spec") or {}).get("nodeName") == host for each in both):
        return ""
    return f"can only {operation.verb} ResourceSlice with the same NodeName as the requesting node"


def _report(operation: Operation, host: str) -> str:
    return "" if _subject(operation) == host else f'node "{host}" is not allowed to change it'


def _storage(operation: Operation, host: str) -> str:
    return "" if is_of_host(operation, host) else f'node "{host}" is not allowed to change it'


_JUDGES: Mapping[tuple[str, str], Callable[[Operation, str], str]] = {
    ("", "pods"): _pod,
    ("", "nodes"): _node,
    ("coordination.k8s.io", "leases"): _lease,
    ("storage.k8s.io", "csinodes"): _csi_node,
    ("resource.k8s.io", "resourceslices"): _slice,
    ("network.bouvier.io", "peerreports"): _report,
    ("network.bouvier.io", "trafficreports"): _report,
    **dict.fromkeys(STORAGE, _storage),
}


@concerns(*_JUDGES)
async def node_restriction(operation: Operation) -> None:
    """Keep a host's agent to what is its own.

    Raises:
        ApiError: Forbidden.

    """
    user = operation.call.request.user.name
    if not user.startswith(PREFIX):
        return
    problem = _JUDGES[operation.resource](operation, user[len(PREFIX) :])
    if problem:
        raise forbidden(operation, problem)
