"""A Deployment, a DaemonSet or a pod of ours as fields of a Mesos workload, with the list of what is lost (pure).

What would run with another meaning than asked for is refused, what would merely be missing is reported.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from bouvier.clusters.driver import Fields, Loss, Related, Translation
from bouvier.clusters.environment import EnvironmentRules, RefusedError, environment
from bouvier.clusters.losses import unexpressed
from bouvier.clusters.mesos.fields import NO_IMAGE, compact, line_of
from bouvier.clusters.mesos.probes import checks
from bouvier.clusters.mesos.security import security
from bouvier.clusters.mesos.volumes import volumes
from bouvier.clusters.one_pod import BY_SCHEDULER, own_value, without_credentials
from bouvier.controllers.workloads.deployment_sizes import spec_replicas
from bouvier.meta import quantities
from bouvier.meta.objects import Obj, labels_of
from bouvier.meta.selectors import from_object
from bouvier.node.pods.expansion import expand

MESOS = "Mesos"
LEAST_CPU_MILLIS, LEAST_MEMORY_MIB = 10, 32
"""Mesos offers nothing smaller; what asks for less, or for nothing, reserves this much."""
_POD = ("containers", "initContainers", "ephemeralContainers", "volumes", "nodeSelector", "securityContext",
        "terminationGracePeriodSeconds", "automountServiceAccountToken", "hostNetwork", "hostPID", "hostIPC",
        "affinity")  # fmt: skip
_CONTAINER = ("name", "image", "command", "args", "env", "envFrom", "ports", "resources", "volumeMounts", "workingDir",
              "livenessProbe", "readinessProbe", "startupProbe", "securityContext")  # fmt: skip
_WORKLOAD = ("replicas", "selector", "template", "strategy", "updateStrategy", "paused", "progressDeadlineSeconds",
             "revisionHistoryLimit")  # fmt: skip
ENVIRONMENT = EnvironmentRules(
    MESOS,
    "secret values in the environment stand in the task's definition, readable by whoever may read it",
    known=lambda obj, path: own_value(obj, path) if obj["kind"] == "Pod" else None,
)
RESTARTS = {"Always": "", "OnFailure": "on-failure", "Never": "never"}
"""Values of the field `restarts`."""
HOSTNAME = "kubernetes.io/hostname"
_IMPLIED = {"kubernetes.io/os": "linux"}


def translate(obj: Obj, related: Related, *, containerizer: str, has_files: bool) -> Translation:
    """Return the fields of a workload; `containerizer` is `MESOS` or `DOCKER`."""
    losses: list[Loss] = []
    try:
        fields = _workload(obj, related, losses, containerizer)
        _check_files(fields, has_files=has_files)
    except RefusedError as refusal:
        return Translation({}, tuple(losses), str(refusal))
    return Translation(compact(fields), tuple(losses))


def _check_files(fields: Fields, *, has_files: bool) -> None:
    if fields.get("files") and not has_files:
        raise RefusedError(
            "Marathon cannot hold files: use ConfigMaps and Secrets as environment, "
            "or add the cluster without --marathon, so that the platform's own framework runs it"
        )


def _workload(obj: Obj, related: Related, losses: list[Loss], containerizer: str) -> Fields:
    template = obj["spec"]["template"]
    is_pod = obj["kind"] == "Pod"
    pod = without_credentials(template["spec"], MESOS, losses) if is_pod else template["spec"]
    _refuse(pod)
    losses += unexpressed(obj["spec"], (*_WORKLOAD, "host"), "spec", MESOS)
    losses += unexpressed(pod, (*_POD, *BY_SCHEDULER) if is_pod else _POD, "spec.template.spec", MESOS)
    container = pod["containers"][0]
    losses += unexpressed(container, _CONTAINER, "spec.template.spec.containers[0]", MESOS)
    fields: Fields = {
        "image": "" if container["image"] == NO_IMAGE else container["image"],
        "containerizer": containerizer,
        "grace": pod.get("terminationGracePeriodSeconds", 30),
        "labels": _labels(template),
    }
    if is_pod:  # our own scheduler has chosen the host
        fields |= {"host": obj["spec"]["host"], "restarts": RESTARTS[pod.get("restartPolicy", "Always")]}
        if pod.get("subdomain"):
            losses.append(Loss("spec.subdomain", "Mesos has no names for pods"))
    else:
        fields["constraints"] = sorted([*_selected(pod), *_apart(pod, template, losses)])
    if obj["kind"] == "DaemonSet":
        fields["global"] = True
    else:
        fields["replicas"] = spec_replicas(obj)
    fields["ports"] = _ports(obj, container, related)
    fields |= _process(obj, container, related, losses)
    fields |= _resources(container, losses)
    fields |= security(pod, container, containerizer, losses)
    fields |= checks(container, losses)
    fields |= volumes(pod, container, related, losses)
    return fields


def _refuse(pod: Obj) -> None:
    if len(pod["containers"]) > 1 or pod.get("initContainers"):
        raise RefusedError("a pod of several containers cannot run on Mesos from here yet: split it")
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(name):
            raise RefusedError(f"spec.template.spec.{name} cannot be expressed on Mesos")


def _labels(template: Obj) -> dict[str, str]:
    metadata = template.get("metadata") or {}
    marks = {f"annotation.{name}": value for name, value in (metadata.get("annotations") or {}).items()}
    return dict(metadata.get("labels") or {}) | marks


def _selected(pod: Obj) -> Iterable[list[str]]:
    for key, value in (pod.get("nodeSelector") or {}).items():
        if _IMPLIED.get(key) != value:
            yield ["hostname" if key == HOSTNAME else key, "LIKE", re.escape(value)]


def _apart(pod: Obj, template: Obj, losses: list[Loss]) -> Iterable[list[str]]:
    """Yield the constraint for "no two of them on one host"; other affinities are lost."""
    affinity = pod.get("affinity") or {}
    own = labels_of({"metadata": template.get("metadata") or {}})
    for kind, rules in affinity.items():
        for strength, terms in (rules or {}).items():
            is_apart = (
                kind == "podAntiAffinity"
                and strength.startswith("required")
                and len(terms) == 1
                and terms[0].get("topologyKey") == HOSTNAME
                and from_object(terms[0].get("labelSelector")).matches(own)
            )
            if is_apart:
                yield ["hostname", "UNIQUE", ""]
            else:
                path = f"spec.template.spec.affinity.{kind}.{strength}"
                losses.append(Loss(path, "Mesos has no counterpart: it is ignored"))


def _ports(obj: Obj, container: Obj, related: Related) -> list[list[Any]]:
    """Return declared ports, and those that services lead to: a task's ports are fixed when it starts."""
    found: dict[tuple[int, str], str] = {}
    for port in container.get("ports") or ():
        key = (int(port["containerPort"]), port.get("protocol", "TCP").lower())
        found[key] = port.get("name") or f"port-{key[0]}"
    labels = labels_of({"metadata": obj["spec"]["template"].get("metadata") or {}})
    for service in related.services:
        selector = service["spec"].get("selector")
        if not selector or not from_object({"matchLabels": selector}).matches(labels):
            continue
        for port in service["spec"].get("ports") or ():
            target = port.get("targetPort", port["port"])
            if str(target).isdigit():
                found.setdefault((int(target), port.get("protocol", "TCP").lower()), f"port-{target}")
    return [[number, protocol, name] for (number, protocol), name in sorted(found.items())]


def _process(obj: Obj, container: Obj, related: Related, losses: list[Loss]) -> Fields:
    values = dict(environment(obj, container, related, ENVIRONMENT, losses))
    command, args = ([expand(word, values) for word in container.get(name) or ()] for name in ("command", "args"))
    fields: Fields = {"env": sorted(f"{name}={value}" for name, value in values.items())}
    folder = container.get("workingDir", "")
    if command:
        line = line_of(command, args)
        fields["cmd"] = f"cd {shlex.quote(folder)} && {line}" if folder else line
    else:
        fields["args"] = args
        if folder:
            path = "spec.template.spec.containers[0].workingDir"
            losses.append(Loss(path, "without a command the image's own folder is used"))
    return fields


def _resources(container: Obj, losses: list[Loss]) -> Fields:
    resources = container.get("resources") or {}
    requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
    for part, amounts in (("requests", requests), ("limits", limits)):
        path = f"spec.template.spec.containers[0].resources.{part}"
        losses += unexpressed(amounts, ("cpu", "memory"), path, MESOS)
    return {
        "cpu": max(_millis(requests), LEAST_CPU_MILLIS),
        "memory": max(_mebibytes(requests), LEAST_MEMORY_MIB),
        "cpu_limit": _millis(limits),
        "memory_limit": _mebibytes(limits),
    }


def _millis(amounts: Mapping[str, Any]) -> int:
    return quantities.millis(str(amounts.get("cpu", "0")))


def _mebibytes(amounts: Mapping[str, Any]) -> int:
    return -(-quantities.whole(str(amounts.get("memory", "0"))) // 2**20)


def selected_by(service: Obj, workload: Obj) -> bool:
    """Tell whether a service leads to a workload's pods."""
    labels = labels_of({"metadata": workload["spec"]["template"].get("metadata") or {}})
    selector = service["spec"].get("selector")
    return bool(selector) and from_object({"matchLabels": selector}).matches(labels)
