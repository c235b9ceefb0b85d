"""Pod Security levels of namespaces: refusing, noting or warning of pods that violate them.

Workloads are not refused, only their pods are: whoever writes a workload is warned.

Source: https://kubernetes.io/docs/concepts/security/pod-security-admission/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bouvier.apiserver.admission.chain import Operation, concerns
from bouvier.apiserver.admission.configuration import PodSecuritySettings
from bouvier.apiserver.admission.refusals import forbidden
from bouvier.kinds.podsecurity.levels import PREFIX, Demand, check_labels, demand_of, violations
from bouvier.meta.errors import invalid_object
from bouvier.meta.objects import Obj, labels_of, name_of

MOST_PODS = 3000
"""Pods that are looked at when a namespace is given a level. Source: Kubernetes' `namespaceMaxPodsToCheck`."""
_MODES = tuple(PREFIX + mode for mode in ("enforce", "audit", "warn"))
Template = tuple[Mapping[str, Any], Mapping[str, Any]]
"""Metadata and spec of a pod."""


def _template(obj: Obj) -> Template | None:
    template = (obj.get("spec") or {}).get("template")
    return None if not template else (template.get("metadata") or {}, template.get("spec") or {})


def _of_cron_job(obj: Obj) -> Template | None:
    return _template((obj.get("spec") or {}).get("jobTemplate") or {})


def _of_pod_template(obj: Obj) -> Template | None:
    return _template({"spec": obj})


_WORKLOADS: Mapping[tuple[str, str], Callable[[Obj], Template | None]] = {
    ("", "replicationcontrollers"): _template,
    ("", "podtemplates"): _of_pod_template,
    ("apps", "daemonsets"): _template,
    ("apps", "deployments"): _template,
    ("apps", "replicasets"): _template,
    ("apps", "statefulsets"): _template,
    ("batch", "jobs"): _template,
    ("batch", "cronjobs"): _of_cron_job,
}


_JUDGED = frozenset({("", "namespaces"), ("", "pods"), *_WORKLOADS})


class PodSecurity:
    """The admission plug-in, with the levels of namespaces that name none."""

    def __init__(self, settings: PodSecuritySettings) -> None:
        self._settings = settings

    @concerns(*_JUDGED)
    async def admit(self, operation: Operation) -> None:
        """Judge pods, workloads and namespaces by the levels that labels ask for."""
        obj = operation.obj
        if obj is None or operation.subresource not in ("", "ephemeralcontainers"):
            return
        if operation.resource == ("", "namespaces"):
            if name_of(obj) not in self._settings.namespaces:
                _namespace(operation, obj)
            return
        call = operation.call
        entry = call.context.hub.resource(call.cluster, "", "namespaces").entries.get(f"/{call.target.namespace}")
        labels = self._settings.labels({} if entry is None else entry.labels)
        if not any(mode in labels for mode in _MODES):
            return
        if operation.resource != ("", "pods"):
            template = _WORKLOADS[operation.resource](obj)
            if template is not None and not self._is_exempt(operation, template):
                _judge(operation, labels, template, is_enforced=False)
        elif operation.old is None or _is_significant(obj, operation.old):
            pod: Template = (obj["metadata"], obj.get("spec") or {})
            if not self._is_exempt(operation, pod):
                _judge(operation, labels, pod, is_enforced=True)

    def _is_exempt(self, operation: Operation, pod: Template) -> bool:
        request = operation.call.request
        runtime_class = pod[1].get("runtimeClassName") or ""
        why = self._settings.exemption(operation.call.target.namespace, request.user.name, runtime_class)
        if why:
            request.annotate("pod-security.kubernetes.io/exempt", why)
        return bool(why)


def _judge(operation: Operation, labels: Mapping[str, str], pod: Template, *, is_enforced: bool) -> None:
    request = operation.call.request
    enforced = demand_of(labels, "enforce")
    refused = _found(enforced, pod) if is_enforced else ""
    if is_enforced and not enforced.is_free:
        request.annotate("pod-security.kubernetes.io/enforce-policy", str(enforced))
    audited = demand_of(labels, "audit")
    noted = _found(audited, pod)
    if noted:
        request.annotate(
            "pod-security.kubernetes.io/audit-violations", f'would violate PodSecurity "{audited}": {noted}'
        )
    if refused:
        raise forbidden(operation, f'violates PodSecurity "{enforced}": {refused}')
    warned = demand_of(labels, "warn")
    found = _found(warned, pod)
    if found:
        request.warnings.append(f'would violate PodSecurity "{warned}": {found}')


def _found(demand: Demand, pod: Template) -> str:
    return ", ".join(map(str, violations(demand, *pod)))


def _is_significant(new: Obj, old: Obj) -> bool:
    """Tell whether an update changes what levels are about: images and containers."""
    return any(_images(new, field) != _images(old, field) for field in _CONTAINERS)


_CONTAINERS = ("initContainers", "containers", "ephemeralContainers")


def _images(pod: Obj, field: str) -> list[tuple[str, str]]:
    return [(one["name"], one.get("image", "")) for one in (pod.get("spec") or {}).get(field) or ()]


def _namespace(operation: Operation, obj: Obj) -> None:
    """Check the labels of a namespace, and warn of pods that its new level would not let in."""
    labels = labels_of(obj)
    before = labels_of(operation.old) if operation.old else {}
    if not any(key.startswith(PREFIX) for key in labels):
        return
    errors = [error for error in check_labels(labels) if operation.old is None or labels != before]
    if errors:
        raise invalid_object("", "Namespace", name_of(obj), errors)
    demand = demand_of(labels, "enforce")
    if operation.old is None or demand.is_free or demand == demand_of(before, "enforce"):
        return
    operation.call.request.warnings += _existing(operation, name_of(obj), demand)


def _existing(operation: Operation, namespace: str, demand: Demand) -> list[str]:
    call = operation.call
    pods = list(call.context.hub.resource(call.cluster, "", "pods").in_namespace(namespace))
    by_text: dict[str, list[str]] = {}
    for entry in pods[:MOST_PODS]:
        pod = entry.decode()
        found = violations(demand, pod["metadata"], pod.get("spec") or {})
        if found:
            by_text.setdefault(", ".join(one.reason for one in found), []).append(entry.name)
    warnings = []
    if len(pods) > MOST_PODS:
        text = f"new PodSecurity enforce level only checked against the first {MOST_PODS} of {len(pods)} existing pods"
        warnings.append(text)
    if by_text:
        warnings.append(
            f'existing pods in namespace "{namespace}" violate the new PodSecurity enforce level "{demand}"'
        )
    return warnings + sorted(f"{_named(names)}: {text}" for text, names in by_text.items())


def _named(names: list[str]) -> str:
    others = len(names) - 1
    if not others:
        return names[0]
    return f"{min(names)} (and {others} other {'pod' if others == 1 else 'pods'})"
