"""Tokens that hosts ask for: only for pods that run on them, and for audiences that those pods name.

Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#noderestriction
"""

from __future__ import annotations

from collections.abc import Iterator

from bouvier.apiserver.authn.signing import ISSUER
from bouvier.apiserver.authz.node import PREFIX
from bouvier.apiserver.authz.rules import Attributes
from bouvier.apiserver.context import Call
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj

AUDIENCE_VERB = "request-serviceaccounts-token-audience"
"""The verb by which a role lets hosts ask for further audiences."""


def check_host(call: Call, request: Obj) -> None:
    """Refuse a host's request for a token that none of its pods needs.

    Raises:
        ApiError: Forbidden.

    """
    user = call.request.user.name
    if not user.startswith(PREFIX):
        return
    spec = request.get("spec") or {}
    pod, problem = _pod(call, spec.get("boundObjectRef") or {}, user[len(PREFIX) :])
    wanted = {audience or ISSUER for audience in spec.get("audiences") or ()} - {ISSUER}
    missing = sorted(wanted - set(_audiences(pod))) if pod and not problem else []
    if missing and not all(_is_granted(call, audience) for audience in missing):
        problem = f"audience {missing[0]!r} not found in pod spec volume"
    if problem:
        name = call.target.name
        raise ApiError(
            "Forbidden",
            f'serviceaccounts "{name}" is forbidden: {problem}',
            details={"name": name, "kind": "serviceaccounts"},
        )


def _pod(call: Call, reference: Obj, host: str) -> tuple[Obj | None, str]:
    """Return the pod that the token is for, or why it must not be."""
    if reference.get("kind") != "Pod" or reference.get("apiVersion", "v1") != "v1" or not reference.get("name"):
        return None, "node requested token not bound to a pod"
    if not reference.get("uid"):
        return None, "node requested token with a pod binding without a uid"
    pods = call.context.hub.resource(call.cluster, "", "pods").entries
    entry = pods.get(f"{call.target.namespace}/{reference['name']}")
    pod = entry.decode() if entry is not None else None
    if pod is None or pod["metadata"]["uid"] != reference["uid"]:
        return None, "the UID in the bound object reference does not match the UID in record"
    if (pod.get("spec") or {}).get("nodeName") != host:
        return None, "node requested token bound to a pod scheduled on a different node"
    return pod, ""


def _audiences(pod: Obj) -> Iterator[str]:
    for volume in (pod.get("spec") or {}).get("volumes") or ():
        for source in (volume.get("projected") or {}).get("sources") or ():
            if source.get("serviceAccountToken"):
                yield source["serviceAccountToken"].get("audience") or ISSUER


def _is_granted(call: Call, audience: str) -> bool:
    wanted = Attributes(AUDIENCE_VERB, "", audience, call.target.namespace, call.target.name)
    return call.context.authorizer.allowed(call.cluster, call.request.user, wanted)
