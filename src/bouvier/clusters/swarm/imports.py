"""What was changed natively, as changes of our objects; and native workloads as objects (pure)."""

from __future__ import annotations

import copy
import re

from bouvier.clusters.driver import FOREIGN, Fields, Workload
from bouvier.meta.objects import Obj

TAKEN_OVER = ("replicas", "image", "command", "args", "env")
"""What `docker service scale`, `update --image|--args|--env` and `rollback` change. Other differences are ours to undo."""
STACK = "com.docker.stack.namespace"
PART_OF = "app.kubernetes.io/part-of"
LONGEST_LABEL = 63
SERVICE_LABEL = "bouvier.io/swarm-service"
_NOT_ALLOWED = re.compile(r"[^a-z0-9-]+")
LONGEST_NAME = 50
"""Room for what ReplicaSets and pods append."""


def changed_spec(obj: Obj, live: Fields, wanted: Fields) -> Obj:
    """Return the spec of an object after taking over what differs natively."""
    spec: Obj = copy.deepcopy(obj["spec"])
    container = spec["template"]["spec"]["containers"][0]
    for name in TAKEN_OVER:
        if live.get(name) == wanted.get(name):
            continue
        if name == "replicas":
            spec["replicas"] = live.get("replicas", 0)
        elif name == "env":
            _set_environment(container, live.get("env") or [], wanted.get("env") or [])
        elif live.get(name):
            container[name] = live[name]
        else:
            container.pop(name, None)
    return spec


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
    """Return the object that shows a foreign service."""
    fields = workload.fields
    labels = {SERVICE_LABEL: workload.id[:63]}
    stack = ((workload.raw or {}).get("Spec") or {}).get("Labels", {}).get(STACK, "")
    group = {PART_OF: stack} if stack and len(stack) <= LONGEST_LABEL else {}
    container: Obj = {"name": "main", "image": fields.get("image", "")}
    container |= {name: fields[name] for name in ("command", "args") if fields.get(name)}
    if fields.get("env"):
        container["env"] = [{"name": line.partition("=")[0], "value": line.partition("=")[2]} for line in fields["env"]]
    spec: Obj = {"selector": {"matchLabels": labels}}
    if workload.kind == "Deployment":
        spec["replicas"] = fields.get("replicas", 0)
    spec["template"] = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    return {
        "apiVersion": "apps/v1",
        "kind": workload.kind,
        "metadata": {
            "name": object_name(workload.name),
            "namespace": "default",
            "labels": labels | group,
            "annotations": {FOREIGN: workload.id, "bouvier.io/native-name": workload.name},
        },
        "spec": spec,
    }


def object_name(name: str) -> str:
    """Return the name of a service in the form that Kubernetes takes."""
    return _NOT_ALLOWED.sub("-", name.lower()).strip("-")[:LONGEST_NAME] or "service"
