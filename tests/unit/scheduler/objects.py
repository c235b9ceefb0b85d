"""Nodes and pods for tests, and strategies that draw them."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import strategies as st

Obj = dict[str, Any]
_numbers = itertools.count()


def node(
    name: str, *, cpu: str = "4", memory: str = "8Gi", pods: str = "110", labels: dict | None = None, **spec: Any
) -> Obj:
    extended = spec.pop("extended", {})
    images = spec.pop("images", [])
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name} | (labels or {})},
        "spec": spec,
        "status": {"allocatable": {"cpu": cpu, "memory": memory, "pods": pods} | extended, "images": images},
    }


def pod(
    name: str = "",
    *,
    cpu: str = "",
    memory: str = "",
    labels: dict | None = None,
    owner: str = "",
    namespace: str = "x",
    **spec: Any,
) -> Obj:
    name = name or f"p{next(_numbers)}"
    requests = {key: text for key, text in (("cpu", cpu), ("memory", memory)) if text}
    container: Obj = {"name": "c", "image": "app:1", "resources": {"requests": requests | spec.pop("extended", {})}}
    if "ports" in spec:
        container["ports"] = spec.pop("ports")
    metadata: Obj = {"name": name, "namespace": namespace, "uid": f"uid-{name}", "labels": labels or {}}
    if owner:
        metadata["ownerReferences"] = [{"kind": "ReplicaSet", "name": owner, "uid": owner, "controller": True}]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {"containers": [container]} | spec,
        "status": {},
    }


def on(pod_: Obj, host: str) -> Obj:
    """Return the pod as bound to a host."""
    return pod_ | {"spec": pod_["spec"] | {"nodeName": host}}


ZONE = "topology.kubernetes.io/zone"
HOST = "kubernetes.io/hostname"
apps = st.sampled_from(["a", "b"])
selectors = apps.map(lambda app: {"matchLabels": {"app": app}})
taints = st.builds(
    lambda key, effect: {"key": key, "value": "1", "effect": effect},
    st.sampled_from(["k1", "k2"]),
    st.sampled_from(["NoSchedule", "NoExecute", "PreferNoSchedule"]),
)
tolerations = st.one_of(
    st.builds(lambda key: {"key": key, "operator": "Exists"}, st.sampled_from(["k1", "k2"])),
    st.just({"key": "k1", "operator": "Equal", "value": "1", "effect": "NoSchedule"}),
    st.just({"operator": "Exists"}),
)


@st.composite
def node_lists(draw: st.DrawFn, most: int = 7) -> list[Obj]:
    found = []
    for number in range(draw(st.integers(1, most))):
        labels = draw(
            st.fixed_dictionaries(
                {},
                optional={
                    ZONE: st.sampled_from(["z1", "z2"]),
                    "disk": st.sampled_from(["ssd", "hdd"]),
                    "size": st.sampled_from(["1", "5", "x"]),
                },
            )
        )
        found.append(
            node(
                f"n{number}",
                cpu=draw(st.sampled_from(["500m", "2", "4"])),
                memory=draw(st.sampled_from(["1Gi", "8Gi"])),
                pods=draw(st.sampled_from(["2", "10"])),
                labels=labels,
                taints=draw(st.lists(taints, max_size=2)),
                unschedulable=draw(st.sampled_from([False, False, False, True])),
                extended=draw(st.sampled_from([{}, {"example.com/gpu": "2"}])),
            )
        )
    return found


requirements = st.one_of(
    st.builds(
        lambda op, values: {"key": "disk", "operator": op, "values": values},
        st.sampled_from(["In", "NotIn"]),
        st.lists(st.sampled_from(["ssd", "hdd", "tape"]), min_size=1, max_size=2),
    ),
    st.builds(lambda op: {"key": "disk", "operator": op}, st.sampled_from(["Exists", "DoesNotExist"])),
    st.builds(
        lambda op, value: {"key": "size", "operator": op, "values": [value]},
        st.sampled_from(["Gt", "Lt"]),
        st.sampled_from(["0", "3"]),
    ),
)
node_terms = st.one_of(
    st.builds(lambda e: {"matchExpressions": e}, st.lists(requirements, max_size=2)),
    st.builds(
        lambda op, n: {"matchFields": [{"key": "metadata.name", "operator": op, "values": [n]}]},
        st.sampled_from(["In", "NotIn"]),
        st.sampled_from(["n0", "n1", "none"]),
    ),
)
pod_terms = st.builds(lambda s, key: {"labelSelector": s, "topologyKey": key}, selectors, st.sampled_from([ZONE, HOST]))


@st.composite
def spread(draw: st.DrawFn) -> Obj:
    constraint = {
        "topologyKey": draw(st.sampled_from([ZONE, HOST])),
        "maxSkew": draw(st.integers(1, 2)),
        "whenUnsatisfiable": draw(st.sampled_from(["DoNotSchedule", "ScheduleAnyway"])),
        "labelSelector": draw(selectors),
    }
    if constraint["whenUnsatisfiable"] == "DoNotSchedule" and draw(st.booleans()):
        constraint["minDomains"] = draw(st.integers(1, 3))
    constraint |= draw(
        st.fixed_dictionaries(
            {},
            optional={
                "nodeAffinityPolicy": st.sampled_from(["Honor", "Ignore"]),
                "nodeTaintsPolicy": st.sampled_from(["Honor", "Ignore"]),
            },
        )
    )
    return constraint


@st.composite
def pods_drawn(draw: st.DrawFn) -> Obj:
    affinity: Obj = {}
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    if draw(st.integers(0, 3)) == 0:
        affinity["nodeAffinity"] = {required: {"nodeSelectorTerms": draw(st.lists(node_terms, min_size=1, max_size=2))}}
    for kind in ("podAffinity", "podAntiAffinity"):
        if draw(st.integers(0, 3)) == 0:
            affinity[kind] = {required: draw(st.lists(pod_terms, min_size=1, max_size=2))}
    spec: Obj = {
        "tolerations": draw(st.lists(tolerations, max_size=2)),
        "nodeSelector": draw(st.sampled_from([{}, {}, {"disk": "ssd"}])),
        "topologySpreadConstraints": draw(st.lists(spread(), max_size=2)) if draw(st.booleans()) else [],
        "affinity": affinity,
        "ports": draw(
            st.lists(
                st.sampled_from(
                    [
                        {"hostPort": 80},
                        {"hostPort": 80, "hostIP": "10.0.0.1"},
                        {"hostPort": 80, "hostIP": "10.0.0.2"},
                        {"hostPort": 80, "protocol": "UDP"},
                        {"containerPort": 8080},
                    ]
                ),
                max_size=1,
            )
        ),
        "extended": draw(st.sampled_from([{}, {}, {}, {"example.com/gpu": "1"}])),
    }
    made = pod(
        cpu=draw(st.sampled_from(["", "100m", "1"])),
        memory=draw(st.sampled_from(["", "256Mi", "2Gi"])),
        labels={"app": draw(apps)},
        owner=draw(st.sampled_from(["", "rs1", "rs2"])),
        namespace=draw(st.sampled_from(["x", "x", "y"])),
        **spec,
    )
    if draw(st.integers(0, 5)) == 0:
        made["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    return made
