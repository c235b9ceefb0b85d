"""What was changed natively, as changes of our objects; and native workloads as objects (pure)."""

from __future__ import annotations

import copy
import re
from typing import Any

from bouvier.clusters.driver import FOREIGN, Fields, Workload
from bouvier.clusters.mesos.fields import NO_IMAGE, words_of
from bouvier.meta.objects import Obj

WORKLOAD_LABEL = "bouvier.io/mesos-workload"
_NOT_ALLOWED = re.compile(r"[^a-z0-9-]+")
LONGEST_NAME = 50
"""Room for what ReplicaSets and pods append."""


def changed_spec(obj: Obj, live: Fields, wanted: Fields) -> Obj:
    """Return the spec of an object after taking over what differs natively."""
    spec: Obj = copy.deepcopy(obj["spec"])
    container = spec["template"]["spec"]["containers"][0]
    if live.get("replicas") != wanted.get("replicas"):
        spec["replicas"] = live.get("replicas", 0)
    if live.get("image") != wanted.get("image"):
        container["image"] = live.get("image") or NO_IMAGE
    if live.get("cmd") != wanted.get("cmd") or live.get("args") != wanted.get("args"):
        _set_process(container, live)
    if live.get("env") != wanted.get("env"):
        _set_environment(container, live.get("env") or [], wanted.get("env") or [])
    return spec


def _set_process(container: Obj, live: Fields) -> None:
    for name in ("command", "args"):
        container.pop(name, None)
    container |= _process(live)


def _process(fields: Fields) -> dict[str, Any]:
    if fields.get("cmd"):
        return {"command": words_of(fields["cmd"])}
    return {"args": fields["args"]} if fields.get("args") else {}


def _set_environment(container: Obj, live: list[str], wanted: list[str]) -> None:
    """Set the variables that differ; those that come from ConfigMaps and Secrets and are the same stay as they are."""
    kept = {line.partition("=")[0] for line in live if line in wanted}
    entries = [entry for entry in container.get("env") or () if entry["name"] in kept]
    names = {entry["name"] for entry in entries}
    for line in live:
        name, _, value = line.partition("=")
        if line not in wanted and name not in names:
            entries.append({"name": name, "value": value})
    container["env"] = entries


def object_of(workload: Workload) -> Obj:
    """Return the object that shows a workload which we do not own."""
    fields = workload.fields
    name = object_name(workload.name)
    labels = {WORKLOAD_LABEL: name}
    container: Obj = {"name": "main", "image": fields.get("image") or NO_IMAGE, **_process(fields)}
    if fields.get("env"):
        container["env"] = [{"name": line.partition("=")[0], "value": line.partition("=")[2]} for line in fields["env"]]
    if fields.get("ports"):
        container["ports"] = [
            {"containerPort": number, "protocol": kind.upper()} for number, kind, _ in fields["ports"]
        ]
    marks = {FOREIGN: workload.id, "bouvier.io/native-name": workload.name}
    if not workload.adoptable:
        marks["bouvier.io/not-adoptable"] = workload.message
    return {
        "apiVersion": "apps/v1",
        "kind": workload.kind,
        "metadata": {"name": name, "namespace": "default", "labels": labels, "annotations": marks},
        "spec": {
            "replicas": fields.get("replicas", 0),
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


def object_name(name: str) -> str:
    """Return the name of a workload in the form that Kubernetes takes."""
    return _NOT_ALLOWED.sub("-", name.lower()).strip("-")[:LONGEST_NAME].strip("-") or "workload"
