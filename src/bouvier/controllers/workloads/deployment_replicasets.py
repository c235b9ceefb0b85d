"""The ReplicaSet objects of a Deployment, new and changed."""

from __future__ import annotations

from typing import Any

from bouvier.controllers.workloads.deployment_revisions import annotate, size_annotations
from bouvier.controllers.workloads.deployment_sizes import spec_replicas
from bouvier.controllers.workloads.deployment_templates import HASH_LABEL, template_hash
from bouvier.meta.objects import Obj, annotations_of, name_of, namespace_of, owner_reference

LONGEST_NAME = 253
"""A ReplicaSet's name is a DNS subdomain."""


def new_replica_set(deployment: Obj, replicas: int, revision: int) -> Obj:
    """Return the ReplicaSet for the Deployment's present template."""
    spec = deployment["spec"]
    digest = template_hash(spec["template"], (deployment.get("status") or {}).get("collisionCount") or 0)
    metadata = spec["template"].get("metadata") or {}
    labels = {**(metadata.get("labels") or {}), HASH_LABEL: digest}
    selector = dict(spec["selector"])
    selector["matchLabels"] = {**(selector.get("matchLabels") or {}), HASH_LABEL: digest}
    new: Obj = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"{name_of(deployment)[: LONGEST_NAME - len(digest) - 1]}-{digest}",
            "namespace": namespace_of(deployment),
            "labels": labels,
            "ownerReferences": [owner_reference(deployment)],
        },
        "spec": {
            "replicas": replicas,
            "selector": selector,
            "template": {**spec["template"], "metadata": {**metadata, "labels": labels}},
        },
    }
    if spec.get("minReadySeconds"):
        new["spec"]["minReadySeconds"] = spec["minReadySeconds"]
    new["metadata"]["annotations"] = annotate(new, deployment, revision) | size_annotations(deployment)
    return new


def annotated(replica_set: Obj, deployment: Obj, revision: int) -> Obj:
    """Return the present ReplicaSet with the Deployment's annotations, `minReadySeconds` and at least `revision`."""
    new = _with_annotations(replica_set, annotate(replica_set, deployment, revision))
    wait = deployment["spec"].get("minReadySeconds") or 0
    if wait != (replica_set["spec"].get("minReadySeconds") or 0):
        new["spec"] = {**replica_set["spec"], "minReadySeconds": wait}
    return new


def scaled(replica_set: Obj, deployment: Obj, replicas: int) -> Obj:
    """Return the ReplicaSet with another size, and the size of the Deployment for which it was chosen."""
    new = _with_annotations(replica_set, annotations_of(replica_set) | size_annotations(deployment))
    if replicas != spec_replicas(replica_set):
        new["spec"] = {**replica_set["spec"], "replicas": replicas}
    return new


def _with_annotations(replica_set: Obj, annotations: dict[str, str]) -> dict[str, Any]:
    return {**replica_set, "metadata": {**replica_set["metadata"], "annotations": annotations}}
