"""The claims of a StatefulSet's pods: their names, and what they go away with (pure).

Source: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#persistentvolumeclaim-retention
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bouvier.meta.objects import Obj, name_of, namespace_of, owner_reference, uid_of

DELETE = "Delete"
Reference = dict[str, Any]


def templates_of(stateful_set: Obj) -> list[Obj]:
    """Return the templates of the claims that each pod has."""
    return stateful_set["spec"].get("volumeClaimTemplates") or []


def claim_name(template: Obj, pod_name: str) -> str:
    """Return the name of a pod's claim."""
    return f"{name_of(template)}-{pod_name}"


def new_claims(stateful_set: Obj, pod_name: str) -> list[Obj]:
    """Return the claims of a pod, labelled as the set selects, owned as its retention policy says."""
    labels = (stateful_set["spec"].get("selector") or {}).get("matchLabels") or {}
    references = wanted_owners(stateful_set, [], None, is_condemned=False)
    made = []
    for template in templates_of(stateful_set):
        metadata = {
            "name": claim_name(template, pod_name),
            "namespace": namespace_of(stateful_set),
            "labels": {**(template["metadata"].get("labels") or {}), **labels},
            "annotations": template["metadata"].get("annotations") or {},
            "ownerReferences": references,
        }
        claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": template["spec"]}
        made.append(claim)
    return made


def policy_of(stateful_set: Obj) -> tuple[str, str]:
    """Return what happens to claims when the set is deleted and when it is scaled down: `Retain` or `Delete`."""
    policy = stateful_set["spec"].get("persistentVolumeClaimRetentionPolicy") or {}
    return policy.get("whenDeleted") or "Retain", policy.get("whenScaled") or "Retain"


def wanted_owners(
    stateful_set: Obj, present: Sequence[Reference], pod: Obj | None, *, is_condemned: bool
) -> list[Reference]:
    """Return the owner references that a claim should have; those of others are kept.

    A claim goes with its pod if that one is scaled away and the policy says so, else with the set if the policy says so.
    """
    when_deleted, when_scaled = policy_of(stateful_set)
    ours = {uid_of(stateful_set), *([uid_of(pod)] if pod else [])}
    kept = [each for each in present if each.get("uid") not in ours]
    if is_condemned and pod is not None and when_scaled == DELETE:
        return [*kept, _without_control(pod, "v1", "Pod")]
    if when_deleted == DELETE:
        return [*kept, _without_control(stateful_set, "apps/v1", "StatefulSet")]
    return kept


def _without_control(owner: Obj, api_version: str, kind: str) -> Reference:
    """Return a reference that deletes the claim with its owner and claims no more than that."""
    reference = owner_reference({**owner, "apiVersion": api_version, "kind": kind})
    return {part: reference[part] for part in ("apiVersion", "kind", "name", "uid")}


def goes_with_former_pod(claim: Obj, pod_name: str) -> bool:
    """Tell whether the claim belongs to a pod of that name that is gone: it will be deleted any moment."""
    references = claim["metadata"].get("ownerReferences") or ()
    return any(each.get("kind") == "Pod" and each.get("name") == pod_name for each in references)
