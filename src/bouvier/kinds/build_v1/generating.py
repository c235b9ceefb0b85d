"""From a BuildConfig to its next Build, and which Builds may run: pure.

Source: OpenShift, "Triggering and modifying builds", "Build run policy".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import deepcopy
from typing import Any, NamedTuple

from bouvier.kinds.build_v1.builds import (
    CONFIG_ANNOTATION,
    CONFIG_LABEL,
    NUMBER_ANNOTATION,
    POLICY_LABEL,
    build_number,
    phase_of,
)
from bouvier.kinds.build_v1.shapes import COMMON
from bouvier.meta.objects import Obj, labels_of, name_of, owner_reference
from bouvier.meta.resources import BUILDCONFIGS, BUILDS

PAUSED = "openshift.io/build-config.paused"


def build_of(config: Obj, request: Obj, number: int) -> Obj:
    """Return Build `number` of a configuration; `request` is a BuildRequest: causes, commit, environment, source."""
    spec = {name: deepcopy(config["spec"][name]) for name in COMMON if name in config["spec"]}
    spec["triggeredBy"] = request.get("triggeredBy") or [{"message": "Manually triggered"}]
    if request.get("revision"):
        spec["revision"] = request["revision"]
    if request.get("binary") is not None:
        spec["source"] = {**spec.get("source", {}), "type": "Binary", "binary": request["binary"]}
        spec["source"].pop("git", None)
    _add_environment(spec, request)
    name = name_of(config)
    return {
        "apiVersion": BUILDS.api_version,
        "kind": BUILDS.kind,
        "metadata": {
            "name": f"{name}-{number}",
            "namespace": config["metadata"]["namespace"],
            "labels": labels_of(config)
            | {"buildconfig": name, CONFIG_LABEL: name, POLICY_LABEL: config["spec"].get("runPolicy", "Serial")},
            "annotations": {NUMBER_ANNOTATION: str(number), CONFIG_ANNOTATION: name},
            "ownerReferences": [
                owner_reference({**config, "apiVersion": BUILDCONFIGS.api_version, "kind": "BuildConfig"})
            ],
        },
        "spec": spec,
        "status": {
            "phase": "New",
            "config": {"kind": "BuildConfig", "namespace": config["metadata"]["namespace"], "name": name},
        },
    }


def image_settings(strategy: Obj) -> Obj:
    """Return the part of a strategy that says from which image and with which environment to build."""
    for field in ("dockerStrategy", "sourceStrategy"):
        if isinstance(strategy.get(field), dict):
            return strategy[field]  # type: ignore[no-any-return]
    return {}


def _add_environment(spec: Obj, request: Obj) -> None:
    strategy = spec.get("strategy") or {}
    image = image_settings(strategy)
    given = {entry["name"]: entry for entry in request.get("env") or () if entry.get("name")}
    if given:
        image["env"] = [entry for entry in image.get("env") or () if entry["name"] not in given] + list(given.values())
    arguments = (request.get("dockerStrategyOptions") or {}).get("buildArgs")
    if arguments and "dockerStrategy" in strategy:
        names = {entry.get("name") for entry in arguments}
        image["buildArgs"] = [e for e in image.get("buildArgs") or () if e["name"] not in names] + arguments


def copy_of(build: Obj, name: str) -> Obj:
    """Return a new Build with the spec of another one."""
    metadata = build["metadata"]
    spec = {**deepcopy(build["spec"]), "triggeredBy": [{"message": "Manually triggered"}]}
    return {
        "apiVersion": BUILDS.api_version,
        "kind": BUILDS.kind,
        "metadata": {
            "name": name,
            "namespace": metadata["namespace"],
            "labels": dict(metadata.get("labels") or {}),
            "annotations": {k: v for k, v in (metadata.get("annotations") or {}).items() if k == CONFIG_ANNOTATION},
            "ownerReferences": deepcopy(metadata.get("ownerReferences") or []),
        },
        "spec": spec,
        "status": {"phase": "New", "config": (build.get("status") or {}).get("config", {})},
    }


class Turns(NamedTuple):
    """What the run policy decides."""

    start: tuple[str, ...]
    """Names of Builds that may run now."""
    drop: tuple[str, ...]
    """Names of waiting Builds that a newer one replaces."""


def turns(builds: Iterable[Obj], policy: str) -> Turns:
    """Return which waiting Builds of one configuration may run."""
    ordered = sorted(builds, key=lambda build: (build_number(build), build["metadata"].get("creationTimestamp", "")))
    waiting = [name_of(build) for build in ordered if phase_of(build) == "New" and not _is_cancelled(build)]
    is_busy = any(phase_of(build) in ("Pending", "Running") for build in ordered)
    if policy == "Parallel":
        return Turns(tuple(waiting), ())
    if policy == "SerialLatestOnly":
        return Turns(() if is_busy else tuple(waiting[-1:]), tuple(waiting[:-1]))
    return Turns(() if is_busy else tuple(waiting[:1]), ())


def _is_cancelled(build: Obj) -> bool:
    return bool((build.get("status") or {}).get("cancelled"))


def outdated(builds: Iterable[Obj], good_limit: int, bad_limit: int) -> list[str]:
    """Return the names of finished Builds beyond the history limits, oldest first."""
    ordered = sorted(builds, key=build_number)
    good = [name_of(build) for build in ordered if phase_of(build) == "Complete"]
    bad = [name_of(build) for build in ordered if phase_of(build) in ("Failed", "Error", "Cancelled")]
    return [*_all_but_last(good, good_limit), *_all_but_last(bad, bad_limit)]


def _all_but_last(names: Sequence[str], limit: int) -> Sequence[str]:
    return names[:-limit] if limit else names


def image_sources(config: Obj) -> list[tuple[int, str, str, dict[str, Any]]]:
    """Return `(index, namespace, stream:tag, trigger)` of every image change trigger.

    A trigger that names no image follows the one that the strategy starts from.
    """
    spec = config["spec"]
    strategy = spec.get("strategy") or {}
    image = image_settings(strategy)
    found = []
    for index, trigger in enumerate(spec.get("triggers") or ()):
        if trigger.get("type") != "ImageChange":
            continue
        change = trigger.get("imageChange") or {}
        origin = change.get("from") or image.get("from") or {}
        if origin.get("kind") == "ImageStreamTag" and not change.get("paused"):
            namespace = origin.get("namespace") or config["metadata"]["namespace"]
            found.append((index, namespace, str(origin.get("name")), change))
    return found
