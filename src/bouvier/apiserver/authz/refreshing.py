"""Brings default roles and bindings of an older version up to date (pure).

What is missing is added; what an administrator added stays. Who wants a default role left alone sets its annotation
`rbac.authorization.kubernetes.io/autoupdate` to `false`.
Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#auto-reconciliation
"""

from __future__ import annotations

from typing import Any

from bouvier.meta.objects import Obj, annotations_of, labels_of

AUTOUPDATE = "rbac.authorization.kubernetes.io/autoupdate"


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
    if missing := _missing(live, wanted, "subjects"):
        changed["subjects"] = [*(live.get("subjects") or ()), *missing]
    if not labels_of(wanted).items() <= labels_of(live).items():
        changed["metadata"] = {**live["metadata"], "labels": {**labels_of(live), **labels_of(wanted)}}
    return {**live, **changed} if changed else None


def _missing(live: Obj, wanted: Obj, field: str) -> list[Any]:
    present = live.get(field) or ()
    return [each for each in wanted.get(field) or () if each not in present]
