"""Small questions about claims, volumes and classes (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from bouvier.kinds.volumes.names import BETA_CLASS, HOSTNAME, SELECTED_NODE
from bouvier.meta.objects import Obj, annotations_of, is_deleting, name_of, namespace_of, uid_of
from bouvier.meta.quantities import parse
from bouvier.meta.selectors import make_requirement

DEFAULT_CLASS_ANNOTATIONS = (
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
)


def class_of(obj: Obj) -> str:
    """Return the storage class of a claim or volume; empty for none."""
    return annotations_of(obj).get(BETA_CLASS) or obj["spec"].get("storageClassName") or ""


def names_no_class(claim: Obj) -> bool:
    """Tell whether a claim leaves the choice of its class to the platform (`""` asks for none)."""
    return claim["spec"].get("storageClassName") is None and BETA_CLASS not in annotations_of(claim)


def default_class(classes: Iterable[Obj]) -> Obj | None:
    """Return the default class: the newest one that says so, as Kubernetes."""
    marked = [c for c in classes if any(annotations_of(c).get(one) == "true" for one in DEFAULT_CLASS_ANNOTATIONS)]
    marked.sort(key=name_of)
    marked.sort(key=lambda c: str(c["metadata"].get("creationTimestamp") or ""), reverse=True)
    return marked[0] if marked else None


def requested(claim: Obj) -> Decimal:
    """Return how many bytes a claim asks for."""
    return parse(((claim["spec"].get("resources") or {}).get("requests") or {}).get("storage") or "0")


def capacity(volume: Obj) -> Decimal:
    """Return how many bytes a volume holds."""
    return parse((volume["spec"].get("capacity") or {}).get("storage") or "0")


def modes_of(obj: Obj) -> frozenset[str]:
    """Return the access modes of a claim or volume."""
    return frozenset(obj["spec"].get("accessModes") or ())


def volume_mode(obj: Obj) -> str:
    """Return `Filesystem` or `Block`."""
    return obj["spec"].get("volumeMode") or "Filesystem"


def is_for(volume: Obj, claim: Obj) -> bool:
    """Tell whether a volume is bound to the claim, or was reserved for it by name."""
    reference = volume["spec"].get("claimRef") or {}
    same = (reference.get("namespace"), reference.get("name")) == (namespace_of(claim), name_of(claim))
    return same and reference.get("uid") in (None, "", uid_of(claim))


def is_bound(claim: Obj, volume: Obj | None) -> bool:
    """Tell whether claim and volume are bound to each other for good."""
    return (
        volume is not None
        and claim["spec"].get("volumeName") == name_of(volume)
        and (volume["spec"].get("claimRef") or {}).get("uid") == uid_of(claim)
        and (claim.get("status") or {}).get("phase") == "Bound"
    )


def selected_node(claim: Obj) -> str:
    """Return the host that the scheduler chose for a claim's volume, empty before that."""
    return annotations_of(claim).get(SELECTED_NODE, "")


def node_terms(volume: Obj) -> list[Obj] | None:
    """Return the node selector terms of which a host must satisfy one; None when every host will do."""
    required = (volume["spec"].get("nodeAffinity") or {}).get("required")
    return None if required is None else required.get("nodeSelectorTerms") or []


def is_reachable(volume: Obj, node_name: str, labels: Mapping[str, str]) -> bool:
    """Tell whether a host of that name and with those labels can mount the volume."""
    terms = node_terms(volume)
    return terms is None or any(_satisfies(term, node_name, labels) for term in terms)


def _satisfies(term: Obj, node_name: str, labels: Mapping[str, str]) -> bool:
    by_label, by_field = term.get("matchExpressions") or (), term.get("matchFields") or ()
    if not by_label and not by_field:
        return False
    fields = {"metadata.name": node_name}
    return all(_matches(each, labels) for each in by_label) and all(_matches(each, fields) for each in by_field)


def _matches(expression: Obj, values: Mapping[str, str]) -> bool:
    requirement = make_requirement(expression["key"], expression["operator"], expression.get("values") or [])
    return requirement.matches(dict(values))


def host_of(volume: Obj) -> str:
    """Return the one host that a volume is tied to by its name; empty when there is none or more than one."""
    names: set[str] = set()
    for term in node_terms(volume) or ():
        for each in term.get("matchExpressions") or ():
            if each.get("key") == HOSTNAME and each.get("operator") == "In":
                names.update(each.get("values") or ())
    return names.pop() if len(names) == 1 else ""


def only_on(node_name: str) -> Obj:
    """Return the node affinity of a volume that lies on one host."""
    expression = {"key": HOSTNAME, "operator": "In", "values": [node_name]}
    return {"required": {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}}


def claim_names(pod: Obj) -> list[str]:
    """Return the names of the claims that a pod uses, those of its ephemeral volumes among them."""
    found = []
    for volume in pod["spec"].get("volumes") or ():
        if claim := volume.get("persistentVolumeClaim"):
            found.append(str(claim.get("claimName", "")))
        elif volume.get("ephemeral"):
            found.append(ephemeral_name(pod, volume))
    return found


def ephemeral_claims(pod: Obj) -> list[str]:
    """Return the names of the claims that were, or must be, made for this very pod."""
    return [ephemeral_name(pod, v) for v in pod["spec"].get("volumes") or () if v.get("ephemeral")]


def uses(pod: Obj, claim: Obj) -> bool:
    """Tell whether a pod with a host uses the claim; the claim of a former pod of the same name is nobody's."""
    name = name_of(claim)
    if not pod["spec"].get("nodeName") or is_finished(pod) or name not in claim_names(pod):
        return False
    return name not in ephemeral_claims(pod) or is_owned_by(claim, pod)


def ephemeral_name(pod: Obj, volume: Obj) -> str:
    """Return the name of the claim of a generic ephemeral volume."""
    return f"{name_of(pod)}-{volume['name']}"


def is_owned_by(claim: Obj, pod: Obj) -> bool:
    """Tell whether a claim was made for the pod's ephemeral volume."""
    return any(each.get("uid") == uid_of(pod) for each in claim["metadata"].get("ownerReferences") or ())


def is_finished(pod: Obj) -> bool:
    """Tell whether a pod has ended and uses nothing any more."""
    return (pod.get("status") or {}).get("phase") in {"Succeeded", "Failed"}


def is_free(volume: Obj) -> bool:
    """Tell whether nobody holds a volume and anybody may."""
    return (
        not volume["spec"].get("claimRef")
        and not is_deleting(volume)
        and (volume.get("status") or {}).get("phase") == "Available"
    )
