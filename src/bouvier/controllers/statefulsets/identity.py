"""Who a pod of a StatefulSet is: its ordinal, name, labels, host name and claims (pure).

Source: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#pod-identity
"""

from __future__ import annotations

from typing import Any

from bouvier.controllers.statefulsets.claims import claim_name, templates_of
from bouvier.controllers.workloads.pods import from_template
from bouvier.controllers.workloads.revisions import REVISION_HASH, template_of
from bouvier.meta.objects import Obj, labels_of, name_of, owner_reference

POD_NAME = "statefulset.kubernetes.io/pod-name"
POD_INDEX = "apps.kubernetes.io/pod-index"
NO_ORDINAL = -1


def replicas_of(stateful_set: Obj) -> int:
    """Return how many pods are wanted."""
    replicas = stateful_set["spec"].get("replicas")
    return 1 if replicas is None else int(replicas)


def start_of(stateful_set: Obj) -> int:
    """Return the first ordinal."""
    return int((stateful_set["spec"].get("ordinals") or {}).get("start") or 0)


def ordinals_of(stateful_set: Obj) -> range:
    """Return the ordinals that are wanted."""
    start = start_of(stateful_set)
    return range(start, start + replicas_of(stateful_set))


def pod_name(stateful_set: Obj, ordinal: int) -> str:
    """Return the name of the pod with that ordinal."""
    return f"{name_of(stateful_set)}-{ordinal}"


def ordinal_of(stateful_set: Obj, pod: Obj) -> int:
    """Return the ordinal that the pod's name says, `NO_ORDINAL` if it is not a name of this set."""
    parent, _, number = name_of(pod).rpartition("-")
    is_number = number.isascii() and number.isdigit() and (number == "0" or not number.startswith("0"))
    return int(number) if is_number and parent == name_of(stateful_set) else NO_ORDINAL


def revision_of(pod: Obj) -> str:
    """Return the name of the revision that the pod was made from."""
    return labels_of(pod).get(REVISION_HASH, "")


def identity_labels(stateful_set: Obj, ordinal: int) -> dict[str, str]:
    """Return the labels that tell a pod from its siblings."""
    return {POD_NAME: pod_name(stateful_set, ordinal), POD_INDEX: str(ordinal)}


def new_pod(stateful_set: Obj, ordinal: int, revision: Obj) -> Obj:
    """Return the pod with that ordinal, made from the template of a revision."""
    name = pod_name(stateful_set, ordinal)
    pod = from_template(template_of(revision), stateful_set, owner_reference(stateful_set), name)
    pod["metadata"]["labels"] = {
        **labels_of(pod),
        **identity_labels(stateful_set, ordinal),
        REVISION_HASH: name_of(revision),
    }
    pod["spec"] = {
        **pod["spec"],
        "hostname": name,
        "volumes": _volumes(stateful_set, pod["spec"], name),
    }
    if stateful_set["spec"].get("serviceName"):
        pod["spec"]["subdomain"] = stateful_set["spec"]["serviceName"]
    return pod


def _volumes(stateful_set: Obj, spec: Obj, name: str) -> list[dict[str, Any]]:
    """Return the template's volumes with those of the claims in the place of their namesakes."""
    claimed = {
        name_of(template): {
            "name": name_of(template),
            "persistentVolumeClaim": {"claimName": claim_name(template, name)},
        }
        for template in templates_of(stateful_set)
    }
    own = [volume for volume in spec.get("volumes") or () if volume.get("name") not in claimed]
    return own + list(claimed.values())
