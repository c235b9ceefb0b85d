"""Role-based access rules, decided purely. Source: Kubernetes "Using RBAC Authorization"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from bouvier.apiserver.request import User

Rule = Mapping[str, Any]
MASTERS = "system:masters"


class Attributes(NamedTuple):
    """What a caller wants to do: a resource request, or a path when `resource` is empty."""

    verb: str
    group: str = ""
    resource: str = ""
    """Plural, with `/subresource` if there is one."""
    namespace: str = ""
    name: str = ""
    path: str = ""
    field_selector: str = ""
    label_selector: str = ""
    """Of lists, watches and deletions of collections; rules do not look at selectors, other authorizers do."""


def allows(rule: Rule, wanted: Attributes) -> bool:
    """Tell whether one rule permits a request."""
    verbs = rule.get("verbs") or ()
    if wanted.verb not in verbs and "*" not in verbs:
        return False
    if not wanted.resource:
        return any(_path_matches(pattern, wanted.path) for pattern in rule.get("nonResourceURLs") or ())
    groups = rule.get("apiGroups") or ()
    if wanted.group not in groups and "*" not in groups:
        return False
    if not _resource_matches(rule.get("resources") or (), wanted.resource):
        return False
    names = rule.get("resourceNames")
    return not names or wanted.name in names


def _resource_matches(resources: Iterable[str], wanted: str) -> bool:
    subresource = wanted.partition("/")[2]
    accepted = ("*", wanted, f"*/{subresource}") if subresource else ("*", wanted)
    return any(resource in accepted for resource in resources)


def _path_matches(pattern: str, path: str) -> bool:
    if pattern in (path, "*"):
        return True
    return pattern.endswith("*") and path.startswith(pattern[:-1])


def is_subject(subject: Mapping[str, Any], user: User, binding_namespace: str) -> bool:
    """Tell whether a binding's subject is this user."""
    kind, name = subject.get("kind"), subject.get("name", "")
    if kind == "User":
        return bool(name == user.name)
    if kind == "Group":
        return name in user.groups
    if kind == "ServiceAccount":
        namespace = subject.get("namespace") or binding_namespace
        return user.name == f"system:serviceaccount:{namespace}:{name}"
    return False


def uncovered(wanted: Iterable[Rule], held: list[Rule]) -> list[Rule]:
    """Return the single permissions of `wanted` that `held` does not give (for the escalation check)."""
    return [piece for rule in wanted for piece in _pieces(rule) if not any(_covers(h, piece) for h in held)]


def covered(wanted: Iterable[Rule], held: list[Rule]) -> list[Rule]:
    """Return the rules of `wanted` that `held` gives entirely; of others the single permissions that it gives."""
    found: list[Rule] = []
    for rule in wanted:
        pieces = list(_pieces(rule))
        given = [piece for piece in pieces if any(_covers(h, piece) for h in held)]
        found += [rule] if len(given) == len(pieces) else given
    return found


def _pieces(rule: Rule) -> Iterable[Rule]:
    for verb in rule.get("verbs") or ():
        for path in rule.get("nonResourceURLs") or ():
            yield {"verbs": [verb], "nonResourceURLs": [path]}
        for group in rule.get("apiGroups") or ():
            for resource in rule.get("resources") or ():
                for name in rule.get("resourceNames") or [None]:
                    piece = {"verbs": [verb], "apiGroups": [group], "resources": [resource]}
                    yield piece | ({"resourceNames": [name]} if name else {})


def _covers(held: Rule, piece: Rule) -> bool:
    verbs = held.get("verbs") or ()
    if "*" not in verbs and piece["verbs"][0] not in verbs:
        return False
    if "nonResourceURLs" in piece:
        wanted = piece["nonResourceURLs"][0]
        return any(_path_matches(pattern, wanted) for pattern in held.get("nonResourceURLs") or ())
    groups = held.get("apiGroups") or ()
    if "*" not in groups and piece["apiGroups"][0] not in groups:
        return False
    if not _resource_matches(held.get("resources") or (), piece["resources"][0]):
        return False
    names = held.get("resourceNames")
    return not names or ("resourceNames" in piece and piece["resourceNames"][0] in names)


def text(rule: Rule) -> str:
    """Return a rule as Kubernetes writes it in its refusals."""
    parts = []
    for field, label in (
        ("apiGroups", "APIGroups"),
        ("resources", "Resources"),
        ("resourceNames", "ResourceNames"),
        ("nonResourceURLs", "NonResourceURLs"),
        ("verbs", "Verbs"),
    ):
        if rule.get(field):
            values = " ".join(f'"{value}"' for value in rule[field])
            parts.append(f"{label}:[{values}]")
    return "{" + ", ".join(parts) + "}"
