"""How many pods a second the scheduler decides on, without API and store: plain, spread and anti-affinity.

Usage: PYTHONPATH=src python bench/scheduling.py [HOSTS] [PODS]
"""

import sys
import time

from bouvier.scheduler.cycle import Cycle
from bouvier.scheduler.snapshot import Snapshot

ZONE = "topology.kubernetes.io/zone"
HOST = "kubernetes.io/hostname"
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
SPREAD = {"topologyKey": ZONE, "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"}
MEANT = {"labelSelector": {"matchLabels": {"app": "a"}}}
CASES = {
    "plain": {},
    "owner": {"owner": True},
    "spread": {"topologySpreadConstraints": [SPREAD | MEANT]},
    "anti-affinity": {"affinity": {"podAntiAffinity": {REQUIRED: [MEANT | {"topologyKey": HOST}]}}},
    "affinity": {"affinity": {"podAffinity": {REQUIRED: [MEANT | {"topologyKey": ZONE}]}}},
}


def node(number: int) -> dict:
    name = f"n{number}"
    labels = {HOST: name, ZONE: f"z{number % 3}"}
    status = {"allocatable": {"cpu": "64", "memory": "128Gi", "pods": "250"}}
    return {"metadata": {"name": name, "labels": labels}, "spec": {}, "status": status}


def pod(number: int, *, owner: bool = False, **spec: object) -> dict:
    metadata: dict = {"name": f"p{number}", "namespace": "x", "uid": f"u{number}", "labels": {"app": "a"}}
    if owner:
        metadata["ownerReferences"] = [{"uid": "rs", "controller": True}]
    container = {"name": "c", "image": "i", "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}}}
    return {"metadata": metadata, "spec": {"containers": [container]} | spec}


def run(hosts: int, pods: int, spec: dict) -> float:
    snapshot = Snapshot()
    for number in range(hosts):
        snapshot.set_node(node(number))
    cycle = Cycle(snapshot)
    made = [pod(number, **spec) for number in range(pods)]
    started = time.perf_counter()
    for one in made:
        shape = snapshot.shapes.shape_of(one)
        host = cycle.choose(shape)
        if host is None:
            continue
        snapshot.assume(one, shape, host)
    return pods / (time.perf_counter() - started)


def main() -> None:
    hosts, pods = (int(text) for text in [*sys.argv[1:], "5000", "3000"][:2])
    for name, spec in CASES.items():
        print(f"{name:14} {hosts} hosts {run(hosts, pods, spec):10,.0f} pods/s")


if __name__ == "__main__":
    main()
