"""One unit (a primary service with its sidekicks) as a workload: Deployment, DaemonSet or Job."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Any

from bouvier.meta.objects import Obj
from bouvier.stacks.compose.fields import Fields
from bouvier.stacks.compose.loading import Project
from bouvier.stacks.compose.ordering import circle, ordered
from bouvier.stacks.compose.values import dns_label
from bouvier.stacks.objects import known
from bouvier.stacks.objects.container import container_of
from bouvier.stacks.objects.lasting import LastingVolumes
from bouvier.stacks.objects.placement import GLOBAL, Rules
from bouvier.stacks.objects.pod import pod_settings
from bouvier.stacks.objects.ports import Port, exposed, ports_of
from bouvier.stacks.objects.stored_files import StoredFiles
from bouvier.stacks.objects.strategy import Strategy, strategy_of
from bouvier.stacks.objects.units import labels_of
from bouvier.stacks.objects.volumes import Mounts
from bouvier.stacks.resource import SERVICE_LABEL, STACK_LABEL

START_ONCE = "io.rancher.container.start_once"
_LABEL_KEY = re.compile(r"([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?")


@dataclass(slots=True)
class Unit:
    """What became of one unit."""

    name: str
    workload: Obj
    ports: list[Port]
    selector: dict[str, str]
    strategy: Strategy
    notes: dict[str, str] = field(default_factory=dict)
    """Labels of the services, for rules that select by label."""


class UnitBuilder:
    """Builds the workloads of a project."""

    def __init__(
        self, project: Project, stack: str, base_folder: str, stored: StoredFiles, lasting: LastingVolumes
    ) -> None:
        self._project, self._stack, self._base, self._stored = project, stack, base_folder, stored
        self._lasting = lasting

    def build(self, primary: str, members: list[str]) -> Unit:
        """Return the workload of a unit.

        Raises:
            StackError: a value is not understood.
        """
        name, labels = dns_label(primary), dict(labels_of(self._project.services[primary]))
        selector = {STACK_LABEL: self._stack, SERVICE_LABEL: name}
        given_mode = (self._project.services[primary].get("deploy") or {}).get("mode")
        is_global = str(labels.get(GLOBAL, "")).lower() == "true" or given_mode == "global"
        mounts, rules = Mounts(self._base, None if is_global else self._lasting), Rules(self._stack, name)
        parts = {one: self._part(one, mounts, rules) for one in self._order(primary, members)}
        fields, rancher, ports = parts[primary].fields, parts[primary].rancher, parts[primary].ports
        deploy = fields.inner("deploy")
        rules.from_placement(deploy)
        pod = self._pod([parts[one] for one in (primary, *members)], mounts) | rules.spec(selector)
        on_host = bool(pod.get("hostNetwork")) or any(port.mode == "host" for port in ports)
        strategy = strategy_of(deploy, rancher, default_start_first=not on_host)
        metadata = _metadata(self._project, (primary, *members), selector, rancher)
        if owners := {key: value for part in parts.values() for key, value in part.owners.items()}:
            metadata["annotations"] = {**metadata.get("annotations", {}), **owners}
        template = {"metadata": metadata, "spec": pod}
        policy = _restart(fields, deploy, labels)
        replicas = _replicas(fields, deploy, rancher)
        if policy != "Always":
            workload = _job(name, template, policy, replicas)
        elif is_global:
            workload = _daemon_set(name, template, selector, strategy)
        else:
            workload = _deployment(name, template, selector, strategy, replicas)
        extra = deploy.pairs("labels")
        if extra:
            workload["metadata"]["annotations"] = extra
        deploy.take("mode")
        deploy.finish({**known.DEPLOY, "resources": ""})
        for part in parts.values():
            part.finish()
        all_ports = [port for part in parts.values() for port in part.ports]
        return Unit(name, workload, all_ports, selector, strategy, {k: str(v) for k, v in labels.items()})

    def _order(self, primary: str, members: list[str]) -> list[str]:
        names = (primary, *members)
        needs: dict[str, set[str]] = {}
        for name in names:
            given = self._project.services[name].get("volumes_from") or []
            needs[name] = {str(one).removeprefix("container:").partition(":")[0] for one in given} & set(names)
        found = circle(needs)
        if found:
            text = "circle of volumes_from: " + " → ".join(found)
            raise self._project.compose.error(f"services.{found[0]}.volumes_from", text)
        return ordered(needs)

    def _part(self, name: str, mounts: Mounts, rules: Rules) -> _Part:
        project = self._project
        fields = Fields(project.services[name], f"services.{name}", project.compose, project.ignored)
        rancher = Fields(project.rancher_service(name), f"services.{name}", project.rancher, project.ignored)
        for key, (what, way_out) in known.REFUSED.items():
            # With a name for the image, what `build` would make can be there already.
            if fields.has(key) and not (key == "build" and fields.has("image")):
                raise fields.error(key, what, way_out)
        labels = dict(labels_of(project.services[name]))
        rules.from_labels(fields, labels)
        ports = list(dict.fromkeys(ports_of(fields) + exposed(fields)))
        container = container_of(fields, rancher, name, ports, labels)
        volumes, stored, owners = self._stored.mounts(fields, name)
        mounted = mounts.add(fields, name) + stored
        if mounted:
            container["volumeMounts"] = mounted
        for volume in volumes:
            mounts.volumes[volume["name"]] = volume
        return _Part(fields, rancher, ports, container, labels, owners)

    def _pod(self, parts: list[_Part], mounts: Mounts) -> dict[str, Any]:
        spec: dict[str, Any] = {}
        for part in reversed(parts):
            spec |= pod_settings(part.fields)
        once = [part.container for part in parts[1:] if part.is_start_once]
        spec["containers"] = [
            part.container for index, part in enumerate(parts) if index == 0 or not part.is_start_once
        ]
        if once:
            spec["initContainers"] = [{k: v for k, v in one.items() if not k.endswith("Probe")} for one in once]
        if mounts.volumes:
            spec["volumes"] = list(mounts.volumes.values())
        return spec


@dataclass(slots=True)
class _Part:
    fields: Fields
    rancher: Fields
    ports: list[Port]
    container: dict[str, Any]
    labels: dict[str, Any]
    owners: dict[str, str]
    """Annotations that say who owns stored files."""

    @property
    def is_start_once(self) -> bool:
        return str(self.labels.get(START_ONCE, "")).lower() == "true"

    def finish(self) -> None:
        """Account for the keys that other files of ours read."""
        if self.fields.has("build"):
            self.fields.ignore("build", "the image is taken as it is named; nothing is built")
        for key in ("labels", "links", "external_links", "depends_on", "restart", "scale", "deploy", "profiles"):
            self.fields.take(key)
        if self.fields.has("networks"):
            _networks(self.fields)
        self.fields.finish(known.COMPOSE)
        for key in ("scale", "metadata", "start_on_create", "lb_config", "upgrade_strategy"):
            self.rancher.take(key)
        self.rancher.finish(known.RANCHER)


def _networks(fields: Fields) -> None:
    given = fields.take("networks")
    for name, options in given.items() if isinstance(given, dict) else dict.fromkeys(given).items():
        if name != "default":
            fields.ignore(f"networks.{name}", "there is one flat network: every service reaches every other")
        for key in options or {}:
            if key != "aliases":
                fields.ignore(f"networks.{name}.{key}", "addresses are given by the platform")


def _metadata(project: Project, names: tuple[str, ...], selector: dict[str, str], rancher: Fields) -> dict[str, Any]:
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    for name in reversed(names):
        for key, value in labels_of(project.services[name]).items():
            text = "" if value is None else str(value)
            is_label = _LABEL_KEY.fullmatch(key) and _LABEL_VALUE.fullmatch(text)
            if is_label:
                labels[key] = text
            elif _LABEL_KEY.fullmatch(key):
                annotations[key] = text
    metadata = rancher.take("metadata")
    if metadata:
        annotations["stacks.bouvier.io/metadata"] = json.dumps(metadata, sort_keys=True)
    return {"labels": labels | selector, **({"annotations": annotations} if annotations else {})}


def _restart(fields: Fields, deploy: Fields, labels: dict[str, Any]) -> str:
    """Return the pods' policy; what ends by itself becomes a Job."""
    policy = deploy.inner("restart_policy")
    condition = policy.text("condition")
    policy.finish({"delay": "delays grow by themselves", "max_attempts": "see restart: on-failure:N", "window": "none"})
    if str(labels.get(START_ONCE, "")).lower() == "true":
        return "OnFailure:6"
    restart = condition or fields.text("restart")
    restart = "no" if restart == "false" else restart
    if restart in ("", "any", "always", "unless-stopped"):
        return "Always"
    if restart in ("no", "none"):
        return "Never:0"
    kind, _, times = restart.partition(":")
    if kind != "on-failure" or (times and not times.isdecimal()):
        raise fields.error("restart", f"{restart} is none of no, always, unless-stopped, on-failure[:N]")
    return f"OnFailure:{times or 6}"


def _replicas(fields: Fields, deploy: Fields, rancher: Fields) -> int:
    wishes = (rancher.number("scale"), fields.number("scale"), deploy.number("replicas"))
    number = next((wish for wish in wishes if wish is not None), 1)
    if number < 0:
        raise fields.error("scale", "a scale cannot be negative")
    if not rancher.flag("start_on_create", default=True):
        rancher.ignore("start_on_create", "made with no replicas; start it by bouvier scale")
        return 0
    return number


def _deployment(name: str, template: Obj, selector: dict[str, str], strategy: Strategy, replicas: int) -> Obj:
    spec = {"replicas": replicas, "selector": {"matchLabels": selector}, "template": template}
    spec |= strategy.spec(is_global=False)
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


def _daemon_set(name: str, template: Obj, selector: dict[str, str], strategy: Strategy) -> Obj:
    spec = {"selector": {"matchLabels": selector}, "template": template} | strategy.spec(is_global=True)
    return {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": name}, "spec": spec}


def _job(name: str, template: Obj, policy: str, replicas: int) -> Obj:
    """Return a Job; its template cannot change, so its name follows the template."""
    kind, _, attempts = policy.partition(":")
    template["spec"]["restartPolicy"] = kind
    digest = hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()[:8]
    spec: Obj = {"backoffLimit": int(attempts), "template": template}
    if replicas != 1:
        spec |= {"parallelism": replicas, "completions": max(replicas, 1)}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": f"{name[:54]}-{digest}"}, "spec": spec}
