"""Kinds that are asked and answered and never stored: who am I, may I, whose token is this.

A create is the question and its response the answer. They have no other verb; that is how `is_stored` tells them.
"""

from __future__ import annotations

from bouvier.kinds import fields
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.meta.errors import FieldError, required
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, namespace_of

_AUTHORIZATION = "authorization.k8s.io"
_AUTHENTICATION = "authentication.k8s.io"
ONLY_CREATE = ("create",)


def is_stored(kind: Kind) -> bool:
    """Tell whether objects of the kind are kept."""
    return kind.verbs != ONLY_CREATE


def _access_errors(obj: Obj, *, has_subject: bool, is_local: bool) -> Errors:
    spec = obj.get("spec") or {}
    resource, other = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if resource is not None and other is not None:
        detail = "cannot be specified in combination with resourceAttributes"
        yield fields.invalid("spec.nonResourceAttributes", other, detail)
    elif resource is None and other is None:
        detail = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
        yield fields.invalid("spec.resourceAttributes", resource, detail)
    if has_subject and not spec.get("user") and not spec.get("groups"):
        yield fields.invalid("spec.user", "", "at least one of user or group must be specified")
    if is_local and resource is not None and resource.get("namespace") != namespace_of(obj):
        detail = f"must match metadata.namespace: {namespace_of(obj)}"
        yield fields.invalid("spec.resourceAttributes.namespace", resource.get("namespace") or "", detail)


def _validate_self(obj: Obj) -> list[FieldError]:
    return list(_access_errors(obj, has_subject=False, is_local=False))


def _validate_subject(obj: Obj) -> list[FieldError]:
    return list(_access_errors(obj, has_subject=True, is_local=False))


def _validate_local(obj: Obj) -> list[FieldError]:
    return list(_access_errors(obj, has_subject=True, is_local=True))


def _validate_token(obj: Obj) -> list[FieldError]:
    return [] if (obj.get("spec") or {}).get("token") else [required("spec.token")]


def _resource(group: str, plural: str, kind: str, *, namespaced: bool = False) -> Resource:
    return Resource(group, "v1", plural, kind, namespaced=namespaced)


SELF_SUBJECT_ACCESS_REVIEW = Kind(
    resource=_resource(_AUTHORIZATION, "selfsubjectaccessreviews", "SelfSubjectAccessReview"),
    singular="selfsubjectaccessreview",
    definition="io.k8s.api.authorization.v1.SelfSubjectAccessReview",
    verbs=ONLY_CREATE,
    validate=_validate_self,
)
SUBJECT_ACCESS_REVIEW = Kind(
    resource=_resource(_AUTHORIZATION, "subjectaccessreviews", "SubjectAccessReview"),
    singular="subjectaccessreview",
    definition="io.k8s.api.authorization.v1.SubjectAccessReview",
    verbs=ONLY_CREATE,
    validate=_validate_subject,
)
LOCAL_SUBJECT_ACCESS_REVIEW = Kind(
    resource=_resource(_AUTHORIZATION, "localsubjectaccessreviews", "LocalSubjectAccessReview", namespaced=True),
    singular="localsubjectaccessreview",
    definition="io.k8s.api.authorization.v1.LocalSubjectAccessReview",
    verbs=ONLY_CREATE,
    validate=_validate_local,
)
SELF_SUBJECT_RULES_REVIEW = Kind(
    resource=_resource(_AUTHORIZATION, "selfsubjectrulesreviews", "SelfSubjectRulesReview"),
    singular="selfsubjectrulesreview",
    definition="io.k8s.api.authorization.v1.SelfSubjectRulesReview",
    verbs=ONLY_CREATE,
)
TOKEN_REVIEW = Kind(
    resource=_resource(_AUTHENTICATION, "tokenreviews", "TokenReview"),
    singular="tokenreview",
    definition="io.k8s.api.authentication.v1.TokenReview",
    verbs=ONLY_CREATE,
    validate=_validate_token,
)
SELF_SUBJECT_REVIEW = Kind(
    resource=_resource(_AUTHENTICATION, "selfsubjectreviews", "SelfSubjectReview"),
    singular="selfsubjectreview",
    definition="io.k8s.api.authentication.v1.SelfSubjectReview",
    verbs=ONLY_CREATE,
)

KINDS = (
    SELF_SUBJECT_ACCESS_REVIEW,
    SUBJECT_ACCESS_REVIEW,
    LOCAL_SUBJECT_ACCESS_REVIEW,
    SELF_SUBJECT_RULES_REVIEW,
    TOKEN_REVIEW,
    SELF_SUBJECT_REVIEW,
)
