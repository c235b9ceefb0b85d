"""A pod's claims on devices, and which of its containers use them.

Source: https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bouvier.kinds import fields, names
from bouvier.kinds.fields import Errors
from bouvier.kinds.findings import show
from bouvier.meta.errors import FieldError, duplicate, required

_EITHER = "`resourceClaimName`, `resourceClaimTemplateName`"


def validate_claims(path: str, spec: Mapping[str, Any]) -> Errors:
    """Check the claims of a pod's spec, and the references to them."""
    known: set[str] = set()
    for index, claim in enumerate(spec.get("resourceClaims") or ()):
        yield from _claim(f"{path}.resourceClaims[{index}]", claim, known)
        known.add(claim.get("name") or "")
    for field in ("containers", "initContainers"):
        for index, container in enumerate(spec.get(field) or ()):
            used = (container.get("resources") or {}).get("claims") or ()
            yield from _references(f"{path}.{field}[{index}].resources.claims", used, known)


def _claim(path: str, claim: Mapping[str, Any], known: set[str]) -> Errors:
    name = claim.get("name") or ""
    if not name:
        yield required(f"{path}.name")
    elif name in known:
        yield duplicate(f"{path}.name", name)
    else:
        yield from fields.each(f"{path}.name", name, names.label)
    own, template = claim.get("resourceClaimName"), claim.get("resourceClaimTemplateName")
    if own is not None and template is not None:
        yield fields.invalid(path, dict(claim), f"at most one of {_EITHER.replace(', ', ' or ')} may be specified")
    elif own is None and template is None:
        yield fields.invalid(path, dict(claim), f"must specify one of: {_EITHER}")
    for field in ("resourceClaimName", "resourceClaimTemplateName"):
        if claim.get(field) is not None:
            yield from fields.each(f"{path}.{field}", claim[field], names.subdomain)


def _references(path: str, used: Any, known: set[str]) -> Errors:
    seen: set[tuple[Any, Any]] = set()
    for index, claim in enumerate(used):
        name, request = claim.get("name") or "", claim.get("request") or ""
        if not name:
            yield required(f"{path}[{index}]")
            continue
        if (name, request) in seen or (name, "") in seen:
            yield duplicate(f"{path}[{index}]", f"{name}/{request}" if request else name)
        seen.add((name, request))
        if name not in known:
            where = f"Not found: {show(name)}"
            yield FieldError("FieldValueNotFound", f"{path}[{index}]", where)
