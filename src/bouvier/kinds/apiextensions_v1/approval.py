"""Groups that belong to the community: who defines kinds in them says where that was approved, or that it was not.

Source: https://github.com/kubernetes/enhancements/pull/1111 and `apiextensions-apiserver/pkg/apihelpers`.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from bouvier.kinds import fields
from bouvier.kinds.fields import Errors
from bouvier.meta.errors import required
from bouvier.meta.objects import Obj

ANNOTATION = "api-approved.kubernetes.io"
CONDITION = "KubernetesAPIApprovalPolicyConformant"
_DOMAINS = ("k8s.io", "kubernetes.io")
_SEE = "see https://github.com/kubernetes/enhancements/pull/1111"
_MUST = f'protected groups must have approval annotation "{ANNOTATION}"'
_PATH = f"metadata.annotations[{ANNOTATION}]"


def is_protected(group: str) -> bool:
    """Tell whether a group is the community's."""
    return any(group == domain or group.endswith(f".{domain}") for domain in _DOMAINS)


def state_of(obj: Obj) -> tuple[str, str]:
    """Return the reason of the condition, and its message."""
    value = (obj["metadata"].get("annotations") or {}).get(ANNOTATION) or ""
    if not value:
        return "MissingAnnotation", f"{_MUST}, {_SEE}"
    if value.startswith("unapproved"):
        return "UnapprovedAnnotation", f'not approved: "{value}"'
    if _is_url(value):
        return "ApprovedAnnotation", f"approved in {value}"
    return "InvalidAnnotation", f'{_MUST} with either a URL or a reason starting with "unapproved", {_SEE}'


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(parts.scheme and parts.netloc)


def errors(new: Obj, old: Obj | None) -> Errors:
    """Check the annotation of a definition in such a group; one that was wrong before may stay as it is."""
    if not is_protected((new.get("spec") or {}).get("group") or ""):
        return
    reason, message = state_of(new)
    if old is not None and state_of(old)[0] == reason:
        return
    if reason == "InvalidAnnotation":
        yield fields.invalid(_PATH, new["metadata"]["annotations"][ANNOTATION], message)
    elif reason == "MissingAnnotation":
        yield required(_PATH, message)


def condition_of(obj: Obj) -> tuple[str, str, str] | None:
    """Return status, reason and message of the condition; None for other groups."""
    if not is_protected((obj.get("spec") or {}).get("group") or ""):
        return None
    reason, message = state_of(obj)
    return ("True" if reason == "ApprovedAnnotation" else "False"), reason, message
