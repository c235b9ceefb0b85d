"""ApiKey: a token that may do a part of what its owner may.

Two limits hold at every request: what the owner may at that moment, and the key's own scope. The token itself is nowhere:
`spec.tokenHash` is its SHA-256. `spec.owner` is written by the server at creation; the scope never changes afterwards, so
nobody can widen a key of somebody else's, or put a token of their own under it.
"""

from __future__ import annotations

import re

from bouvier.kinds import fields, names
from bouvier.kinds.catalog_v1.schemas import FLAG, TEXT, TEXTS, described, listed, objects, root
from bouvier.kinds.columns import AGE, NAME, cell, text
from bouvier.kinds.fields import Errors
from bouvier.kinds.hooks_v1.receivers import moment_errors
from bouvier.kinds.kind import Kind
from bouvier.kinds.subresources import with_status
from bouvier.meta.errors import FieldError, forbidden_field, invalid, required
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj

RESOURCE = Resource("keys.bouvier.io", "v1", "apikeys", "ApiKey", namespaced=False)
USER_PREFIX = "apikey:"
"""Before a key's name: who its requests come from."""
TOKEN_PREFIX = "bvk_"  # noqa: S105 (what tokens start with)
CHANGEABLE = ("disabled", "description")
HASH = re.compile(r"sha256:[0-9a-f]{64}")

_RULE = {"apiGroups": TEXTS, "resources": TEXTS, "verbs": TEXTS, "resourceNames": TEXTS}
_SPEC = objects(
    {
        "role": described(TEXT, "A ClusterRole such as view, edit, admin or cluster-admin: no more than it allows."),
        "rules": described(listed(_RULE, "apiGroups", "resources", "verbs"), "In place of role: no more than these."),
        "namespaces": described(TEXTS, "Only in these; absent: wherever the owner may."),
        "tokenHash": described(TEXT, "sha256: and the SHA-256 of the token, in hex."),
        "expires": described(TEXT, "Moment after which the token is refused, such as 2026-12-31T00:00:00Z."),
        "disabled": described(FLAG, "Refuse the token for now."),
        "description": TEXT,
        "owner": described(
            objects({"username": TEXT, "uid": TEXT, "groups": TEXTS}), "Who made it; written by the server."
        ),
    },
    "tokenHash",
)
_STATUS = objects({"lastUsed": described(TEXT, "When it was used last, give or take half a minute.")})


def _validate(obj: Obj) -> list[FieldError]:
    return list(_errors(obj.get("spec") or {}))


def _errors(spec: Obj) -> Errors:
    if not HASH.fullmatch(spec.get("tokenHash") or ""):
        detail = "must be sha256: and the SHA-256 of the token in hex; `bouvier key create` draws one"
        yield invalid("spec.tokenHash", spec.get("tokenHash", ""), detail)
    if bool(spec.get("role")) == bool(spec.get("rules")):
        yield required("spec.role", "name either a role or rules: a key without a limit is no key")
    for index, rule in enumerate(spec.get("rules") or ()):
        for field in ("apiGroups", "resources", "verbs"):
            if not rule.get(field):
                yield required(f"spec.rules[{index}].{field}")
    for index, namespace in enumerate(spec.get("namespaces") or ()):
        yield from fields.each(f"spec.namespaces[{index}]", namespace, names.label)
    yield from moment_errors("spec.expires", spec.get("expires"))


def _validate_update(new: Obj, old: Obj) -> list[FieldError]:
    before, after = ({k: v for k, v in (one.get("spec") or {}).items() if k not in CHANGEABLE} for one in (old, new))
    if before != after:
        return [forbidden_field("spec", f"only {' and '.join(CHANGEABLE)} of a key can be changed: make another key")]
    return []


def scope_text(obj: Obj) -> str:
    """Return what a key is limited to, as a cell of a table."""
    spec = obj.get("spec") or {}
    rules = spec.get("rules") or ()
    what = spec.get("role") or "; ".join(f"{','.join(r['verbs'])} {','.join(r['resources'])}" for r in rules)
    return f"{what} in {','.join(spec['namespaces'])}" if spec.get("namespaces") else str(what)


KIND = Kind(
    resource=RESOURCE,
    singular="apikey",
    definition="",
    columns=(
        NAME,
        text("Owner", "spec", "owner", "username"),
        cell("Scope", scope_text),
        text("Expires", "spec", "expires", default="<never>"),
        text("Last Used", "status", "lastUsed", default="<never>"),
        AGE,
    ),
    subresources=with_status(RESOURCE),
    validate=_validate,
    validate_update=_validate_update,
    schema=root(_SPEC, _STATUS),
)
