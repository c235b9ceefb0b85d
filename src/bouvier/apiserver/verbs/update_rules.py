"""How kinds differ in what the verbs do: updates that create, versions that must be given, metadata beside a status.

Source: `AllowCreateOnUpdate`, `AllowUnconditionalUpdate` and the status strategies below Kubernetes' `pkg/registry`.
"""

from __future__ import annotations

from bouvier.kinds.kind import Kind

_RBAC = "rbac.authorization.k8s.io"
_FLOW = "flowcontrol.apiserver.k8s.io"
_ADMISSION = "admissionregistration.k8s.io"

CREATED_BY_UPDATE = frozenset({
    ("", "endpoints"),
    ("", "events"),
    ("", "limitranges"),
    ("", "podtemplates"),
    ("", "services"),
    ("coordination.k8s.io", "leases"),
    ("events.k8s.io", "events"),
    ("node.k8s.io", "runtimeclasses"),
    (_RBAC, "clusterrolebindings"),
    (_RBAC, "clusterroles"),
    (_RBAC, "rolebindings"),
    (_RBAC, "roles"),
})
"""PUT to a name that does not exist makes an object of these."""

NEEDS_VERSION = frozenset({
    ("apiextensions.k8s.io", "customresourcedefinitions"),
    ("apiregistration.k8s.io", "apiservices"),
    ("coordination.k8s.io", "leases"),
    ("node.k8s.io", "runtimeclasses"),
    ("policy", "poddisruptionbudgets"),
    ("storage.k8s.io", "csidrivers"),
    ("storage.k8s.io", "csinodes"),
    ("storage.k8s.io", "csistoragecapacities"),
    ("storage.k8s.io", "volumeattachments"),
    (_ADMISSION, "mutatingwebhookconfigurations"),
    (_ADMISSION, "validatingwebhookconfigurations"),
    (_ADMISSION, "mutatingadmissionpolicies"),
    (_ADMISSION, "mutatingadmissionpolicybindings"),
    (_ADMISSION, "validatingadmissionpolicies"),
    (_ADMISSION, "validatingadmissionpolicybindings"),
    (_FLOW, "flowschemas"),
    (_FLOW, "prioritylevelconfigurations"),
})
"""Updates of these, and of custom kinds, must say which resourceVersion they replace."""

_ANSWER_DELETED = frozenset({
    ("", "persistentvolumeclaims"),
    ("", "persistentvolumes"),
    ("", "pods"),
    ("", "podtemplates"),
    ("", "resourcequotas"),
    ("", "serviceaccounts"),
    ("", "services"),
    ("storage.k8s.io", "csidrivers"),
    ("storage.k8s.io", "csinodes"),
    ("storage.k8s.io", "csistoragecapacities"),
    ("storage.k8s.io", "storageclasses"),
    ("storage.k8s.io", "volumeattachments"),
    ("storage.k8s.io", "volumeattributesclasses"),
})
"""A deletion that is done at once is answered with the object itself for these, with a Status for others."""

_METADATA_FIXED = frozenset({
    ("apiextensions.k8s.io", "customresourcedefinitions"),
    ("apiregistration.k8s.io", "apiservices"),
    ("networking.k8s.io", "servicecidrs"),
    ("resource.k8s.io", "resourceclaims"),
    ("storage.k8s.io", "volumeattachments"),
    (_ADMISSION, "validatingadmissionpolicies"),
    (_FLOW, "flowschemas"),
    (_FLOW, "prioritylevelconfigurations"),
})
_FIELDS_FIXED = {
    ("apps", "deployments"): ("labels",),
    ("", "pods"): ("ownerReferences",),
}
EVERYTHING = ("labels", "annotations", "finalizers", "ownerReferences")
"""What of the metadata clients write."""


def creates_by_update(kind: Kind) -> bool:
    """Tell whether PUT makes an object that is not there."""
    return (kind.resource.group, kind.resource.plural) in CREATED_BY_UPDATE


def needs_version(kind: Kind) -> bool:
    """Tell whether an update must name a resourceVersion."""
    return kind.is_custom or (kind.resource.group, kind.resource.plural) in NEEDS_VERSION


def answers_deleted(kind: Kind) -> bool:
    """Tell whether a deletion is answered with what was deleted."""
    return (kind.resource.group, kind.resource.plural) in _ANSWER_DELETED


def fixed_by_status(kind: Kind) -> tuple[str, ...]:
    """Return the metadata fields that a write to `/status` leaves as they are."""
    key = kind.resource.group, kind.resource.plural
    return EVERYTHING if kind.is_custom or key in _METADATA_FIXED else _FIELDS_FIXED.get(key, ())
