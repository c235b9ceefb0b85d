"""An Ingress without a class gets the default one.

Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#defaultingressclass
"""

from __future__ import annotations

from bouvier.apiserver.admission.chain import Operation, concerns
from bouvier.meta.objects import Obj, annotations_of, name_of

INGRESSES = ("networking.k8s.io", "ingresses")
CLASSES = ("networking.k8s.io", "ingressclasses")
DEFAULT = "ingressclass.kubernetes.io/is-default-class"
OLD_CLASS = "kubernetes.io/ingress.class"


@concerns(INGRESSES)
async def default_ingress_class(operation: Operation) -> None:
    """Name the default class in a new Ingress that names none."""
    ingress = operation.obj
    if operation.verb != "create" or operation.subresource or ingress is None:
        return
    spec = ingress.setdefault("spec", {})
    if spec.get("ingressClassName") is not None or OLD_CLASS in annotations_of(ingress):
        return
    entries = operation.call.context.hub.resource(operation.call.cluster, *CLASSES).entries
    classes = [entry.decode() for entry in entries.values()]
    defaults = [one for one in classes if annotations_of(one).get(DEFAULT) == "true"]
    if defaults:
        spec["ingressClassName"] = name_of(_newest(defaults))


def _newest(classes: list[Obj]) -> Obj:
    newest = max(one["metadata"].get("creationTimestamp") or "" for one in classes)
    return min((one for one in classes if (one["metadata"].get("creationTimestamp") or "") == newest), key=name_of)
