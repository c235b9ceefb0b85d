"""What a claim asks for: requests, constraints between them, and words for the drivers.

A request is for exactly these devices, or for the first of several alternatives.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bouvier.kinds import fields, names
from bouvier.kinds.fields import Errors
from bouvier.kinds.resource_v1.naming import Part, each_of, each_once, fully_qualified, label_name, named
from bouvier.kinds.resource_v1.selectors import configuration, selectors
from bouvier.kinds.resource_v1.taints import toleration
from bouvier.meta.errors import FieldError, not_supported, required

MAX_REQUESTS = MAX_CONSTRAINTS = MAX_CONFIGS = 32
MAX_ALTERNATIVES = 8
_MODES = ["All", "ExactCount"]
_ONE_KIND = "exactly one of `exactly` or `firstAvailable` is required"
_UNKNOWN = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"

RequestNames = dict[str, set[str]]
"""Names of requests, each with those of its alternatives."""


def default_claim(spec: dict[str, Any]) -> None:
    """Fill how many devices each request is for, and how tolerations compare."""
    for request in (spec.get("devices") or {}).get("requests") or ():
        for part in _counted(request):
            if not part.get("allocationMode"):
                part["allocationMode"] = "ExactCount"
            if part["allocationMode"] == "ExactCount" and not part.get("count"):
                part["count"] = 1
            for one in part.get("tolerations") or ():
                one.setdefault("operator", "Equal")


def _counted(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if request.get("exactly") is not None:
        yield request["exactly"]
    yield from request.get("firstAvailable") or ()


def claim_spec(path: str, spec: Part) -> Errors:
    """Check a `ResourceClaimSpec`."""
    devices, place = spec.get("devices") or {}, f"{path}.devices"
    known = request_names(devices)
    yield from each_once(f"{place}.requests", devices.get("requests"), MAX_REQUESTS, _request, named)
    constraints = devices.get("constraints")
    yield from each_of(
        f"{place}.constraints", constraints, MAX_CONSTRAINTS, lambda at, one: _constraint(at, one, known)
    )
    yield from each_of(
        f"{place}.config", devices.get("config"), MAX_CONFIGS, lambda at, one: claim_configuration(at, one, known)
    )


def request_names(devices: Part) -> RequestNames:
    """Return what constraints and configurations may refer to."""
    return {
        request.get("name") or "": {one.get("name") or "" for one in request.get("firstAvailable") or ()}
        for request in devices.get("requests") or ()
    }


def _request(path: str, request: Part) -> Errors:
    yield from label_name(f"{path}.name", request.get("name"))
    alternatives, exactly = request.get("firstAvailable"), request.get("exactly")
    if alternatives and exactly is not None:
        yield fields.invalid(path, None, f"{_ONE_KIND}, but multiple fields are set")
    elif alternatives:
        yield from each_once(f"{path}.firstAvailable", alternatives, MAX_ALTERNATIVES, _alternative, named)
    elif exactly is not None:
        yield from _wanted(f"{path}.exactly", exactly)
    else:
        yield required(path, _ONE_KIND)


def _alternative(path: str, request: Part) -> Errors:
    yield from label_name(f"{path}.name", request.get("name"))
    yield from _wanted(path, request)


def _wanted(path: str, request: Part) -> Errors:
    chosen = request.get("deviceClassName")
    yield from fields.named(f"{path}.deviceClassName", chosen, names.subdomain)
    yield from selectors(f"{path}.selectors", request.get("selectors"))
    yield from _count(path, request)
    for index, one in enumerate(request.get("tolerations") or ()):
        yield from toleration(f"{path}.tolerations[{index}]", one)


def _count(path: str, request: Part) -> Errors:
    mode, count = request.get("allocationMode") or "", request.get("count") or 0
    if mode not in _MODES:
        yield not_supported(f"{path}.allocationMode", mode, _MODES)
    elif mode == "All" and count:
        yield fields.invalid(f"{path}.count", count, "must not be specified when allocationMode is 'All'")
    elif mode == "ExactCount" and count <= 0:
        yield fields.invalid(f"{path}.count", count, "must be greater than zero")


def _constraint(path: str, constraint: Part, known: RequestNames) -> Errors:
    yield from references(f"{path}.requests", constraint.get("requests"), known)
    match, distinct = constraint.get("matchAttribute"), constraint.get("distinctAttribute")
    if match is not None:
        yield from fully_qualified(f"{path}.matchAttribute", match)
    elif distinct is not None:
        yield from fully_qualified(f"{path}.distinctAttribute", distinct)
    else:
        detail = 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set'
        yield required(path, detail)


def claim_configuration(path: str, config: Part, known: RequestNames) -> Errors:
    """Check what a driver is told about the devices of some requests."""
    yield from references(f"{path}.requests", config.get("requests"), known)
    yield from configuration(path, config)


def references(path: str, given: Any, known: RequestNames) -> Errors:
    """Check a list of names of requests."""
    yield from each_once(path, given, MAX_REQUESTS, lambda at, name: reference(at, name, known))


def reference(path: str, name: str, known: RequestNames) -> Errors:
    """Check the name of a request, or of one of its alternatives behind a slash."""
    parts = name.split("/")
    if len(parts) > 2:
        yield fields.invalid(path, name, _UNKNOWN)
        return
    for part in parts:
        yield from fields.each(path, part, names.label)
    alternatives = known.get(parts[0])
    if alternatives is None or (len(parts) == 2 and parts[1] not in alternatives):
        yield fields.invalid(path, name, _UNKNOWN)


def admin_errors(path: str, spec: Part) -> list[FieldError]:
    """Return the refusals of a claim that asks for devices in use, in a namespace that is not for administration."""
    detail = (
        "Forbidden: admin access to devices requires the `resource.kubernetes.io/admin-access: true` label"
        " on the containing namespace"
    )
    requests = (spec.get("devices") or {}).get("requests") or ()
    return [
        FieldError("FieldValueForbidden", f"{path}.devices.requests[{index}].exactly.adminAccess", detail)
        for index, request in enumerate(requests)
        if (request.get("exactly") or {}).get("adminAccess")
    ]
