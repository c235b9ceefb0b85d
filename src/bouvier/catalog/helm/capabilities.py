"""`.Capabilities` in templates: what the cluster can do."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from bouvier.catalog.gotemplate.values import Record
from bouvier.catalog.versions import parse_version

HELM_VERSION = "v3.18.0"
"""The Helm whose behaviour charts may count on; many ask for at least 3.8."""


class Capabilities(NamedTuple):
    """The version of a cluster and what it serves."""

    kube_version: str = "v1.37.0"
    api_versions: Collection[str] = ("v1", "apps/v1", "batch/v1", "networking.k8s.io/v1", "policy/v1", "autoscaling/v2")
    """Group versions and kinds: `apps/v1`, `apps/v1/Deployment`."""


def capabilities_record(capabilities: Capabilities) -> Record:
    """Return `.Capabilities`."""
    version = parse_version(capabilities.kube_version)
    text = "v" + str(version)
    kube = {"Version": text, "Major": str(version.major), "Minor": str(version.minor)}
    known = frozenset(capabilities.api_versions)
    return Record(
        "chartutil.Capabilities",
        {
            "KubeVersion": Record(
                "chartutil.KubeVersion", kube, {"GitVersion": lambda: text, "String": lambda: text}, text
            ),
            "APIVersions": Record("chartutil.VersionSet", {}, {"Has": lambda name: name in known}, _listed(known)),
            "HelmVersion": Record("version.BuildInfo", {"Version": HELM_VERSION, "GoVersion": "", "GitCommit": ""}),
        },
    )


def _listed(known: Collection[str]) -> str:
    return "[" + " ".join(sorted(known)) + "]"
