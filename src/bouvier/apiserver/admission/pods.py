"""What new pods and hosts are given about outages: tolerations for short ones, a taint until a host is ready.

Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#defaulttolerationseconds
"""

from __future__ import annotations

from bouvier.apiserver.admission.chain import Operation, concerns
from bouvier.apiserver.authz.node import PREFIX
from bouvier.meta.objects import Obj

OUTAGE_SECONDS = 10
"""The original gives 300 s. Here a lost host is noticed after 24 s of silence and its pods move after 10 more, so that
they run elsewhere within 40 s; a pod that wants another time says so in its own tolerations."""
NOT_READY = "node.kubernetes.io/not-ready"
OUTAGES = (NOT_READY, "node.kubernetes.io/unreachable")


@concerns(("", "pods"))
async def default_tolerations(operation: Operation) -> None:
    """Let a pod stay for a while on a host that is not ready or out of reach, also after an update without tolerations."""
    pod = operation.obj
    if operation.verb not in ("create", "update") or operation.subresource or pod is None:
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


@concerns(("", "nodes"))
async def taint_new_node(operation: Operation) -> None:
    """Keep pods off a new host until it is known to be ready.

    Only hosts that register themselves: nobody would take the taint off those that a driver or a person describes.
    """
    node = operation.obj
    if operation.verb != "create" or operation.subresource or node is None:
        return
    if not operation.call.request.user.name.startswith(PREFIX):
        return
    spec = node.setdefault("spec", {})
    taint = {"key": NOT_READY, "effect": "NoSchedule"}
    if not any(one.get("key") == NOT_READY and one.get("effect") == "NoSchedule" for one in spec.get("taints") or ()):
        spec["taints"] = [*(spec.get("taints") or ()), taint]
