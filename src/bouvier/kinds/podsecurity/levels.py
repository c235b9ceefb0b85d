"""Levels and versions: what the labels of a namespace ask for, and what a pod violates of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from bouvier.kinds import fields
from bouvier.kinds.fields import Errors
from bouvier.kinds.podsecurity import baseline, restricted
from bouvier.kinds.podsecurity.violations import Check, Part, Violation

PREFIX = "pod-security.kubernetes.io/"
MODES = ("enforce", "audit", "warn")
LEVELS = ("privileged", "baseline", "restricted")
_VERSION = re.compile(r"v1\.(0|[1-9][0-9]*)")
_NEWEST = 10_000


class Demand(NamedTuple):
    """A level as it is in one version of Kubernetes."""

    level: str = "privileged"
    version: str = "latest"

    @property
    def is_free(self) -> bool:
        """Tell whether pods may do anything."""
        return self.level == "privileged"

    def __str__(self) -> str:
        return f"{self.level}:{self.version}"


def demand_of(labels: Mapping[str, str], mode: str) -> Demand:
    """Return what a namespace asks for in a mode; labels that make no sense ask for the strictest level."""
    level = labels.get(PREFIX + mode)
    if level is None:
        return Demand()
    version = labels.get(f"{PREFIX}{mode}-version", "latest")
    if level not in LEVELS:
        return Demand("restricted")
    return Demand(level, version if version == "latest" or _VERSION.fullmatch(version) else "latest")


def check_labels(labels: Mapping[str, str]) -> Errors:
    """Check the labels of a namespace that ask for levels."""
    for mode in MODES:
        level, version = labels.get(PREFIX + mode), labels.get(f"{PREFIX}{mode}-version")
        if level is not None and level not in LEVELS:
            yield fields.invalid(f"metadata.labels[{PREFIX}{mode}]", level, f"must be one of {', '.join(LEVELS)}")
        if version is not None and version != "latest" and not _VERSION.fullmatch(version):
            place = f"metadata.labels[{PREFIX}{mode}-version]"
            yield fields.invalid(place, version, 'must be "latest" or "v1.x"')


def violations(demand: Demand, metadata: Part, spec: Part) -> list[Violation]:
    """Return what a pod does that a level forbids."""
    found = (check.run(metadata, spec) for check in _checks(demand))
    return [violation for violation in found if violation is not None]


@lru_cache(maxsize=64)
def _checks(demand: Demand) -> tuple[Check, ...]:
    """Return the checks of a level and version, those of baseline first, each in order of its name."""
    if demand.is_free:
        return ()
    match = _VERSION.fullmatch(demand.version)
    version = int(match[1]) if match else _NEWEST
    basic = _in_force(baseline.CHECKS, version)
    if demand.level == "baseline":
        return tuple(basic)
    hard = _in_force(restricted.CHECKS, version)
    replaced = {name for check in hard for name in check.replaces}
    return (*(check for check in basic if check.name not in replaced), *hard)


def _in_force(checks: Iterable[Check], version: int) -> list[Check]:
    newest: dict[str, Check] = {}
    for check in sorted(checks, key=lambda one: one.since):
        if check.since <= version:
            newest[check.name] = check
    return [newest[name] for name in sorted(newest)]
