"""Kinds that are answered and never stored: access reviews, token reviews, and who am I."""

from __future__ import annotations

from typing import Any

from bouvier.apiserver.authz.rules import Attributes
from bouvier.apiserver.context import Call
from bouvier.apiserver.request import Response, User
from bouvier.apiserver.verbs import writing
from bouvier.apiserver.verbs.answers import render_object
from bouvier.meta.errors import ApiError, bad_request
from bouvier.meta.objects import Obj


async def review(call: Call) -> Response:
    """Answer the review in the body."""
    obj = await writing.read_object(call, call.kind)
    if call.kind.resource.kind == "TokenReview":
        await call.context.authenticator.prepare_token((obj.get("spec") or {}).get("token") or "")
    answer = ANSWERS[call.kind.resource.kind]
    obj["status"] = answer(call, obj)
    return render_object(call, obj, 201)


def _access(call: Call, user: User, spec: Obj) -> Obj:
    wanted, authorizer = _attributes(spec), call.context.authorizer
    if authorizer.allowed(call.cluster, user, wanted):
        return {"allowed": True}
    reason = authorizer.reason(call.cluster, user, wanted)
    return {"allowed": False} | ({"reason": reason} if reason else {})


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
        "",
        _selector(resource.get("fieldSelector")),
        _selector(resource.get("labelSelector")),
    )


_OPERATORS = {"In": "=", "NotIn": "!="}


def _selector(given: Obj | None) -> str:
    """Return selector attributes as text; what they cannot say narrows nothing."""
    if not given:
        return ""
    if given.get("rawSelector"):
        return str(given["rawSelector"])
    parts = []
    for demand in given.get("requirements") or ():
        values, operator = demand.get("values") or [], demand.get("operator", "")
        if operator in _OPERATORS and len(values) == 1:
            parts.append(f"{demand.get('key', '')}{_OPERATORS[operator]}{values[0]}")
    return ",".join(parts)


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
    extra = tuple((key, tuple(values or ())) for key, values in (spec.get("extra") or {}).items())
    user = User(spec.get("user") or "", tuple(spec.get("groups") or ()), spec.get("uid") or "", extra)
    return _access(call, user, spec)


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
    status: Obj = {"resourceRules": resources, "nonResourceRules": others, "incomplete": False}
    if not call.context.authorizer.knows_all_rules(call.cluster, user):
        status |= {"incomplete": True, "evaluationError": "node authorizer does not support user rule resolution"}
    return status


def _self_subject(call: Call, _obj: Obj) -> Obj:
    return {"userInfo": call.request.user.info()}


def _token(call: Call, obj: Obj) -> Obj:
    spec = obj.get("spec") or {}
    token = spec.get("token", "")
    if not token:
        raise bad_request("spec.token: Required value")
    try:
        found = call.context.authenticator.review(token, call.cluster, tuple(spec.get("audiences") or ()))
    except ApiError as error:
        return {"authenticated": False, "error": error.message}
    if found is None:
        return {"authenticated": False, "error": "the token is not valid here, has expired, or its object is gone"}
    user, audiences = found
    return {"authenticated": True, "user": user.info(), "audiences": list(audiences)}


ANSWERS = {
    "SelfSubjectAccessReview": _self_access,
    "SubjectAccessReview": _subject_access,
    "LocalSubjectAccessReview": _subject_access,
    "SelfSubjectRulesReview": _self_rules,
    "SelfSubjectReview": _self_subject,
    "TokenReview": _token,
}
