"""Validation of roles' rules, shared by Role and ClusterRole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bouvier.kinds import fields
from bouvier.kinds.fields import Errors
from bouvier.meta.errors import required


def validate_rules(path: str, rules: Sequence[Mapping[str, Any]], *, is_namespaced: bool) -> Errors:
    """Check that each rule names verbs and what they are about."""
    for index, rule in enumerate(rules):
        yield from _rule(f"{path}[{index}]", rule, is_namespaced=is_namespaced)


def _rule(path: str, rule: Mapping[str, Any], *, is_namespaced: bool) -> Errors:
    if not rule.get("verbs"):
        yield required(f"{path}.verbs", "verbs must contain at least one value")
    urls = rule.get("nonResourceURLs") or []
    if urls:
        if is_namespaced:
            detail = "namespaced rules cannot apply to non-resource URLs"
            yield fields.invalid(f"{path}.nonResourceURLs", urls, detail)
        if rule.get("apiGroups") or rule.get("resources") or rule.get("resourceNames"):
            detail = "rules cannot apply to both regular resources and non-resource URLs"
            yield fields.invalid(f"{path}.nonResourceURLs", urls, detail)
        return
    if not rule.get("apiGroups"):
        yield required(f"{path}.apiGroups", "resource rules must supply at least one api group")
    if not rule.get("resources"):
        yield required(f"{path}.resources", "resource rules must supply at least one resource")
