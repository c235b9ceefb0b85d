"""Nobody reads through a policy what they may not read themselves: parameters of policies need the right to get them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bouvier.apiserver.admission.chain import Operation, concerns
from bouvier.apiserver.admission.refusals import forbidden
from bouvier.apiserver.authz.rules import MASTERS, Attributes
from bouvier.apiserver.context import Call
from bouvier.meta.gvk import split_api_version

GROUP = "admissionregistration.k8s.io"
_POLICIES = ("validatingadmissionpolicies", "mutatingadmissionpolicies")
_BINDINGS = ("validatingadmissionpolicybindings", "mutatingadmissionpolicybindings")


@concerns(*((GROUP, plural) for plural in _POLICIES + _BINDINGS))
async def param_access(operation: Operation) -> None:
    """Refuse policies and bindings whose writer may not get the parameters that they name."""
    group, plural = operation.resource
    obj, call = operation.obj, operation.call
    if group != GROUP or obj is None or operation.subresource or MASTERS in call.request.user.groups:
        return
    spec = obj.get("spec") or {}
    kind = spec.get("paramKind")
    if plural in _POLICIES and kind:
        if not _may_get(call, kind, "", ""):
            raise forbidden(
                operation,
                f'user {call.request.user.name} must have "get" permission on all objects of the referenced paramKind'
                f" (kind={kind.get('kind')}, apiVersion={kind.get('apiVersion')})",
            )
    elif plural in _BINDINGS and spec.get("paramRef"):
        reference = spec["paramRef"]
        kind = _kind_of_policy(call, plural, spec.get("policyName") or "")
        if not _may_get(call, kind, reference.get("namespace") or "", reference.get("name") or ""):
            detail = f'user {call.request.user.name} does not have "get" permission on the object being referenced by paramRef'
            raise forbidden(operation, detail)


def _kind_of_policy(call: Call, plural: str, name: str) -> Mapping[str, Any]:
    policies = _POLICIES[_BINDINGS.index(plural)]
    entry = call.context.hub.resource(call.cluster, GROUP, policies).entries.get(f"/{name}")
    spec = {} if entry is None else entry.decode().get("spec") or {}
    found: Mapping[str, Any] = spec.get("paramKind") or {}
    return found


def _may_get(call: Call, kind: Mapping[str, Any], namespace: str, name: str) -> bool:
    """Tell whether the writer may get the parameters; of a kind that is not known, whether they may get anything."""
    group, version = split_api_version(kind.get("apiVersion") or "")
    found = call.context.kinds.by_kind(call.cluster, group, version, kind.get("kind") or "")
    wanted = Attributes("get", "*", "*", namespace, name)
    if found is not None:
        wanted = Attributes("get", found.resource.group, found.resource.plural, namespace, name)
    return call.context.authorizer.allowed(call.cluster, call.request.user, wanted)
