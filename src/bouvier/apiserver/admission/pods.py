"""What every new pod is given: its service account with a token, tolerations for short outages, its priority.

Source: Kubernetes "Admission Control", ServiceAccount, DefaultTolerationSeconds, Priority.
"""

from __future__ import annotations

import secrets
from typing import Any

from bouvier.apiserver.admission.chain import Operation, concerns
from bouvier.apiserver.context import Call
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj

TOKEN_MOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"  # noqa: S105
TOKEN_VOLUME = "kube-api-access-"  # noqa: S105
TOKEN_SECONDS = 3607
"""An hour and some seconds: the original's own mark of an injected token."""
OUTAGE_SECONDS = 10
"""The original gives 300 s. Here a lost host is noticed after 24 s of silence and its pods move after 10 more, so that
they run elsewhere within 40 s; a pod that wants another time says so in its own tolerations."""
OUTAGES = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
SYSTEM_PRIORITIES = {"system-node-critical": 2_000_001_000, "system-cluster-critical": 2_000_000_000}


def is_new_pod(operation: Operation) -> bool:
    """Tell whether a pod is being created."""
    return operation.verb == "create" and operation.resource == ("", "pods")


@concerns(("", "pods"))
async def service_account(operation: Operation) -> None:
    """Give a new pod its service account and a mounted, bound, expiring token."""
    pod = operation.obj
    if not is_new_pod(operation) or pod is None:
        return
    spec = pod["spec"]
    name = spec.get("serviceAccountName") or spec.get("serviceAccount") or "default"
    spec["serviceAccountName"] = spec["serviceAccount"] = name
    account = _account(operation.call, name)
    if not _wants_token(spec, account):
        return
    volume = _present_volume(spec) or _token_volume()
    mounted = False
    for container in _containers(spec):
        mounts = container.setdefault("volumeMounts", [])
        if not any(mount.get("mountPath") == TOKEN_MOUNT for mount in mounts):
            mounts.append({"name": volume["name"], "readOnly": True, "mountPath": TOKEN_MOUNT})
            mounted = True
    if mounted and volume not in (spec.get("volumes") or ()):
        spec.setdefault("volumes", []).append(volume)


def _account(call: Call, name: str) -> Obj:
    """Return the service account; `default` may still be on its way in a fresh namespace."""
    entry = call.context.hub.resource(call.cluster, "", "serviceaccounts").entries.get(
        f"{call.target.namespace}/{name}"
    )
    if entry is not None:
        account: Obj = entry.decode()
        return account
    if name == "default":
        return {}
    raise ApiError(
        "Forbidden",
        f'pods is forbidden: error looking up service account {call.target.namespace}/{name}: serviceaccount "{name}" not found',
        details={"kind": "pods"},
    )


def _wants_token(spec: Obj, account: Obj) -> bool:
    wanted = spec.get("automountServiceAccountToken")
    if wanted is None:
        wanted = account.get("automountServiceAccountToken")
    return wanted is not False


def _containers(spec: Obj) -> list[dict[str, Any]]:
    return [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]


def _present_volume(spec: Obj) -> dict[str, Any] | None:
    """Return the volume that was given to the pod before a webhook added containers."""
    volumes = (one for one in spec.get("volumes") or () if one.get("name", "").startswith(TOKEN_VOLUME))
    return next(volumes, None)


def _token_volume() -> dict[str, Any]:
    suffix = "".join(secrets.choice("bcdfghjklmnpqrstvwxz2456789") for _ in range(5))
    sources: list[dict[str, Any]] = [
        {"serviceAccountToken": {"expirationSeconds": TOKEN_SECONDS, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {
            "downwardAPI": {
                "items": [{"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}]
            }
        },
    ]
    return {"name": f"{TOKEN_VOLUME}{suffix}", "projected": {"sources": sources, "defaultMode": 420}}


@concerns(("", "pods"))
async def default_tolerations(operation: Operation) -> None:
    """Let a new pod stay for a while on a host that is not ready or out of reach."""
    pod = operation.obj
    if not is_new_pod(operation) or pod is None:
        return
    tolerations = pod["spec"].get("tolerations") or []
    for key in OUTAGES:
        if not any(_covers(toleration, key) for toleration in tolerations):
            tolerations = [
                *tolerations,
                {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": OUTAGE_SECONDS},
            ]
    pod["spec"]["tolerations"] = tolerations


def _covers(toleration: Obj, key: str) -> bool:
    return toleration.get("key") in (key, None, "") and toleration.get("effect") in ("NoExecute", None, "")


@concerns(("", "pods"))
async def priority(operation: Operation) -> None:
    """Turn a priority class into the number that the scheduler compares."""
    pod = operation.obj
    if not is_new_pod(operation) or pod is None:
        return
    spec, call = pod["spec"], operation.call
    cache = call.context.hub.resource(call.cluster, "scheduling.k8s.io", "priorityclasses")
    name = spec.get("priorityClassName", "")
    value, policy = 0, "PreemptLowerPriority"
    if name in SYSTEM_PRIORITIES:
        value = SYSTEM_PRIORITIES[name]
    elif name:
        entry = cache.entries.get(f"/{name}")
        if entry is None:
            raise ApiError(
                "Forbidden", f"pods is forbidden: no PriorityClass with name {name} was found", details={"kind": "pods"}
            )
        found = entry.decode()
        value, policy = found["value"], found.get("preemptionPolicy", policy)
    else:
        for found in (entry.decode() for entry in cache.entries.values()):
            if found.get("globalDefault"):
                value, policy = found["value"], found.get("preemptionPolicy", policy)
                spec["priorityClassName"] = found["metadata"]["name"]
    if spec.get("priority") not in (None, value):
        raise ApiError(
            "Forbidden",
            "pods is forbidden: the integer value of priority must not be provided in pod spec;"
            f" priority admission controller computed {value} from the given PriorityClass name",
            details={"kind": "pods"},
        )
    spec["priority"] = value
    spec.setdefault("preemptionPolicy", policy)
