"""Where pods may run: `deploy.placement`, and Cattle's scheduling labels.

Cattle's `host_label` speaks of hosts, `container_label` of pods with a label beside (or not beside) which to run, each
hard or soft. `${stack_name}/${service_name}` as a value means the service's own pods.
"""

from __future__ import annotations

import re
from typing import Any

from bouvier.stacks.compose.fields import Fields
from bouvier.stacks.compose.values import dns_label
from bouvier.stacks.resource import SERVICE_LABEL, STACK_LABEL

AFFINITY = "io.rancher.scheduler.affinity:"
GLOBAL = "io.rancher.scheduler.global"
HOST = "kubernetes.io/hostname"
SOFT_WEIGHT = 50
_CONSTRAINT = re.compile(r"\s*([\w./-]+)\s*(==|!=)\s*(.+?)\s*")
_NODE_KEYS = {"node.hostname": HOST, "node.platform.os": "kubernetes.io/os", "node.platform.arch": "kubernetes.io/arch"}
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_STACK_SERVICE = ("io.rancher.stack_service.name", "io.rancher.project_service.name")


class Rules:
    """The rules of one pod, gathered as affinity."""

    def __init__(self, stack: str, service: str) -> None:
        self._stack, self._service = stack, service
        self._hosts: list[dict[str, Any]] = []
        self._soft_hosts: list[dict[str, Any]] = []
        self._pods: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self.spread: list[str] = []

    def from_placement(self, deploy: Fields) -> None:
        """Take over `deploy.placement`."""
        placement = deploy.inner("placement")
        for index, text in enumerate(placement.items("constraints")):
            found = _CONSTRAINT.fullmatch(str(text))
            if found is None:
                raise placement.error(f"constraints[{index}]", f"{text} is not NAME==VALUE or NAME!=VALUE")
            key, operator, value = found.groups()
            if key.startswith("node.labels."):
                key = key.removeprefix("node.labels.")
            elif key in _NODE_KEYS:
                key, value = _NODE_KEYS[key], _ARCHITECTURES.get(value, value)
            else:
                placement.ignore(f"constraints[{index}]", f"hosts have no {key}; use node.hostname or node.labels.NAME")
                continue
            self._hosts.append({"key": key, "operator": "In" if operator == "==" else "NotIn", "values": [value]})
        for index, preference in enumerate(placement.items("preferences")):
            key = str((preference or {}).get("spread", "") if isinstance(preference, dict) else "")
            if not key.startswith("node.labels."):
                raise placement.error(f"preferences[{index}]", "expected spread: node.labels.NAME")
            self.spread.append(key.removeprefix("node.labels."))
        placement.finish({"max_replicas_per_node": "replicas are spread, without a limit per host"})

    def from_labels(self, fields: Fields, labels: dict[str, Any]) -> None:
        """Take over the labels that schedule, and drop them from `labels`."""
        for label in [one for one in labels if one.startswith(AFFINITY)]:
            value = str(labels.pop(label) or "")
            value = value.replace("${stack_name}", self._stack).replace("${service_name}", self._service)
            kind, soft, negative = _parts(label.removeprefix(AFFINITY))
            for pair in filter(None, (one.strip() for one in value.split(","))):
                if kind == "host_label":
                    self._host_rule(pair, soft=soft, negative=negative)
                elif kind in ("container_label", "container"):
                    self._pod_rule(kind, pair, soft=soft, negative=negative)
                else:
                    fields.ignore(f"labels.{label}", "there is no such rule")

    def _host_rule(self, pair: str, *, soft: bool, negative: bool) -> None:
        key, _, value = pair.partition("=")
        rule = {"key": key, "operator": "NotIn" if negative else "In", "values": [value]}
        (self._soft_hosts if soft else self._hosts).append(rule)

    def _pod_rule(self, kind: str, pair: str, *, soft: bool, negative: bool) -> None:
        key, _, value = pair.partition("=")
        if kind == "container":
            labels = {SERVICE_LABEL: dns_label(pair.removeprefix(f"{self._stack}_"))}
        elif key in _STACK_SERVICE:
            stack, _, service = value.rpartition("/")
            labels = {STACK_LABEL: dns_label(stack) or self._stack, SERVICE_LABEL: dns_label(service)}
        else:
            labels = {key: value}
        term = {"labelSelector": {"matchLabels": labels}, "topologyKey": HOST}
        place = "podAntiAffinity" if negative else "podAffinity"
        self._pods.setdefault((place, "soft" if soft else "hard"), []).append(term)

    def spec(self, selector: dict[str, str]) -> dict[str, Any]:
        """Return the fields of the pod."""
        affinity: dict[str, Any] = {}
        if self._hosts:
            terms = {"nodeSelectorTerms": [{"matchExpressions": self._hosts}]}
            affinity.setdefault("nodeAffinity", {})["requiredDuringSchedulingIgnoredDuringExecution"] = terms
        if self._soft_hosts:
            soft = [{"weight": SOFT_WEIGHT, "preference": {"matchExpressions": [rule]}} for rule in self._soft_hosts]
            affinity.setdefault("nodeAffinity", {})["preferredDuringSchedulingIgnoredDuringExecution"] = soft
        for (place, strength), terms_of in self._pods.items():
            if strength == "hard":
                affinity.setdefault(place, {})["requiredDuringSchedulingIgnoredDuringExecution"] = terms_of
            else:
                weighted = [{"weight": SOFT_WEIGHT, "podAffinityTerm": term} for term in terms_of]
                affinity.setdefault(place, {})["preferredDuringSchedulingIgnoredDuringExecution"] = weighted
        made: dict[str, Any] = {"affinity": affinity} if affinity else {}
        if self.spread:
            made["topologySpreadConstraints"] = [
                {
                    "maxSkew": 1,
                    "topologyKey": key,
                    "whenUnsatisfiable": "ScheduleAnyway",
                    "labelSelector": {"matchLabels": selector},
                }
                for key in self.spread
            ]
        return made


def _parts(name: str) -> tuple[str, bool, bool]:
    negative = name.endswith("_ne")
    name = name.removesuffix("_ne")
    return name.removesuffix("_soft"), name.endswith("_soft"), negative
