"""What all drivers share where one pod becomes one native workload: our scheduler has chosen the host (pure)."""

from __future__ import annotations

import re
from typing import Any

from bouvier.clusters.driver import Loss
from bouvier.meta.objects import Obj

BY_SCHEDULER = (
    "affinity",
    "nodeName",
    "priority",
    "priorityClassName",
    "restartPolicy",
    "schedulerName",
    "subdomain",
    "tolerations",
    "topologySpreadConstraints",
)
"""Fields of a pod that our own scheduler and these functions honour."""
CREDENTIALS = "/var/run/secrets/kubernetes.io/serviceaccount"
_KEYED = re.compile(r"metadata\.(labels|annotations)\['([^']+)'\]")


def without_credentials(pod: Obj, orchestrator: str, losses: list[Loss]) -> Obj:
    """Return a pod's spec without the mounted credentials of the API, which admission adds to every pod."""
    containers: list[Any] = []
    gone: set[str] = set()
    for container in pod["containers"]:
        mounts = container.get("volumeMounts") or []
        kept = [mount for mount in mounts if mount["mountPath"] != CREDENTIALS]
        gone |= {mount["name"] for mount in mounts if mount["mountPath"] == CREDENTIALS}
        containers.append({**container, "volumeMounts": kept})
    if gone:
        text = f"the API's credentials are not mounted on {orchestrator}"
        losses.append(Loss("spec.automountServiceAccountToken", text))
    volumes = [volume for volume in pod.get("volumes") or () if volume["name"] not in gone]
    return {**pod, "containers": containers, "volumes": volumes}


def own_value(workload: Obj, path: str) -> str | None:
    """Return what a `fieldRef` of a pod means, None for what is not known here."""
    metadata, pod = workload["metadata"], workload["spec"]["template"]["spec"]
    keyed = _KEYED.fullmatch(path)
    if keyed:
        return str((metadata.get(keyed[1]) or {}).get(keyed[2], ""))
    known = {
        "metadata.name": metadata["name"],
        "metadata.uid": metadata["uid"],
        "spec.nodeName": pod.get("nodeName", ""),
        "spec.serviceAccountName": pod.get("serviceAccountName", ""),
    }
    return known.get(path)
