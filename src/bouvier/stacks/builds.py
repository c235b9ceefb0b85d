"""Services of a stack whose image is to be built: which they are, and the build configurations for them. Pure.

Source: https://github.com/compose-spec/compose-spec/blob/main/build.md
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bouvier.meta.objects import Obj
from bouvier.meta.resources import BUILDCONFIGS, IMAGESTREAMS
from bouvier.stacks.compose.document import Document
from bouvier.stacks.compose.loading import Project
from bouvier.stacks.compose.values import dns_label
from bouvier.stacks.resource import STACK_LABEL

HONOURED = ("context", "dockerfile", "args")
HARMLESS = ("cache_from", "cache_to", "pull", "no_cache", "tags", "labels", "provenance", "sbom")
"""Keys that change how a build is done or named, not what comes out of it."""
KEPT_BUILDS = 3
LONGEST_NAME = 50
"""Leaves room for the number of a build and the ending of its name."""


@dataclass(frozen=True, slots=True)
class ServiceBuild:
    """What one service's image is built from."""

    service: str
    name: str
    """Name of the build configuration and of the image stream."""
    folder: Path
    dockerfile: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)


def wanted_builds(stack: str, project: Project, base: Path) -> list[ServiceBuild]:
    """Return the builds of services that name no image.

    Raises:
        StackError: a key of `build` cannot be honoured; it names the place.
    """
    return list(_builds(stack, project, base))


def _builds(stack: str, project: Project, base: Path) -> Iterator[ServiceBuild]:
    for service, fields in project.services.items():
        if not fields.get("build") or fields.get("image"):
            continue
        given = fields["build"] if isinstance(fields["build"], dict) else {"context": fields["build"]}
        _refuse(service, given, project.compose)
        folder = base / str(given.get("context") or ".")
        if not folder.is_dir():
            text = f"there is no folder {folder}; sources elsewhere are built by: bouvier new-app"
            raise project.compose.error(f"services.{service}.build", text)
        name = f"{stack}-{dns_label(service)}"[:LONGEST_NAME].rstrip("-")
        yield ServiceBuild(service, name, folder, str(given.get("dockerfile") or ""), _arguments(given.get("args")))


def _refuse(service: str, given: Mapping[str, Any], document: Document) -> None:
    for key in given:
        if key not in HONOURED and key not in HARMLESS:
            path = f"services.{service}.build.{key}"
            raise document.error(
                path, f"{key} is not honoured when the platform builds; known are {', '.join(HONOURED)}"
            )


def _arguments(given: Any) -> dict[str, str]:
    if isinstance(given, dict):
        return {name: "" if value is None else str(value) for name, value in given.items()}
    pairs = (str(one).partition("=") for one in given or ())
    return {name: value for name, _, value in pairs}


def objects_of(build: ServiceBuild, stack: str, namespace: str) -> list[tuple[Any, Obj]]:
    """Return `(resource, object)` for image stream and build configuration."""
    strategy: Obj = {"buildArgs": [{"name": name, "value": value} for name, value in build.arguments.items()]}
    if build.dockerfile:
        strategy["dockerfilePath"] = build.dockerfile
    spec = {
        "source": {"type": "Binary", "binary": {}},
        "strategy": {"type": "Docker", "dockerStrategy": strategy},
        "output": {"to": {"kind": "ImageStreamTag", "name": f"{build.name}:latest"}},
        "runPolicy": "Serial",
        "successfulBuildsHistoryLimit": KEPT_BUILDS,
        "failedBuildsHistoryLimit": KEPT_BUILDS,
    }
    metadata = {"name": build.name, "namespace": namespace, "labels": {STACK_LABEL: stack}}
    return [
        (resource, {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata, "spec": wished})
        for resource, wished in ((IMAGESTREAMS, {"lookupPolicy": {"local": False}}), (BUILDCONFIGS, spec))
    ]


def override_of(images: Mapping[str, str]) -> dict[str, Any]:
    """Return the Compose file that names the images which were built, by service."""
    return {"services": {service: {"image": image} for service, image in images.items()}}
