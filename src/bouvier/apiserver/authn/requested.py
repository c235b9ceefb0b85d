"""Judging a TokenRequest: its times, and the object to which the token is to be bound.

Source: https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/
"""

from __future__ import annotations

from typing import Any, NamedTuple

from bouvier.apiserver.cache.hub import CacheHub
from bouvier.meta.errors import ApiError, FieldError, bad_request, invalid, invalid_object, not_found
from bouvier.meta.objects import Obj

MIN_SECONDS = 600
MAX_SECONDS = 1 << 32
_PLURALS = {"Pod": "pods", "Secret": "secrets", "Node": "nodes"}


class Bound(NamedTuple):
    """The object that a token shall not outlive, and for whom the token is."""

    cluster: str
    namespace: str
    account: str
    reference: Obj


def check(account: Obj, request: Obj) -> None:
    """Check times and names.

    Raises:
        ApiError: Invalid or BadRequest.

    """
    metadata, given, spec = account["metadata"], request.get("metadata") or {}, request.get("spec") or {}
    for field, word in (("name", "service account name"), ("namespace", "service account namespace")):
        if given.get(field) and given[field] != metadata[field]:
            raise bad_request(
                f"metadata.{field}: the TokenRequest is for another {word}: {metadata[field]} is expected"
            )
    errors = _range_errors(spec.get("expirationSeconds"))
    bound = spec.get("boundObjectRef")
    if bound is not None and bound.get("kind") not in _PLURALS:
        raise bad_request(f'cannot bind token for serviceaccount "{metadata["name"]}" to type {_type(bound)}')
    if bound is not None and not bound.get("name"):
        errors.append(FieldError("FieldValueRequired", "spec.boundObjectRef.name", "Required value"))
    if errors:
        raise invalid_object("authentication.k8s.io", "TokenRequest", metadata["name"], errors)


def _type(bound: Obj) -> str:
    return f"{bound.get('apiVersion', '')}, Kind={bound.get('kind', '')}"


def _range_errors(seconds: Any) -> list[FieldError]:
    if seconds is None:
        return []
    if not isinstance(seconds, int) or seconds < MIN_SECONDS:
        return [invalid("spec.expirationSeconds", seconds, "may not specify a duration less than 10 minutes")]
    if seconds > MAX_SECONDS:
        return [invalid("spec.expirationSeconds", seconds, "may not specify a duration larger than 2^32 seconds")]
    return []


def bind(hub: CacheHub, bound: Bound) -> dict[str, Any]:
    """Return the claims that name the bound object; for a pod also those of its host.

    Raises:
        ApiError: NotFound, Conflict (another uid), BadRequest (a pod of another service account).

    """
    reference, kind = bound.reference, bound.reference["kind"]
    plural = _PLURALS[kind]
    home = "" if kind == "Node" else bound.namespace
    entry = hub.resource(bound.cluster, "", plural).entries.get(f"{home}/{reference['name']}")
    if entry is None:
        raise not_found(plural, reference["name"])
    obj = entry.decode()
    uid = obj["metadata"]["uid"]
    if reference.get("uid") and reference["uid"] != uid:
        raise ApiError(
            "Conflict",
            f'Operation cannot be fulfilled on {plural} "{reference["name"]}": the UID in the bound object reference'
            f" ({reference['uid']}) does not match the UID in record. The object might have been deleted and then recreated",
            details={"name": reference["name"], "kind": plural},
        )
    claims: dict[str, Any] = {kind.lower(): {"name": reference["name"], "uid": uid}}
    if kind != "Pod":
        return claims
    if (obj["spec"].get("serviceAccountName") or "default") != bound.account:
        raise bad_request(
            f'cannot bind token for serviceaccount "{bound.account}" to pod running with different serviceaccount name.'
        )
    return claims | _host(hub, bound.cluster, obj["spec"].get("nodeName") or "")


def _host(hub: CacheHub, cluster: str, name: str) -> dict[str, Any]:
    if not name:
        return {}
    entry = hub.resource(cluster, "", "nodes").entries.get(f"/{name}")
    return {"node": {"name": name} | ({"uid": entry.decode()["metadata"]["uid"]} if entry else {})}
