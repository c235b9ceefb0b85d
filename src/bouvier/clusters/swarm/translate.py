"""A Deployment or DaemonSet as fields of a Swarm service, with a list of what is lost (pure).

One container a pod: tasks of Swarm share nothing. What would run but mean something else is refused, what would merely
be missing is reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bouvier.clusters.driver import Fields, Loss, Related, Translation
from bouvier.clusters.environment import EnvironmentRules, RefusedError, environment
from bouvier.clusters.losses import unexpressed
from bouvier.clusters.one_pod import BY_SCHEDULER, own_value, without_credentials
from bouvier.clusters.swarm.fields import SECOND
from bouvier.clusters.swarm.files import files_of
from bouvier.clusters.swarm.podlevel import RESTARTS, names_of
from bouvier.controllers.workloads.deployment_sizes import is_rolling, max_surge, max_unavailable, spec_replicas
from bouvier.meta import quantities
from bouvier.meta.objects import Obj, labels_of, name_of, namespace_of
from bouvier.meta.selectors import from_object
from bouvier.node.pods.expansion import expand

SWARM = "Swarm"
_POD = ("containers", "initContainers", "ephemeralContainers", "volumes", "nodeSelector", "hostAliases", "hostname",
        "terminationGracePeriodSeconds", "automountServiceAccountToken", "securityContext", "hostNetwork", "hostPID",
        "hostIPC")  # fmt: skip
_CONTAINER = ("name", "image", "command", "args", "env", "envFrom", "workingDir", "ports", "resources", "volumeMounts",
              "livenessProbe", "readinessProbe", "startupProbe", "securityContext", "stdin", "tty")  # fmt: skip
_WORKLOAD = ("replicas", "selector", "template", "strategy", "updateStrategy", "minReadySeconds", "paused",
             "progressDeadlineSeconds", "revisionHistoryLimit")  # fmt: skip
OWN_MARKS = "bouvier.io/"
"""Annotations of ours tell how an object is doing, not how it should be."""
ENVIRONMENT = EnvironmentRules(
    SWARM,
    "secret values in the environment stand in the service's specification, readable on every manager",
    {"metadata.name": "{{.Task.Name}}", "spec.nodeName": "{{.Node.Hostname}}"},
    lambda obj, path: own_value(obj, path) if obj["kind"] == "Pod" else None,
)
LEAST_MONITOR_SECONDS = 1
"""How long a replaced task is watched for failure; with 0 the engine would take its default of five seconds."""
NODE_LABELS = {"kubernetes.io/hostname": "node.hostname", "kubernetes.io/os": "node.platform.os"}


def translate(obj: Obj, related: Related) -> Translation:
    """Return the fields of the service for a workload."""
    losses: list[Loss] = []
    try:
        fields = _service(obj, related, losses)
    except RefusedError as refusal:
        return Translation({}, tuple(losses), str(refusal))
    return Translation({n: v for n, v in fields.items() if v or n in ("replicas", "global")}, tuple(losses))


def network_of(namespace: str) -> str:
    """Return the overlay network of a namespace."""
    return f"bouvier_{namespace}"


def _service(obj: Obj, related: Related, losses: list[Loss]) -> Fields:
    template = obj["spec"]["template"]
    is_pod = obj["kind"] == "Pod"
    pod = without_credentials(template["spec"], SWARM, losses) if is_pod else template["spec"]
    _refuse(pod)
    if not is_pod:
        losses += unexpressed(obj["spec"], _WORKLOAD, "spec", SWARM)
    losses += unexpressed(pod, (*_POD, *BY_SCHEDULER) if is_pod else _POD, "spec.template.spec", SWARM)
    container = pod["containers"][0]
    losses += unexpressed(container, _CONTAINER, "spec.template.spec.containers[0]", SWARM)
    is_global = obj["kind"] == "DaemonSet"
    fields: Fields = {
        "image": container["image"],
        "global": is_global,
        "hostname": pod.get("hostname", "") or (name_of(obj) if is_pod else ""),
        "stop_seconds": pod.get("terminationGracePeriodSeconds", 30),
        "labels": _labels(template),
        "constraints": _constraints(obj),
        "restart": RESTARTS[pod.get("restartPolicy") or "Always"] if is_pod else "",
        "hosts": [f"{alias['ip']} {name}" for alias in pod.get("hostAliases") or () for name in alias["hostnames"]],
        "dir": container.get("workingDir", ""),
        "tty": bool(container.get("tty")),
        "stdin": bool(container.get("stdin")),
        "update": _update(obj),
        "networks": _networks(obj, related),
    }
    if not is_global:
        fields["replicas"] = spec_replicas(obj)
    fields |= _process(obj, container, related, losses)
    fields |= _resources(container, losses)
    fields |= _security(pod, container, losses)
    fields |= _health(container, losses)
    fields |= _volumes(pod, container, related)
    return fields


def _refuse(pod: Obj) -> None:
    if len(pod["containers"]) > 1 or pod.get("initContainers"):
        raise RefusedError("a pod of several containers cannot run on Swarm, whose tasks share nothing: split it")
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(name):
            raise RefusedError(f"spec.template.spec.{name} cannot be expressed on Swarm")
    security = pod["containers"][0].get("securityContext") or {}
    if security.get("privileged"):
        raise RefusedError("privileged containers cannot run on Swarm")


def _labels(template: Obj) -> dict[str, str]:
    """Return labels and annotations of the pod as labels of the container."""
    metadata = template.get("metadata") or {}
    marks = {
        f"annotation.{name}": value
        for name, value in (metadata.get("annotations") or {}).items()
        if not name.startswith(OWN_MARKS)
    }
    return dict(metadata.get("labels") or {}) | marks


def _constraints(obj: Obj) -> list[str]:
    """Return where tasks may run: a pod has its host from our scheduler."""
    if obj["kind"] == "Pod":
        return [f"node.id == {obj['spec']['host']}"]
    selector = obj["spec"]["template"]["spec"].get("nodeSelector") or {}
    return sorted(_constraint(key, value) for key, value in selector.items())


def _constraint(key: str, value: str) -> str:
    return f"{NODE_LABELS.get(key, f'node.labels.{key}')} == {value}"


def _update(obj: Obj) -> dict[str, Any]:
    """Return the rollout settings: surge starts first, else so many stop at once as may be unavailable."""
    monitor = max(obj["spec"].get("minReadySeconds") or 0, LEAST_MONITOR_SECONDS) * SECOND
    settings = {"order": "stop-first", "failure": "pause", "monitor": monitor}
    if obj["kind"] != "Deployment":
        return {"parallelism": 1, **settings}
    if not is_rolling(obj):
        return {"parallelism": 0, **settings}
    if surge := max_surge(obj):
        return {"parallelism": surge, **settings, "order": "start-first"}
    return {"parallelism": max(max_unavailable(obj), 1), **settings}


def _networks(obj: Obj, related: Related) -> list[Any]:
    """Return the namespace's network, under the names of the services that select the pods."""
    labels = labels_of({"metadata": obj["spec"]["template"].get("metadata") or {}})
    namespace = namespace_of(obj)
    aliases = []
    for service in related.services:
        selector = service["spec"].get("selector")
        if selector and from_object({"matchLabels": selector}).matches(labels):
            name = name_of(service)
            aliases += [name, f"{name}.{namespace}", f"{name}.{namespace}.svc.cluster.local"]
    if obj["kind"] == "Pod":
        aliases += names_of(obj)
    # A pod is not made anew when a Service comes, so it is on the network from the beginning.
    return [[network_of(namespace), sorted(aliases)]] if aliases or obj["kind"] == "Pod" else []


def _process(obj: Obj, container: Obj, related: Related, losses: list[Loss]) -> Fields:
    values = dict(environment(obj, container, related, ENVIRONMENT, losses))
    words = {name: [expand(word, values) for word in container.get(name) or ()] for name in ("command", "args")}
    return {**words, "env": sorted(f"{name}={value}" for name, value in values.items())}


def _resources(container: Obj, losses: list[Loss]) -> Fields:
    resources = container.get("resources") or {}
    fields: Fields = {}
    for part, suffix in (("limits", "limit"), ("requests", "request")):
        amounts = resources.get(part) or {}
        fields[f"cpu_{suffix}"] = quantities.millis(str(amounts.get("cpu", "0"))) * 1_000_000
        fields[f"memory_{suffix}"] = quantities.whole(str(amounts.get("memory", "0")))
        path = f"spec.template.spec.containers[0].resources.{part}"
        losses += unexpressed(amounts, ("cpu", "memory"), path, SWARM)
    return fields


def _security(pod: Obj, container: Obj, losses: list[Loss]) -> Fields:
    own, shared = container.get("securityContext") or {}, pod.get("securityContext") or {}
    known = ("runAsUser", "runAsGroup")
    losses += unexpressed(shared, (*known, "supplementalGroups"), "spec.template.spec.securityContext", SWARM)
    path = "spec.template.spec.containers[0].securityContext"
    losses += unexpressed(own, (*known, "readOnlyRootFilesystem", "capabilities", "privileged"), path, SWARM)
    both = {**shared, **own}
    user = str(both["runAsUser"]) if "runAsUser" in both else ""
    if "runAsGroup" in both:
        user = f"{user or '0'}:{both['runAsGroup']}"
    capabilities = own.get("capabilities") or {}
    return {
        "user": user,
        "groups": [str(group) for group in shared.get("supplementalGroups") or ()],
        "read_only": bool(own.get("readOnlyRootFilesystem")),
        "cap_add": sorted(f"CAP_{name.removeprefix('CAP_')}" for name in capabilities.get("add") or ()),
        "cap_drop": sorted(f"CAP_{name.removeprefix('CAP_')}" for name in capabilities.get("drop") or ()),
    }


def _health(container: Obj, losses: list[Loss]) -> Fields:
    """Return the one check that Swarm has: a command that says whether the task is well and may take requests."""
    chosen = None
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        probe = container.get(name)
        if not probe:
            continue
        path = f"spec.template.spec.containers[0].{name}"
        if "exec" not in probe:
            losses.append(Loss(path, "Swarm checks health by a command inside the container only: it is ignored"))
        elif chosen is not None:
            losses.append(Loss(path, "Swarm has one check for liveness and readiness: the first one is used"))
        else:
            chosen = probe
    if chosen is None:
        return {}
    health = {
        "test": ["CMD", *(chosen["exec"].get("command") or ())],
        "interval": (chosen.get("periodSeconds") or 10) * SECOND,
        "timeout": (chosen.get("timeoutSeconds") or 1) * SECOND,
        "retries": chosen.get("failureThreshold") or 3,
        "start_period": (chosen.get("initialDelaySeconds") or 0) * SECOND,
    }
    return {"health": {name: value for name, value in health.items() if value}}


def _volumes(pod: Obj, container: Obj, related: Related) -> Fields:
    volumes = {volume["name"]: volume for volume in pod.get("volumes") or ()}
    mounts: list[dict[str, Any]] = []
    found: dict[str, list[list[Any]]] = {"configs": [], "secrets": []}
    for index, mount in enumerate(container.get("volumeMounts") or ()):
        volume = volumes.get(mount["name"], {})
        path = f"spec.template.spec.containers[0].volumeMounts[{index}]"
        if "configMap" in volume or "secret" in volume:
            kind, entries = _file_entries(volume, mount, related, path)
            found[kind] += entries
        else:
            mounts.append(_mount(volume, mount, path))
    return {**{kind: sorted(entries) for kind, entries in found.items()}, "mounts": sorted(mounts, key=_target)}


def _target(mount: Mapping[str, Any]) -> str:
    return str(mount["target"])


def _mount(volume: Obj, mount: Obj, path: str) -> dict[str, Any]:
    made = {"target": mount["mountPath"], "read_only": bool(mount.get("readOnly")), "source": "", "size": 0}
    if mount.get("subPath"):
        raise RefusedError(f"{path}.subPath cannot be expressed on Swarm")
    if "emptyDir" in volume:
        options = volume["emptyDir"] or {}
        limit = options.get("sizeLimit")
        if options.get("medium") == "Memory":
            return {**made, "type": "tmpfs", "size": quantities.whole(str(limit)) if limit else 0}
        return {**made, "type": "volume"}
    if "hostPath" in volume:
        return {**made, "type": "bind", "source": volume["hostPath"]["path"]}
    kind = next((name for name in volume if name != "name"), "missing")
    raise RefusedError(
        f"{path}: volumes of the kind {kind} cannot be expressed on Swarm: use configMap, secret, emptyDir or hostPath"
    )


def _file_entries(volume: Obj, mount: Obj, related: Related, path: str) -> tuple[str, list[list[Any]]]:
    is_secret = "secret" in volume
    source = volume["secret"] if is_secret else volume["configMap"]
    name = source.get("secretName") if is_secret else source.get("name")
    kept = related.secrets if is_secret else related.config_maps
    if name not in kept:
        if source.get("optional"):
            return "configs", []
        raise RefusedError(f"{'Secret' if is_secret else 'ConfigMap'} {name} does not exist")
    files = files_of(kept[name])
    items = {item["key"]: item["path"] for item in source.get("items") or ()} or {key: key for key in files}
    mode = source.get("defaultMode", 0o644)
    base, part = mount["mountPath"].rstrip("/"), mount.get("subPath", "")
    entries = []
    for key, where in items.items():
        if key not in files:
            raise RefusedError(f"{path}: key {key} of {name} does not exist")
        if part and where != part:
            continue
        entries.append([base if part else f"{base}/{where}", files[key].name, mode])
    return "secrets" if is_secret else "configs", entries
