"""Which requests the rules of a FlowSchema mean. Pure; the objects have passed validation.

Source: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/flow-schema-v1/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

ACCOUNT_PREFIX = "system:serviceaccount:"
Part = Mapping[str, Any]


class Digest(NamedTuple):
    """What rules look at. Requests with equal digests match alike."""

    cluster: str
    user: str
    groups: tuple[str, ...]
    verb: str
    group: str = ""
    resource: str = ""
    """With its subresource: `pods/status`; empty for other paths."""
    namespace: str = ""
    path: str = ""


def matches(rules: Sequence[Part], digest: Digest) -> bool:
    """Tell whether any rule means the request."""
    return any(_any_subject(rule, digest) and _any_rule(rule, digest) for rule in rules)


def _any_subject(rule: Part, digest: Digest) -> bool:
    return any(_is_subject(subject, digest) for subject in rule.get("subjects") or ())


def _is_subject(subject: Part, digest: Digest) -> bool:
    kind = subject.get("kind")
    if kind == "User":
        return _name(subject, "user") in ("*", digest.user)
    if kind == "Group":
        name = _name(subject, "group")
        return name == "*" or name in digest.groups
    if kind != "ServiceAccount":
        return False
    name, namespace = _name(subject, "serviceAccount"), (subject.get("serviceAccount") or {}).get("namespace", "")
    prefix = f"{ACCOUNT_PREFIX}{namespace}:"
    return digest.user.startswith(prefix) if name == "*" else digest.user == prefix + name


def _name(subject: Part, field: str) -> str:
    return str((subject.get(field) or {}).get("name", ""))


def _any_rule(rule: Part, digest: Digest) -> bool:
    if digest.resource:
        return any(_means_resource(one, digest) for one in rule.get("resourceRules") or ())
    return any(_means_path(one, digest) for one in rule.get("nonResourceRules") or ())


def _means_resource(rule: Part, digest: Digest) -> bool:
    return (
        _has(rule, "verbs", digest.verb)
        and _has(rule, "apiGroups", digest.group)
        and _has(rule, "resources", digest.resource)
        and (_has(rule, "namespaces", digest.namespace) if digest.namespace else bool(rule.get("clusterScope")))
    )


def _means_path(rule: Part, digest: Digest) -> bool:
    urls = rule.get("nonResourceURLs") or ()
    return _has(rule, "verbs", digest.verb) and any(_is_path(url, digest.path) for url in urls)


def _is_path(url: str, path: str) -> bool:
    return url in ("*", path) or (url.endswith("*") and path.startswith(url[:-1]))


def _has(rule: Part, field: str, value: str) -> bool:
    values = rule.get(field) or ()
    return value in values or "*" in values
