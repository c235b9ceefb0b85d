"""Receivers: who wrote one is noted by the server, and must be allowed what the hook will do; calls come by the URL alone."""

from __future__ import annotations

from typing import Any

from bouvier.apiserver.admission.chain import Operation, concerns
from bouvier.apiserver.authz.rules import Attributes
from bouvier.apiserver.internal import SELF
from bouvier.kinds.hooks_v1 import receivercalls, receivers
from bouvier.kinds.hooks_v1.receivers import INSTALL
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import split_api_version
from bouvier.meta.objects import Obj

_RECEIVERS = (receivers.RESOURCE.group, receivers.RESOURCE.plural)
_CALLS = (receivercalls.RESOURCE.group, receivercalls.RESOURCE.plural)
_PLURALS = {
    "Deployment": "deployments",
    "StatefulSet": "statefulsets",
    "DaemonSet": "daemonsets",
    "ReplicationController": "replicationcontrollers",
}


@concerns(_RECEIVERS, _CALLS)
async def receiver_author(operation: Operation) -> None:
    """Note who wrote a receiver's spec, and refuse hooks that would do more than the writer may."""
    if operation.resource == _CALLS and operation.verb == "create":
        _check_call(operation)
        return
    if operation.resource != _RECEIVERS or operation.obj is None or operation.subresource:
        return
    spec = operation.obj["spec"]
    before = ((operation.old or {}).get("spec") or {}).get("author")
    spec.pop("author", None)
    if operation.old is not None and spec == {k: v for k, v in operation.old["spec"].items() if k != "author"}:
        spec["author"] = before
        return
    user = operation.call.request.user
    spec["author"] = {"username": user.name, "groups": list(user.groups)} | ({"uid": user.uid} if user.uid else {})
    for wanted in _needed(spec, operation.call.target.namespace):
        operation.call.context.authorizer.check(operation.call.cluster, user, wanted)


def _needed(spec: Obj, namespace: str) -> list[Attributes]:
    """Return what the writer of a hook must be allowed to do."""
    if spec.get("signatureSecret"):
        account = [Attributes("get", "", "secrets", namespace, spec["signatureSecret"])]
    else:
        account = []
    if spec.get("serviceAccountName"):
        return [*account, Attributes("impersonate", "", "serviceaccounts", namespace, spec["serviceAccountName"])]
    if spec.get("action") == INSTALL:
        return [
            *account,
            *(Attributes(verb, "catalog.bouvier.io", "releases", namespace) for verb in ("create", "list")),
        ]
    return [*account, *_on_workloads(spec, namespace)]


def _on_workloads(spec: Obj, namespace: str) -> list[Attributes]:
    target: Any = spec.get("target")
    if not isinstance(target, dict):
        kinds = ("deployments", "statefulsets", "daemonsets")
        return [Attributes(verb, "apps", kind, namespace) for kind in kinds for verb in ("list", "get", "patch")]
    group = split_api_version(target.get("apiVersion") or "apps/v1")[0]
    plural = _PLURALS.get(target.get("kind", ""), "")
    if not plural:
        return []  # refused by validation
    return [Attributes(verb, group, plural, namespace, target.get("name", "")) for verb in ("get", "patch")]


def _check_call(operation: Operation) -> None:
    """Let only the server make calls; others may ask what one would do, if they may change the hook."""
    user, obj = operation.call.request.user, operation.obj or {}
    if user.name == SELF.name:
        return
    spec = obj.get("spec") or {}
    if not spec.get("dryRun"):
        raise ApiError(
            "Forbidden", "calls are made through the hook's URL; with spec.dryRun they tell what they would do"
        )
    namespace, name = operation.call.target.namespace, spec.get("receiver", "")
    wanted = Attributes("update", *_RECEIVERS, namespace, name)
    operation.call.context.authorizer.check(operation.call.cluster, user, wanted)
    entry = operation.call.context.hub.resource(operation.call.cluster, *_RECEIVERS).entries.get(f"{namespace}/{name}")
    if entry is None:
        raise ApiError("NotFound", f'receivers.hooks.bouvier.io "{name}" not found')
    obj["metadata"]["ownerReferences"] = [receivers.owner(entry.decode())]
