"""IngressClass: which balancer serves an Ingress."""

from __future__ import annotations

from bouvier.kinds import fields, names
from bouvier.kinds.columns import AGE, NAME, cell, text, value_at
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.meta.errors import FieldError, forbidden_field, required
from bouvier.meta.objects import Obj
from bouvier.meta.resources import INGRESSCLASSES

_SCOPES = ("Cluster", "Namespace")
_MAX_CONTROLLER = 250


def default(obj: Obj) -> None:
    """Fill the scope of the parameters."""
    parameters = value_at(obj, ("spec", "parameters"))
    if parameters is not None:
        parameters.setdefault("scope", "Cluster")


def validate(obj: Obj) -> list[FieldError]:
    """Check controller and parameters."""
    return list(_errors(obj))


def _errors(obj: Obj) -> Errors:
    controller = value_at(obj, ("spec", "controller")) or ""
    if len(controller) > _MAX_CONTROLLER:
        yield fields.too_long("spec.controller", _MAX_CONTROLLER)
    elif not controller:
        yield required("spec.controller")
    else:
        domain, slash, rest = controller.partition("/")
        if not slash or not domain or not rest:
            detail = 'must be a domain-prefixed path (such as "acme.io/foo")'
            yield fields.invalid("spec.controller", controller, detail)
        else:
            yield from fields.each("spec.controller", domain, names.subdomain)
    parameters = value_at(obj, ("spec", "parameters"))
    if parameters is not None:
        yield from _parameters("spec.parameters", parameters)


def _parameters(path: str, parameters: Obj) -> Errors:
    for field in ("kind", "name"):
        if not parameters.get(field):
            yield required(f"{path}.{field}")
    scope, namespace = parameters.get("scope"), parameters.get("namespace")
    yield from fields.one_of(f"{path}.scope", scope, _SCOPES)
    if scope == "Namespace" and not namespace:
        yield required(f"{path}.namespace", "`parameters.scope` is set to 'Namespace'")
    elif scope == "Cluster" and namespace:
        yield forbidden_field(f"{path}.namespace", "`parameters.scope` is set to 'Cluster'")


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse to change the controller."""
    before, after = (value_at(one, ("spec", "controller")) for one in (old, new))
    return list(fields.immutable("spec.controller", after, before))


def _parameters_cell(obj: Obj) -> str:
    parameters = value_at(obj, ("spec", "parameters"))
    if not parameters:
        return "<none>"
    group = parameters.get("apiGroup")
    kind = f"{parameters.get('kind')}.{group}" if group else str(parameters.get("kind"))
    return f"{kind}/{parameters.get('name')}"


KIND = Kind(
    resource=INGRESSCLASSES,
    singular="ingressclass",
    definition="io.k8s.api.networking.v1.IngressClass",
    columns=(NAME, text("Controller", "spec", "controller"), cell("Parameters", _parameters_cell), AGE),
    default=default,
    validate=validate,
    validate_update=validate_update,
    has_generation=True,
)
