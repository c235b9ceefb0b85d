"""Brings default roles and bindings of an older version up to date (pure).

What is missing is added; what an administrator added stays. Who wants a default role left alone sets its annotation
`rbac.authorization.kubernetes.io/autoupdate` to `false`.
Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#auto-reconciliation
"""

from __future__ import annotations

from typing import Any

from bouvier.meta.objects import Obj, annotations_of, labels_of

AUTOUPDATE = "rbac.authorization.kubernetes.io/autoupdate"
WITHDRAWN = {"system:node": "system:nodes"}
"""Groups that default bindings no longer name: hosts are judged by the node authorizer since."""


def refreshed(live: Obj, wanted: Obj) -> Obj | None:
    """Return the live object with what it lacks, None if it lacks nothing or is to be left alone."""
    if annotations_of(live).get(AUTOUPDATE) != "true":
        return None
    changed: dict[str, Any] = {}
    if wanted.get("aggregationRule"):
        if live.get("aggregationRule") != wanted["aggregationRule"]:
            changed["aggregationRule"] = wanted["aggregationRule"]
    elif missing := _missing(live, wanted, "rules"):
        changed["rules"] = [*(live.get("rules") or ()), *missing]
    subjects = _subjects(live, wanted)
    if subjects != (live.get("subjects") or []):
        changed["subjects"] = subjects
    if not labels_of(wanted).items() <= labels_of(live).items():
        changed["metadata"] = {**live["metadata"], "labels": {**labels_of(live), **labels_of(wanted)}}
    return {**live, **changed} if changed else None


def _subjects(live: Obj, wanted: Obj) -> list[Any]:
    if "roleRef" not in wanted:
        return live.get("subjects") or []
    withdrawn = WITHDRAWN.get(wanted["metadata"]["name"])
    kept = [
        each
        for each in live.get("subjects") or ()
        if withdrawn is None or each.get("kind") != "Group" or not each["name"].startswith(withdrawn)
    ]
    return [*kept, *_missing(live, wanted, "subjects")]


def _missing(live: Obj, wanted: Obj, field: str) -> list[Any]:
    present = live.get(field) or ()
    return [each for each in wanted.get(field) or () if each not in present]
