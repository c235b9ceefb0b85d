"""Kinds that are answered and never stored: access reviews, token reviews, and who am I."""

from __future__ import annotations

from typing import Any

from bouvier.apiserver.authz.rules import Attributes
from bouvier.apiserver.context import Call
from bouvier.apiserver.request import Response, User
from bouvier.apiserver.verbs import writing
from bouvier.apiserver.verbs.answers import render_object, rendering_of
from bouvier.meta.errors import ApiError, bad_request
from bouvier.meta.objects import Obj


async def review(call: Call) -> Response:
    """Answer the review in the body."""
    if rendering_of(call).transform:
        why = f"the resource {call.group_resource} does not support being converted to a Table"
        raise ApiError("NotAcceptable", why)
    obj = await writing.read_object(call, call.kind)
    answer = ANSWERS[call.kind.resource.kind]
    obj["status"] = answer(call, obj)
    return render_object(call, obj, 201)


def _access(call: Call, user: User, spec: Obj) -> Obj:
    wanted = _attributes(spec)
    allowed = call.context.authorizer.allowed(call.cluster, user, wanted)
    return {"allowed": allowed} if allowed else {"allowed": False, "reason": "no RBAC rule grants it"}


def _attributes(spec: Obj) -> Attributes:
    resource = spec.get("resourceAttributes")
    path = spec.get("nonResourceAttributes")
    if (resource is None) == (path is None):
        raise bad_request("spec: exactly one of resourceAttributes and nonResourceAttributes must be given")
    if resource is None:
        assert path is not None
        return Attributes(path.get("verb", ""), path=path.get("path", ""))
    plural = resource.get("resource", "")
    if resource.get("subresource"):
        plural += "/" + resource["subresource"]
    return Attributes(
        resource.get("verb", ""),
        resource.get("group", ""),
        plural,
        resource.get("namespace", ""),
        resource.get("name", ""),
    )


def _self_access(call: Call, obj: Obj) -> Obj:
    return _access(call, call.request.user, obj.get("spec") or {})


def _subject_access(call: Call, obj: Obj) -> Obj:
    spec = obj.get("spec") or {}
    if not spec.get("user") and not spec.get("groups"):
        raise bad_request("spec: at least one of user and groups must be given")
    if call.kind.resource.kind == "LocalSubjectAccessReview":
        asked = (spec.get("resourceAttributes") or {}).get("namespace", "")
        if asked != call.target.namespace:
            raise bad_request("spec.resourceAttributes.namespace must match the namespace of the request")
    return _access(call, User(spec.get("user", ""), tuple(spec.get("groups") or ())), spec)


def _self_rules(call: Call, obj: Obj) -> Obj:
    namespace = (obj.get("spec") or {}).get("namespace", "")
    if not namespace:
        raise bad_request("no namespace on request")
    user = call.request.user
    resources: list[Any] = []
    others: list[Any] = []
    for rule in call.context.authorizer.rules(call.cluster, user, namespace):
        if rule.get("nonResourceURLs"):
            others.append({"verbs": rule["verbs"], "nonResourceURLs": rule["nonResourceURLs"]})
        else:
            fields = ("verbs", "apiGroups", "resources", "resourceNames")
            resources.append({f: rule[f] for f in fields if rule.get(f)})
    return {"resourceRules": resources, "nonResourceRules": others, "incomplete": False}


def _self_subject(call: Call, _obj: Obj) -> Obj:
    return {"userInfo": call.request.user.info()}


def _token(call: Call, obj: Obj) -> Obj:
    spec = obj.get("spec") or {}
    token = spec.get("token", "")
    if not token:
        raise bad_request("spec.token: Required value")
    for audience in spec.get("audiences") or [""]:
        user = call.context.accounts.find(token, call.cluster, audience) if audience else None
        user = user or (call.context.accounts.find(token, call.cluster) if not audience else None)
        if user is not None:
            status: Obj = {"authenticated": True, "user": user.info()}
            return status | ({"audiences": [audience]} if audience else {})
    return {"authenticated": False, "error": "the token is not valid here, has expired, or its object is gone"}


ANSWERS = {
    "SelfSubjectAccessReview": _self_access,
    "SubjectAccessReview": _subject_access,
    "LocalSubjectAccessReview": _subject_access,
    "SelfSubjectRulesReview": _self_rules,
    "SelfSubjectReview": _self_subject,
    "TokenReview": _token,
}
