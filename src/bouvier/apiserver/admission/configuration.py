"""Reading an AdmissionConfiguration: levels that namespaces have by default, and who is exempt from them.

Source: https://kubernetes.io/docs/tasks/configure-pod-container/enforce-standards-admission-controller/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bouvier.kinds.podsecurity.levels import MODES, PREFIX, check_labels

GROUP = "pod-security.admission.config.k8s.io"
VERSIONS = ("v1", "v1beta1", "v1alpha1")
_EXEMPTIONS = ("usernames", "runtimeClasses", "namespaces")


@dataclass(frozen=True)
class PodSecuritySettings:
    """What holds where a namespace says nothing, and for whom nothing holds."""

    defaults: Mapping[str, str] = field(default_factory=dict)
    """In the form of a namespace's labels."""
    usernames: frozenset[str] = frozenset()
    runtime_classes: frozenset[str] = frozenset()
    namespaces: frozenset[str] = frozenset()

    def labels(self, given: Mapping[str, str]) -> Mapping[str, str]:
        """Return the labels that count for a namespace."""
        if not self.defaults:
            return given
        own = dict(given)
        for mode in (PREFIX + mode for mode in MODES):
            if mode not in given:
                missing = {key: self.defaults[key] for key in (mode, f"{mode}-version") if key in self.defaults}
                own = missing | own
        return own

    def exemption(self, namespace: str, user: str, runtime_class: str) -> str:
        """Return because of what levels do not count, empty if they do."""
        if namespace in self.namespaces:
            return "namespace"
        if user in self.usernames:
            return "user"
        return "runtimeClass" if runtime_class and runtime_class in self.runtime_classes else ""


def parse(document: Any) -> PodSecuritySettings:
    """Return the settings in a document.

    Raises:
        ValueError: it cannot be used; every problem is named.

    """
    if not isinstance(document, dict) or document.get("kind") != "AdmissionConfiguration":
        raise ValueError("expected kind AdmissionConfiguration of apiserver.config.k8s.io/v1")
    found = PodSecuritySettings()
    for number, plugin in enumerate(document.get("plugins") or ()):
        if plugin.get("name") != "PodSecurity":
            raise ValueError(
                f"plugins[{number}].name: {plugin.get('name')} takes no configuration here: only PodSecurity does"
            )
        given = plugin.get("configuration")
        if not given:
            raise ValueError(f"plugins[{number}].configuration: Required value: write it in this file")
        problems = list(_problems(given, f"plugins[{number}].configuration"))
        if problems:
            raise ValueError("; ".join(problems))
        found = _settings(given)
    return found


def _problems(given: Mapping[str, Any], where: str) -> Iterator[str]:
    group, _, version = str(given.get("apiVersion", "")).partition("/")
    if given.get("kind") != "PodSecurityConfiguration" or group != GROUP or version not in VERSIONS:
        yield f"{where}: expected kind PodSecurityConfiguration of {GROUP}/v1"
    known = {name for mode in MODES for name in (mode, f"{mode}-version")}
    yield from (f"{where}.defaults: unknown field {name}" for name in given.get("defaults") or () if name not in known)
    yield from (f"{where}.exemptions: unknown field {n}" for n in given.get("exemptions") or () if n not in _EXEMPTIONS)
    labels = {PREFIX + name: str(value) for name, value in (given.get("defaults") or {}).items()}
    yield from (f"{where}.defaults: {error}" for error in check_labels(labels))


def _settings(given: Mapping[str, Any]) -> PodSecuritySettings:
    exempt = given.get("exemptions") or {}
    usernames, runtime_classes, namespaces = (frozenset(exempt.get(name) or ()) for name in _EXEMPTIONS)
    defaults = {PREFIX + name: str(value) for name, value in (given.get("defaults") or {}).items()}
    return PodSecuritySettings(defaults, usernames, runtime_classes, namespaces)
