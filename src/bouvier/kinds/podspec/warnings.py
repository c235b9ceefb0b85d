"""What Kubernetes warns of in a pod's spec: valid, but hardly meant.

Only specs that hold something of the kind cost more than a few look-ups.
Source: Kubernetes' `pkg/api/pod/warnings.go` and `pkg/api/node/util.go`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from bouvier.meta.objects import Obj
from bouvier.meta.quantities import millis

_ANNOTATIONS = {
    "scheduler.alpha.kubernetes.io/critical-pod": 'non-functional in v1.16+; use the "priorityClassName" field instead',
    "security.alpha.kubernetes.io/sysctls": 'non-functional in v1.11+; use the "sysctls" field instead',
    "security.alpha.kubernetes.io/unsafe-sysctls": 'non-functional in v1.11+; use the "sysctls" field instead',
}
_SECCOMP = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"
_SECCOMP_WORDS = 'non-functional in v1.27+; use the "seccompProfile" field instead'
_NODE_LABELS = {
    "beta.kubernetes.io/arch": 'deprecated since v1.14; use "kubernetes.io/arch" instead',
    "beta.kubernetes.io/os": 'deprecated since v1.14; use "kubernetes.io/os" instead',
    "failure-domain.beta.kubernetes.io/region": 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
    "failure-domain.beta.kubernetes.io/zone": 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
    "beta.kubernetes.io/instance-type": 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
}
_VOLUMES = {
    "photonPersistentDisk": "deprecated in v1.11, non-functional in v1.16+",
    "gitRepo": "deprecated in v1.11, and disabled by default in v1.33+",
    "scaleIO": "deprecated in v1.16, non-functional in v1.22+",
    "flocker": "deprecated in v1.22, non-functional in v1.25+",
    "storageos": "deprecated in v1.22, non-functional in v1.25+",
    "quobyte": "deprecated in v1.22, non-functional in v1.25+",
    "glusterfs": "deprecated in v1.25, non-functional in v1.26+",
    "cephfs": "deprecated in v1.28, non-functional in v1.31+",
    "rbd": "deprecated in v1.28, non-functional in v1.31+",
}
_NO_SELECTOR = "a null labelSelector results in matching no pod"
_BYTES = ("memory", "ephemeral-storage")

Spec = Mapping[str, Any]
Warn = Callable[[Obj, Obj | None], list[str]]


def warn_of_pod(pod: Obj, old: Obj | None) -> list[str]:
    """Return the warnings for a new pod; changes of one are not warned of."""
    return [] if old is not None else list(_warnings("", pod))


def warn_of_template(*path: str) -> Warn:
    """Return how to warn of the template at a path, when it is new or the spec around it has changed."""
    prefix = ".".join(path)

    def warn(obj: Obj, old: Obj | None) -> list[str]:
        if old is not None and old.get(path[0]) == obj.get(path[0]):
            return []
        template: Any = obj
        for field in path:
            template = template.get(field) or {}
        return list(_warnings(f"{prefix}.", template))

    return warn


def _warnings(prefix: str, pod: Mapping[str, Any]) -> Iterator[str]:
    spec, path = pod.get("spec") or {}, f"{prefix}spec"
    annotations = (pod.get("metadata") or {}).get("annotations") or {}
    if spec.get("nodeSelector") or spec.get("affinity") or spec.get("topologySpreadConstraints"):
        yield from _placement(path, spec)
    if annotations:
        yield from _annotations(prefix, spec, annotations)
    for index, volume in enumerate(spec.get("volumes") or ()):
        yield from (f"{path}.volumes[{index}].{kind}: {_VOLUMES[kind]}" for kind in volume if kind in _VOLUMES)
    yield from _repeated(f"{path}.hostAliases", spec.get("hostAliases") or (), "ip")
    yield from _repeated(f"{path}.imagePullSecrets", spec.get("imagePullSecrets") or (), "name")
    for index, secret in enumerate(spec.get("imagePullSecrets") or ()):
        if not secret.get("name"):
            yield f'{path}.imagePullSecrets[{index}].name: invalid empty name ""'
    yield from _fractions(f"{path}.overhead", spec.get("overhead"))
    for where, container in _containers(path, spec):
        for kind in ("limits", "requests"):
            yield from _fractions(f"{where}.resources.{kind}", (container.get("resources") or {}).get(kind))
        yield from _hidden(f"{where}.env", container.get("env") or ())
    yield from _ports(path, spec)
    if (spec.get("terminationGracePeriodSeconds") or 0) < 0:
        words = "must be >= 0; negative values are invalid and will be treated as 1"
        yield f"{path}.terminationGracePeriodSeconds: {words}"


def _containers(path: str, spec: Spec) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for field in ("initContainers", "containers", "ephemeralContainers"):
        for index, container in enumerate(spec.get(field) or ()):
            yield f"{path}.{field}[{index}]", container


def _annotations(prefix: str, spec: Spec, annotations: Mapping[str, str]) -> Iterator[str]:
    where = f"{prefix}metadata.annotations"
    for key, words in _ANNOTATIONS.items():
        if key in annotations:
            yield f"{where}[{key}]: {words}"
    if _SECCOMP in annotations and not (spec.get("securityContext") or {}).get("seccompProfile"):
        yield f"{where}[{_SECCOMP}]: {_SECCOMP_WORDS}"
    for _, container in _containers("", spec):
        key = f"{_SECCOMP_CONTAINER}{container.get('name', '')}"
        if key in annotations and not (container.get("securityContext") or {}).get("seccompProfile"):
            yield f"{where}[{key}]: {_SECCOMP_WORDS}"


def _repeated(path: str, items: Iterable[Mapping[str, Any]], field: str) -> Iterator[str]:
    seen = set()
    for index, item in enumerate(items):
        value = item.get(field, "")
        if value in seen:
            yield f'{path}[{index}].{field}: duplicate {field} "{value}"'
        seen.add(value)


def _fractions(path: str, amounts: Mapping[str, Any] | None) -> Iterator[str]:
    for name in _BYTES:
        value = str((amounts or {}).get(name, ""))
        if value.endswith("m") and millis(value) % 1000:
            yield f'{path}[{name}]: fractional byte value "{value}" is invalid, must be an integer'


def _hidden(path: str, variables: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield variables that hide an earlier one of their name instead of extending it."""
    seen = set()
    for index, variable in enumerate(variables):
        name, value = variable.get("name"), variable.get("value") or ""
        reference = f"$({name})"
        if name in seen and (variable.get("valueFrom") or value == reference or reference not in value):
            yield f'{path}[{index}]: hides previous definition of "{name}", which may be dropped when using apply'
        seen.add(name)


def _ports(path: str, spec: Spec) -> Iterator[str]:
    known: dict[tuple[Any, Any], list[tuple[str, Mapping[str, Any]]]] = {}
    for where, container in _containers(path, spec):
        for index, port in enumerate(container.get("ports") or ()):
            place = f"{where}.ports[{index}]"
            others = known.setdefault((port.get("containerPort"), port.get("protocol", "TCP")), [])
            yield from (found for other in others if (found := _overlap(place, port, *other)))
            others.append((place, port))


def _overlap(place: str, port: Mapping[str, Any], other_place: str, other: Mapping[str, Any]) -> str:
    mine, theirs = port.get("hostPort") or 0, other.get("hostPort") or 0
    my_ip, their_ip = port.get("hostIP") or "", other.get("hostIP") or ""
    if (my_ip, mine) == (their_ip, theirs):
        return f"{place}: duplicate port definition with {other_place}"
    if not mine or not theirs:
        return f"{place}: overlapping port definition with {other_place}"
    if mine == theirs and bool(my_ip) != bool(their_ip):
        return f"{place}: dangerously ambiguous port definition with {other_place}"
    return ""


def _placement(path: str, spec: Spec) -> Iterator[str]:
    for key in spec.get("nodeSelector") or {}:
        if key in _NODE_LABELS:
            yield f"{path}.nodeSelector[{key}]: {_NODE_LABELS[key]}"
    affinity = spec.get("affinity") or {}
    yield from _node_affinity(f"{path}.affinity.nodeAffinity", affinity.get("nodeAffinity") or {})
    for index, spread in enumerate(spec.get("topologySpreadConstraints") or ()):
        where, key = f"{path}.topologySpreadConstraints[{index}]", spread.get("topologyKey")
        if key in _NODE_LABELS:
            yield f"{where}.topologyKey: {key} is {_NODE_LABELS[key]}"
        if spread.get("labelSelector") is None:
            yield f"{where}.labelSelector: {_NO_SELECTOR}"
    for kind in ("podAffinity", "podAntiAffinity"):
        yield from _pod_affinity(f"{path}.affinity.{kind}", affinity.get(kind) or {})


def _node_affinity(path: str, affinity: Mapping[str, Any]) -> Iterator[str]:
    required = (affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}).get("nodeSelectorTerms") or ()
    preferred = affinity.get("preferredDuringSchedulingIgnoredDuringExecution") or ()
    terms = [
        (f"{path}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[{index}]", term)
        for index, term in enumerate(required)
    ] + [
        (f"{path}.preferredDuringSchedulingIgnoredDuringExecution[{index}].preference", term.get("preference") or {})
        for index, term in enumerate(preferred)
    ]
    for where, term in terms:
        for index, expression in enumerate(term.get("matchExpressions") or ()):
            key = expression.get("key")
            if key in _NODE_LABELS:
                yield f"{where}.matchExpressions[{index}].key: {key} is {_NODE_LABELS[key]}"


def _pod_affinity(path: str, affinity: Mapping[str, Any]) -> Iterator[str]:
    for index, term in enumerate(affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or ()):
        if term.get("labelSelector") is None:
            yield f"{path}.requiredDuringSchedulingIgnoredDuringExecution[{index}].labelSelector: {_NO_SELECTOR}"
    for index, weighted in enumerate(affinity.get("preferredDuringSchedulingIgnoredDuringExecution") or ()):
        if (weighted.get("podAffinityTerm") or {}).get("labelSelector") is None:
            where = f"{path}.preferredDuringSchedulingIgnoredDuringExecution[{index}]"
            yield f"{where}.podAffinityTerm.labelSelector: {_NO_SELECTOR}"
