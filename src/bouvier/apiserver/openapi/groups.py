"""Kinds sorted into groups and versions, in the order that clients rely on.

Order decides which group a short name means when several have it (core `events` before `events.k8s.io`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from bouvier.kinds.kind import Kind

_FIRST = (
    "",
    "apiregistration.k8s.io",
    "apps",
    "events.k8s.io",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "networking.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "storage.k8s.io",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "scheduling.k8s.io",
    "coordination.k8s.io",
    "node.k8s.io",
    "discovery.k8s.io",
)
_RANKS = {group: rank for rank, group in enumerate(_FIRST)}
_VERSION = re.compile(r"v(\d+)(?:(alpha|beta)(\d+))?$")
_STAGES = {None: 2, "beta": 1, "alpha": 0}

Groups = dict[str, dict[str, list[Kind]]]
"""Kinds by group and version; groups in serving order, the preferred version first."""


def by_group(kinds: Iterable[Kind]) -> Groups:
    """Return the kinds sorted into groups and versions."""
    found: Groups = {}
    for kind in kinds:
        found.setdefault(kind.resource.group, {}).setdefault(kind.resource.version, []).append(kind)
    return {group: _sorted_versions(found[group]) for group in sorted(found, key=_group_rank)}


def version_rank(version: str) -> tuple[int, int, int, str]:
    """Return a key that sorts versions from most to least stable: v2, v1, v1beta1, v1alpha1, others by name."""
    match = _VERSION.match(version)
    if not match:
        return (1, 0, 0, version)
    major, stage, minor = match.groups()
    return (0, -_STAGES[stage], -int(major) * 1000 - int(minor or 0), version)


def _group_rank(group: str) -> tuple[int, str]:
    return (_RANKS.get(group, len(_RANKS)), group)


def _sorted_versions(versions: dict[str, list[Kind]]) -> dict[str, list[Kind]]:
    return {
        version: sorted(versions[version], key=lambda kind: kind.resource.plural)
        for version in sorted(versions, key=version_rank)
    }
