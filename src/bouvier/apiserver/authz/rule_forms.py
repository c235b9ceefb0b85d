"""Short forms for writing rules, and the verbs that most of them give."""

from __future__ import annotations

from typing import Any

API = "rbac.authorization.k8s.io"
READ = ["get", "list", "watch"]
WRITE = ["create", "delete", "deletecollection", "patch", "update"]
ALL = READ + WRITE


def rule(verbs: list[str], groups: list[str], resources: list[str], names: list[str] | None = None) -> dict[str, Any]:
    """Return one policy rule."""
    made: dict[str, Any] = {"verbs": verbs, "apiGroups": groups, "resources": resources}
    return made | ({"resourceNames": names} if names else {})


def paths(verbs: list[str], urls: list[str]) -> dict[str, Any]:
    """Return one rule on paths outside the resources."""
    return {"verbs": verbs, "nonResourceURLs": urls}


EVENTS = rule(["create", "patch", "update"], ["", "events.k8s.io"], ["events"])


def group(name: str) -> dict[str, str]:
    """Return a group as a subject."""
    return {"kind": "Group", "apiGroup": API, "name": name}


def user(name: str) -> dict[str, str]:
    """Return a user as a subject."""
    return {"kind": "User", "apiGroup": API, "name": name}


def account(namespace: str, name: str) -> dict[str, str]:
    """Return a service account as a subject."""
    return {"kind": "ServiceAccount", "name": name, "namespace": namespace}
