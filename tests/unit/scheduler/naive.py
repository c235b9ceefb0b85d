"""Placement worked out host by host and pod by pod, straight from Kubernetes' rules: the reference for the vectorised one.

Works on whole objects. Slow and obvious on purpose.
"""

from __future__ import annotations

from bouvier.meta.quantities import millis, whole
from bouvier.meta.selectors import from_object, make_requirement

Obj = dict


def requests(pod: Obj) -> dict[str, int]:
    total: dict[str, int] = {"pods": 1}
    for container in pod["spec"]["containers"]:
        for name, text in container.get("resources", {}).get("requests", {}).items():
            total[name] = total.get(name, 0) + (millis(text) if name == "cpu" else whole(text))
    return total


def tolerated(pod: Obj, taint: Obj) -> bool:
    for t in pod["spec"].get("tolerations", ()):
        if t.get("effect") and t["effect"] != taint["effect"]:
            continue
        if t.get("key") and t["key"] != taint["key"]:
            continue
        if t.get("operator") == "Exists" or (t.get("key") and t.get("value", "") == taint.get("value", "")):
            return True
    return False


def term_matches(term: Obj, node: Obj) -> bool:
    expressions = term.get("matchExpressions", [])
    fields = term.get("matchFields", [])
    if not expressions and not fields:
        return False
    labels = node["metadata"]["labels"]
    name = {"metadata.name": node["metadata"]["name"]}
    return all(
        make_requirement(e["key"], e["operator"], e.get("values", ())).matches(labels) for e in expressions
    ) and all(make_requirement(e["key"], e["operator"], e.get("values", ())).matches(name) for e in fields)


def affinity_ok(pod: Obj, node: Obj) -> bool:
    labels = node["metadata"]["labels"]
    if any(labels.get(k) != v for k, v in pod["spec"].get("nodeSelector", {}).items()):
        return False
    required = (
        pod["spec"].get("affinity", {}).get("nodeAffinity", {}).get("requiredDuringSchedulingIgnoredDuringExecution")
    )
    return required is None or any(term_matches(term, node) for term in required["nodeSelectorTerms"])


def ports(pod: Obj) -> list[tuple[str, int, str]]:
    return [
        (p.get("protocol", "TCP"), p["hostPort"], p.get("hostIP", "0.0.0.0"))
        for c in pod["spec"]["containers"]
        for p in c.get("ports", ())
        if p.get("hostPort")
    ]


def collide(a: tuple, b: tuple) -> bool:
    return a[:2] == b[:2] and ("0.0.0.0" in (a[2], b[2]) or a[2] == b[2])


def meant(term: Obj, owner: Obj, other: Obj) -> bool:
    """Whether a pod affinity term of `owner` means `other`."""
    names = term.get("namespaces") or [owner["metadata"]["namespace"]]
    return other["metadata"]["namespace"] in names and from_object(term["labelSelector"]).matches(
        other["metadata"]["labels"]
    )


def terms(pod: Obj, kind: str) -> list[Obj]:
    return pod["spec"].get("affinity", {}).get(kind, {}).get("requiredDuringSchedulingIgnoredDuringExecution", [])


class World:
    def __init__(self, nodes: list[Obj], pods: list[Obj]) -> None:
        self.nodes = {node["metadata"]["name"]: node for node in nodes}
        self.pods = pods

    def on(self, name: str) -> list[Obj]:
        return [pod for pod in self.pods if pod["spec"]["nodeName"] == name]

    def value(self, name: str, key: str) -> str | None:
        return self.nodes[name]["metadata"]["labels"].get(key)

    def domain(self, key: str, value: str) -> list[Obj]:
        return [pod for pod in self.pods if self.value(pod["spec"]["nodeName"], key) == value]

    def first_refusal(self, pod: Obj, name: str) -> str:
        """Return the name of the first filter that refuses, empty when the host fits."""
        node = self.nodes[name]
        checks = {
            "NodeUnschedulable": not node["spec"].get("unschedulable")
            or tolerated(pod, {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}),
            "TaintToleration": all(
                tolerated(pod, t) for t in node["spec"].get("taints", ()) if t["effect"] != "PreferNoSchedule"
            ),
            "NodeAffinity": affinity_ok(pod, node),
            "NodePorts": not any(collide(a, b) for a in ports(pod) for o in self.on(name) for b in ports(o)),
            "NodeResourcesFit": self.fits(pod, node),
            "PodTopologySpread": all(self.spread_ok(pod, name, c) for c in hard(pod)),
            "InterPodAffinity": self.pods_ok(pod, name),
        }
        return next((check for check, ok in checks.items() if not ok), "")

    def fits(self, pod: Obj, node: Obj) -> bool:
        allocatable = node["status"]["allocatable"]
        for name, amount in requests(pod).items():
            offered = millis(allocatable.get(name, 0)) if name == "cpu" else whole(allocatable.get(name, 0))
            used = sum(requests(other).get(name, 0) for other in self.on(node["metadata"]["name"]))
            if amount and used + amount > offered:
                return False
        return True

    def spread_ok(self, pod: Obj, name: str, constraint: Obj) -> bool:
        keys = [c["topologyKey"] for c in hard(pod)]
        if any(self.value(name, key) is None for key in keys):
            return False
        counted = [
            host
            for host, node in self.nodes.items()
            if all(self.value(host, key) is not None for key in keys)
            and (constraint.get("nodeAffinityPolicy") == "Ignore" or affinity_ok(pod, node))
            and (
                constraint.get("nodeTaintsPolicy") != "Honor"
                or all(tolerated(pod, t) for t in node["spec"].get("taints", ()) if t["effect"] != "PreferNoSchedule")
            )
        ]
        selector = from_object(constraint["labelSelector"])
        counts: dict[str, int] = {}
        for host in counted:
            group = [
                o
                for o in self.on(host)
                if o["metadata"]["namespace"] == pod["metadata"]["namespace"]
                and selector.matches(o["metadata"]["labels"])
                and not o["metadata"].get("deletionTimestamp")
            ]
            value = self.value(host, constraint["topologyKey"])
            counts[value] = counts.get(value, 0) + len(group)
        least = min(counts.values(), default=0)
        if len(counts) < constraint.get("minDomains", 1):
            least = 0
        own = int(selector.matches(pod["metadata"]["labels"]))
        return counts.get(self.value(name, constraint["topologyKey"]), 0) + own - least <= constraint["maxSkew"]

    def pods_ok(self, pod: Obj, name: str) -> bool:
        return self.near_ok(pod, name) and self.far_ok(pod, name) and self.unavoided(pod, name)

    def near_ok(self, pod: Obj, name: str) -> bool:
        near = terms(pod, "podAffinity")
        friends = [o for o in self.pods if all(meant(t, pod, o) for t in near)]
        lonely = not any(self.value(o["spec"]["nodeName"], t["topologyKey"]) is not None for t in near for o in friends)
        if lonely and all(meant(t, pod, pod) for t in near):
            return all(self.value(name, t["topologyKey"]) is not None for t in near)
        for term in near:
            value = self.value(name, term["topologyKey"])
            if value is None or not any(o in friends for o in self.domain(term["topologyKey"], value)):
                return False
        return True

    def far_ok(self, pod: Obj, name: str) -> bool:
        for term in terms(pod, "podAntiAffinity"):
            value = self.value(name, term["topologyKey"])
            if value is not None and any(meant(term, pod, o) for o in self.domain(term["topologyKey"], value)):
                return False
        return True

    def unavoided(self, pod: Obj, name: str) -> bool:
        for other in self.pods:
            for term in terms(other, "podAntiAffinity"):
                value = self.value(other["spec"]["nodeName"], term["topologyKey"])
                if value is not None and value == self.value(name, term["topologyKey"]) and meant(term, other, pod):
                    return False
        return True


def hard(pod: Obj) -> list[Obj]:
    return [c for c in pod["spec"].get("topologySpreadConstraints", ()) if c["whenUnsatisfiable"] == "DoNotSchedule"]
