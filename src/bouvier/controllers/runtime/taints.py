"""Taints and tolerations as controllers judge them.

Source: https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bouvier.meta.objects import Obj


def taints_of(node: Obj) -> list[dict[str, Any]]:
    """Return all taints of the Node; a Node may come without a spec."""
    return (node.get("spec") or {}).get("taints") or []


def tolerates(toleration: dict[str, Any], taint: dict[str, Any]) -> bool:
    """Tell whether the toleration covers the taint, for however long."""
    if toleration.get("effect") and toleration["effect"] != taint["effect"]:
        return False
    key, operator = toleration.get("key") or "", toleration.get("operator") or "Equal"
    if key and key != taint["key"]:
        return False
    if operator == "Exists":
        return True
    return operator == "Equal" and bool(key) and (toleration.get("value") or "") == (taint.get("value") or "")


def untolerated(taints: Iterable[dict[str, Any]], tolerations: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the taints that no toleration covers."""
    given = list(tolerations)
    return [taint for taint in taints if not any(tolerates(each, taint) for each in given)]
