"""How kinds differ in what the verbs do: updates that create, deletions that answer with the object.

Source: `AllowCreateOnUpdate` and `ReturnDeletedObject` below Kubernetes' `pkg/registry`.
"""

from __future__ import annotations

from bouvier.kinds.kind import Kind

_RBAC = "rbac.authorization.k8s.io"

CREATED_BY_UPDATE = frozenset(
    {
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
    }
)
"""PUT to a name that does not exist makes an object of these."""

_ANSWER_DELETED = frozenset(
    {
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
    }
)
"""A deletion that is done at once is answered with the object itself for these, with a Status for others."""


def creates_by_update(kind: Kind) -> bool:
    """Tell whether PUT makes an object that is not there."""
    return (kind.resource.group, kind.resource.plural) in CREATED_BY_UPDATE


def answers_deleted(kind: Kind) -> bool:
    """Tell whether a deletion is answered with what was deleted."""
    return (kind.resource.group, kind.resource.plural) in _ANSWER_DELETED
