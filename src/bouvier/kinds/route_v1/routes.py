"""Route: a host name outside the platform for one to four weighted Services.

Without `spec.host` the name is made of route, namespace and a domain that every resolver takes for this machine.
Source: OpenShift API reference, route.openshift.io/v1.
"""

from __future__ import annotations

from collections.abc import Iterator

from bouvier.kinds import fields, names
from bouvier.kinds.build_v1.shapes import ANY, ANYS, TEXT, WHOLE, document, shape
from bouvier.kinds.columns import AGE, NAME, cell, value_at
from bouvier.kinds.kind import Kind
from bouvier.kinds.subresources import with_status
from bouvier.meta.errors import FieldError, forbidden_field, invalid, required
from bouvier.meta.objects import Obj, name_of, namespace_of
from bouvier.meta.resources import ROUTES

DOMAIN = "apps.localhost"
"""Names below `localhost` lead to this machine in browsers and in curl, without any name server (RFC 6761)."""
MOST_ALTERNATIVES = 3
LARGEST_WEIGHT = 256
USUAL_WEIGHT = 100
TERMINATIONS = ("edge", "passthrough", "reencrypt")
INSECURE = ("None", "Allow", "Redirect")

_TARGET = shape(kind=TEXT, name=TEXT, weight=WHOLE)
_TLS = shape(
    termination=TEXT,
    certificate=TEXT,
    key=TEXT,
    caCertificate=TEXT,
    destinationCACertificate=TEXT,
    externalCertificate=ANY,
    insecureEdgeTerminationPolicy=TEXT,
)
_SPEC = shape(
    host=TEXT,
    subdomain=TEXT,
    path=TEXT,
    to=_TARGET,
    alternateBackends={"type": "array", "items": _TARGET},
    port=shape(targetPort={"x-kubernetes-int-or-string": True}),
    tls=_TLS,
    wildcardPolicy=TEXT,
    httpHeaders=ANY,
)
_INGRESS = shape(host=TEXT, routerName=TEXT, routerCanonicalHostname=TEXT, wildcardPolicy=TEXT, conditions=ANYS)
_STATUS = shape(ingress={"type": "array", "items": _INGRESS})

_NOT_THERE = {
    "subdomain": "is not there: name the whole spec.host",
    "httpHeaders": "changing headers is not there",
    "tls.externalCertificate": "is not there: write certificate and key into the route",
}


def default(obj: Obj) -> None:
    """Fill weights and policies."""
    spec = obj.get("spec")
    if not isinstance(spec, dict):
        return
    spec.setdefault("wildcardPolicy", "None")
    for target in targets(spec):
        target.setdefault("kind", "Service")
        target.setdefault("weight", USUAL_WEIGHT)


def prepare(obj: Obj) -> None:
    """Make a host name where none is given."""
    spec = obj.get("spec")
    if isinstance(spec, dict) and not spec.get("host") and name_of(obj):
        spec["host"] = f"{name_of(obj)}-{namespace_of(obj)}.{DOMAIN}"
        obj["metadata"].setdefault("annotations", {})["openshift.io/host.generated"] = "true"


def targets(spec: Obj) -> list[Obj]:
    """Return the Services of a route, the first one first."""
    first = spec.get("to")
    return ([first] if isinstance(first, dict) else []) + list(spec.get("alternateBackends") or ())


def validate(obj: Obj) -> list[FieldError]:
    """Check the whole route."""
    spec = obj.get("spec")
    if not isinstance(spec, dict):
        return [required("spec")]
    return list(_errors(spec))


def _errors(spec: Obj) -> Iterator[FieldError]:
    for path, way_out in _NOT_THERE.items():
        if value_at(spec, path.split(".")):
            yield forbidden_field(f"spec.{path}", way_out)
    if spec.get("host"):
        yield from fields.each("spec.host", spec["host"], names.subdomain)
    if spec.get("wildcardPolicy") == "Subdomain":
        yield forbidden_field("spec.wildcardPolicy", "wildcard routes are not there: use an Ingress for *.DOMAIN")
    path = spec.get("path") or ""
    if path and not path.startswith("/"):
        yield invalid("spec.path", path, "path must begin with /")
    yield from _target_errors(spec)
    if spec.get("tls") is not None:
        yield from _tls_errors(spec["tls"], path)


def _target_errors(spec: Obj) -> Iterator[FieldError]:
    if not value_at(spec, ("to", "name")):
        yield required("spec.to.name")
    if len(spec.get("alternateBackends") or ()) > MOST_ALTERNATIVES:
        yield invalid("spec.alternateBackends", len(spec["alternateBackends"]), "cannot specify more than 3 backends")
    for index, target in enumerate(targets(spec)):
        where = "spec.to" if index == 0 else f"spec.alternateBackends[{index - 1}]"
        yield from fields.one_of(f"{where}.kind", target.get("kind"), ("Service",))
        if index and not target.get("name"):
            yield required(f"{where}.name")
        weight = target.get("weight")
        if weight is not None and not 0 <= weight <= LARGEST_WEIGHT:
            yield invalid(f"{where}.weight", weight, "weight must be an integer between 0 and 256")


def _tls_errors(tls: Obj, path: str) -> Iterator[FieldError]:
    termination = tls.get("termination")
    yield from fields.one_of("spec.tls.termination", termination, TERMINATIONS)
    if termination in ("passthrough", "reencrypt"):
        yield forbidden_field("spec.tls.termination", f"{termination} is not there: use edge")
    yield from fields.optional_one_of(
        "spec.tls.insecureEdgeTerminationPolicy", tls.get("insecureEdgeTerminationPolicy"), INSECURE
    )
    if bool(tls.get("certificate")) != bool(tls.get("key")):
        yield required("spec.tls.key" if tls.get("certificate") else "spec.tls.certificate")
    if termination == "passthrough" and path:
        yield invalid("spec.path", path, "passthrough termination does not support paths")


def _host(obj: Obj) -> str:
    return str(value_at(obj, ("spec", "host")) or "")


def _services(obj: Obj) -> str:
    spec = obj.get("spec") or {}
    chosen = targets(spec)
    total = sum(int(one.get("weight") or 0) for one in chosen)
    if len(chosen) < 2 or not total:
        return ",".join(str(one.get("name") or "") for one in chosen)
    return ",".join(f"{one.get('name')}({100 * int(one.get('weight') or 0) // total}%)" for one in chosen)


KIND = Kind(
    resource=ROUTES,
    singular="route",
    definition="",
    categories=("all",),
    schema=document(_SPEC, _STATUS),
    subresources=with_status(ROUTES),
    default=default,
    prepare=prepare,
    validate=validate,
    selectable={"spec.host": _host, "spec.to.name": lambda obj: str(value_at(obj, ("spec", "to", "name")) or "")},
    columns=(
        NAME,
        cell("Host/Port", _host),
        cell("Path", lambda obj: str(value_at(obj, ("spec", "path")) or "")),
        cell("Services", _services),
        cell("Port", lambda obj: str(value_at(obj, ("spec", "port", "targetPort")) or "<all>")),
        cell("Termination", lambda obj: str(value_at(obj, ("spec", "tls", "termination")) or "")),
        cell("Wildcard", lambda obj: str(value_at(obj, ("spec", "wildcardPolicy")) or "None")),
        AGE,
    ),
)
