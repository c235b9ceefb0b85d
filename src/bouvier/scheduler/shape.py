"""What the scheduler needs to know of a pod, parsed once for all pods that are alike.

Replicas differ in name only: everything that matters for placement is the same. Pods with the same shape share one
`Shape` object, and with it the evaluation of all hosts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from weakref import WeakValueDictionary

import orjson

from bouvier.kinds.podspec.allocated import counted_spec
from bouvier.kinds.volumes.questions import claim_names, ephemeral_claims
from bouvier.meta.objects import Obj, controller_of, labels_of, namespace_of, uid_of
from bouvier.meta.selectors import make_requirement
from bouvier.scheduler.requests import Amounts, assumed_usage, pod_requests
from bouvier.scheduler.terms import (
    NodeTerm,
    PodAffinityTerm,
    SpreadConstraint,
    Toleration,
    node_term,
    pod_affinity_term,
    spread_constraint,
    toleration,
)

WILDCARD = "0.0.0.0"
"""Host address of a port that is taken on all addresses."""
DEFAULT_SCHEDULER = "default-scheduler"


@dataclass(frozen=True, slots=True)
class HostPort:
    """A port of the host that a pod occupies."""

    protocol: str
    port: int
    address: str


@dataclass(slots=True, eq=False, weakref_slot=True)
class Shape:
    """A pod without its name. Compared by identity: `ShapeCache` hands out one object for each shape."""

    namespace: str
    labels: dict[str, str]
    owner: str
    """uid of the controller, empty without."""
    priority: int
    requests: Amounts
    usage: tuple[int, int]
    """Millicores and bytes for comparing hosts (`requests.assumed_usage`)."""
    tolerations: tuple[Toleration, ...] = ()
    node_terms: tuple[NodeTerm, ...] | None = None
    """Required: one of these; None allows every host, an empty tuple none."""
    node_selector: NodeTerm = field(default=NodeTerm((), ()))
    preferred_nodes: tuple[tuple[NodeTerm, int], ...] = ()
    near: tuple[PodAffinityTerm, ...] = ()
    far: tuple[PodAffinityTerm, ...] = ()
    preferred_pods: tuple[PodAffinityTerm, ...] = ()
    """Preferences for (positive weight) and against (negative weight) being near pods."""
    spread: tuple[SpreadConstraint, ...] = ()
    ports: tuple[HostPort, ...] = ()
    images: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    """Claims that the pod mounts, as `namespace/name`."""
    own_claims: frozenset[str] = frozenset()
    """Those of its generic ephemeral volumes, which must have been made for it."""
    uid: str = ""
    """Of a pod with ephemeral volumes, which is like no other; empty for all others."""
    unsupported: str = ""
    """What the pod asks for that cannot be honoured, as a sentence part; empty when everything can."""


class ShapeCache:
    """Shapes by content; a shape lives as long as anybody uses it."""

    def __init__(self) -> None:
        self._shapes: WeakValueDictionary[bytes, Shape] = WeakValueDictionary()

    def shape_of(self, pod: Obj) -> Shape:
        """Return the pod's shape.

        Raises:
            ValueError: a quantity or selector is malformed (validation lets none through).
        """
        key = fingerprint(pod)
        shape = self._shapes.get(key)
        if shape is None:
            shape = self._shapes[key] = parse(pod)
        return shape


def fingerprint(pod: Obj) -> bytes:
    """Return everything that placement depends on, as bytes to compare."""
    spec, metadata = counted_spec(pod), pod["metadata"]
    parts = [
        metadata.get("namespace"),
        metadata.get("labels"),
        (controller_of(pod) or {}).get("uid"),
        [_container_parts(c) for c in spec.get("containers") or ()],
        [_container_parts(c) for c in spec.get("initContainers") or ()],
        [spec.get(name) for name in _SPEC_FIELDS],
        claim_names(pod),
        uid_of(pod) if ephemeral_claims(pod) else "",
        unsupported(spec),
    ]
    return orjson.dumps(parts)


_SPEC_FIELDS = (
    "affinity",
    "hostNetwork",
    "nodeSelector",
    "overhead",
    "priority",
    "resources",
    "tolerations",
    "topologySpreadConstraints",
)


def _container_parts(container: Obj) -> list[Any]:
    return [container.get(name) for name in ("image", "ports", "resources", "restartPolicy")]


def parse(pod: Obj) -> Shape:
    """Return a new shape; `ShapeCache.shape_of` shares them."""
    spec = counted_spec(pod)
    affinity = spec.get("affinity") or {}
    return Shape(
        namespace=namespace_of(pod),
        labels=labels_of(pod),
        owner=(controller_of(pod) or {}).get("uid", ""),
        priority=spec.get("priority") or 0,
        requests=pod_requests(spec),
        usage=assumed_usage(spec),
        tolerations=tuple(toleration(entry) for entry in spec.get("tolerations") or ()),
        node_terms=_required_nodes(affinity),
        node_selector=_node_selector(spec),
        preferred_nodes=_preferred_nodes(affinity),
        near=_required_pods(affinity, "podAffinity", pod),
        far=_required_pods(affinity, "podAntiAffinity", pod),
        preferred_pods=_preferred_pods(affinity, pod),
        spread=tuple(spread_constraint(entry, pod) for entry in spec.get("topologySpreadConstraints") or ()),
        ports=_host_ports(spec),
        images=tuple(image_name(c.get("image") or "") for c in spec.get("containers") or ()),
        claims=tuple(dict.fromkeys(f"{namespace_of(pod)}/{name}" for name in claim_names(pod))),
        own_claims=frozenset(f"{namespace_of(pod)}/{name}" for name in ephemeral_claims(pod)),
        uid=uid_of(pod) if ephemeral_claims(pod) else "",
        unsupported=unsupported(spec),
    )


def is_ours(pod: Obj, scheduler_name: str) -> bool:
    """Tell whether the pod asks to be placed by the scheduler of that name."""
    return (pod["spec"].get("schedulerName") or DEFAULT_SCHEDULER) == scheduler_name


def image_name(image: str) -> str:
    """Return an image with its tag written out, as hosts report it."""
    return image if "@" in image or ":" in image.rpartition("/")[2] else f"{image}:latest"


def unsupported(spec: Obj) -> str:
    """Name the first thing that the pod asks for and this scheduler cannot take into account."""
    if spec.get("resourceClaims"):
        return "spec.resourceClaims (dynamic resource allocation) is not supported"
    return ""


def _node_selector(spec: Obj) -> NodeTerm:
    chosen = spec.get("nodeSelector") or {}
    return NodeTerm(tuple(make_requirement(key, "In", [value]) for key, value in chosen.items()), ())


def _required_nodes(affinity: Obj) -> tuple[NodeTerm, ...] | None:
    required = (affinity.get("nodeAffinity") or {}).get("requiredDuringSchedulingIgnoredDuringExecution")
    if required is None:
        return None
    return tuple(node_term(entry) for entry in required.get("nodeSelectorTerms") or ())


def _preferred_nodes(affinity: Obj) -> tuple[tuple[NodeTerm, int], ...]:
    preferred = (affinity.get("nodeAffinity") or {}).get("preferredDuringSchedulingIgnoredDuringExecution")
    return tuple((node_term(entry["preference"]), entry.get("weight") or 0) for entry in preferred or ())


def _required_pods(affinity: Obj, field_name: str, pod: Obj) -> tuple[PodAffinityTerm, ...]:
    required = (affinity.get(field_name) or {}).get("requiredDuringSchedulingIgnoredDuringExecution")
    return tuple(pod_affinity_term(entry, pod) for entry in required or ())


def _preferred_pods(affinity: Obj, pod: Obj) -> tuple[PodAffinityTerm, ...]:
    terms = []
    for field_name, sign in (("podAffinity", 1), ("podAntiAffinity", -1)):
        preferred = (affinity.get(field_name) or {}).get("preferredDuringSchedulingIgnoredDuringExecution")
        terms += [
            pod_affinity_term(entry["podAffinityTerm"], pod, sign * (entry.get("weight") or 0))
            for entry in preferred or ()
        ]
    return tuple(terms)


def _host_ports(spec: Obj) -> tuple[HostPort, ...]:
    """Return the host's ports taken; with hostNetwork every container port is one."""
    on_host = bool(spec.get("hostNetwork"))
    ports = []
    containers = [*(spec.get("containers") or ()), *_sidecars(spec)]
    for entry in (entry for container in containers for entry in container.get("ports") or ()):
        number = entry.get("hostPort") or (entry.get("containerPort") if on_host else 0)
        if number:
            ports.append(HostPort(entry.get("protocol") or "TCP", number, entry.get("hostIP") or WILDCARD))
    return tuple(ports)


def _sidecars(spec: Obj) -> list[Obj]:
    return [c for c in spec.get("initContainers") or () if c.get("restartPolicy") == "Always"]
