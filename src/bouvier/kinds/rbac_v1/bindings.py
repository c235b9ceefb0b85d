"""What RoleBinding and ClusterRoleBinding share: defaults, validation and cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bouvier.kinds import fields, names
from bouvier.kinds.columns import AGE, NAME, WIDE, cell
from bouvier.kinds.fields import Errors
from bouvier.meta.errors import FieldError, forbidden_field, required
from bouvier.meta.objects import Obj

GROUP = "rbac.authorization.k8s.io"
_SUBJECTS = ("Group", "ServiceAccount", "User")


def default(obj: Obj) -> None:
    """Fill the API groups of the role and of the subjects."""
    role = obj.setdefault("roleRef", {})
    if not role.get("apiGroup"):
        role["apiGroup"] = GROUP
    for subject in obj.get("subjects") or ():
        if not subject.get("apiGroup"):
            subject["apiGroup"] = "" if subject.get("kind") == "ServiceAccount" else GROUP
        if not subject["apiGroup"]:
            del subject["apiGroup"]


def validate_binding(obj: Obj, kinds: Sequence[str], *, is_namespaced: bool) -> list[FieldError]:
    """Check the reference to a role of one of `kinds`, and the subjects."""
    return list(_errors(obj, kinds, is_namespaced=is_namespaced))


def _errors(obj: Obj, kinds: Sequence[str], *, is_namespaced: bool) -> Errors:
    role = obj.get("roleRef") or {}
    if role.get("apiGroup") != GROUP:
        yield fields.unsupported("roleRef.apiGroup", role.get("apiGroup") or "", (GROUP,))
    if role.get("kind") not in kinds:
        yield fields.unsupported("roleRef.kind", role.get("kind") or "", kinds)
    if not role.get("name"):
        yield required("roleRef.name")
    else:
        yield from fields.each("roleRef.name", role["name"], names.path_segment)
    for index, subject in enumerate(obj.get("subjects") or ()):
        yield from _subject(f"subjects[{index}]", subject, is_namespaced=is_namespaced)


def _subject(path: str, subject: Mapping[str, Any], *, is_namespaced: bool) -> Errors:
    kind, group = subject.get("kind") or "", subject.get("apiGroup") or ""
    if not subject.get("name"):
        yield required(f"{path}.name")
    if kind == "ServiceAccount":
        if subject.get("name"):
            yield from fields.each(f"{path}.name", subject["name"], names.subdomain)
        if group:
            yield fields.unsupported(f"{path}.apiGroup", group, ("",))
        if not is_namespaced and not subject.get("namespace"):
            yield required(f"{path}.namespace")
    elif kind not in _SUBJECTS:
        yield fields.unsupported(f"{path}.kind", kind, _SUBJECTS)
    elif group != GROUP:
        yield fields.unsupported(f"{path}.apiGroup", group, (GROUP,))
    if kind in ("Group", "User") and subject.get("namespace"):
        yield forbidden_field(f"{path}.namespace", f"may not be set for {kind.lower()}s")


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse to change the role: a binding is made anew for that."""
    if new.get("roleRef") == old.get("roleRef"):
        return []
    return [fields.invalid("roleRef", new.get("roleRef"), "cannot change roleRef")]


def _role_cell(obj: Obj) -> str:
    role = obj.get("roleRef") or {}
    return f"{role.get('kind')}/{role.get('name')}"


def _subjects_cell(obj: Obj, kind: str) -> str:
    chosen = [subject for subject in obj.get("subjects") or () if subject.get("kind") == kind]
    if kind == "ServiceAccount":
        return ", ".join(f"{one.get('namespace') or ''}/{one.get('name')}" for one in chosen)
    return ", ".join(str(one.get("name")) for one in chosen)


COLUMNS = (
    NAME,
    cell("Role", _role_cell),
    AGE,
    cell("Users", lambda obj: _subjects_cell(obj, "User"), WIDE),
    cell("Groups", lambda obj: _subjects_cell(obj, "Group"), WIDE),
    cell("ServiceAccounts", lambda obj: _subjects_cell(obj, "ServiceAccount"), WIDE),
)
