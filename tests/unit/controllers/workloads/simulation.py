"""A Deployment with its ReplicaSets and pods, moved on in small steps in any order, without a server.

Everything between the controllers lags: ReplicaSets act, pods become ready, and statuses are reported only when the
step for it is made.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bouvier.controllers.workloads.deployment_plan import Observed, plan
from bouvier.controllers.workloads.deployment_sizes import is_rolling
from bouvier.controllers.workloads.deployment_templates import current_replica_set
from bouvier.controllers.workloads.pods import is_active, is_ready
from bouvier.controllers.workloads.replicaset_plan import plan as replica_set_plan
from bouvier.controllers.workloads.replicaset_status import status as replica_set_status
from tests.unit.controllers.making import NOW, pod, text

Obj = dict[str, Any]


@dataclass
class Simulation:
    deployment: Obj
    sets: dict[str, Obj] = field(default_factory=dict)
    pods: dict[str, Obj] = field(default_factory=dict)
    now: Any = NOW
    broken_images: frozenset = frozenset()
    events: list[str] = field(default_factory=list)
    count: int = 0

    # What users do

    def scale(self, replicas: int) -> None:
        self._change(replicas=replicas)

    def set_image(self, image: str) -> None:
        template = self.deployment["spec"]["template"]
        container = {**template["spec"]["containers"][0], "image": image}
        self._change(template={**template, "spec": {"containers": [container]}})

    def _change(self, **spec: Any) -> None:
        metadata = self.deployment["metadata"]
        self.deployment = {
            **self.deployment,
            "metadata": {**metadata, "generation": metadata["generation"] + 1},
            "spec": {**self.deployment["spec"], **spec},
        }

    # What actors do

    def deployment_acts(self) -> None:
        mine = list(self.sets.values())
        made = plan(Observed(self.deployment, mine, self._old_pods_exist(), self.now))
        if made.create:
            name = made.create["metadata"]["name"]
            assert name not in self.sets
            metadata = {
                **made.create["metadata"],
                "uid": f"uid-{name}",
                "generation": 1,
                "creationTimestamp": text(self.now),
            }
            self.sets[name] = {**made.create, "metadata": metadata}
        for change in made.changes:
            name = change.after["metadata"]["name"]
            grown = change.before["spec"] != change.after["spec"]
            metadata = {**change.after["metadata"]}
            metadata["generation"] += grown
            self.sets[name] = {**change.after, "metadata": metadata}
            self.events += [change.scaling] if change.scaling else []
        for gone in made.remove:
            del self.sets[gone["metadata"]["name"]]
        annotations = dict(self.deployment["metadata"].get("annotations") or {})
        if made.revision:
            annotations["deployment.kubernetes.io/revision"] = made.revision
        self.deployment = {
            **self.deployment,
            "metadata": {**self.deployment["metadata"], "annotations": annotations},
            "status": made.status,
        }

    def set_acts(self, name: str) -> None:
        replica_set, owned = self.sets[name], self._owned(name)
        made = replica_set_plan(replica_set, owned, self.pods.values, self.now)
        for _ in range(made.create):
            self.count += 1
            new = pod(f"p{self.count}", ready=False, phase="Pending", age=0, owner=name)
            self.pods[new["metadata"]["name"]] = new
        for old in made.delete:
            del self.pods[old["metadata"]["name"]]

    def set_reports(self, name: str) -> None:
        replica_set = self.sets[name]
        status = replica_set_status(replica_set, self._owned(name), None, self.now)
        self.sets[name] = {**replica_set, "status": status}

    def pod_starts(self, index: int) -> None:
        waiting = [p for p in self.pods.values() if not is_ready(p) and not self._is_broken(p)]
        if waiting:
            old = waiting[index % len(waiting)]
            name = old["metadata"]["name"]
            self.pods[name] = pod(name, age=1, ready_for=0, owner=old["metadata"]["owner"])

    def everyone_acts(self, rounds: int = 60) -> None:
        for _ in range(rounds):
            self.now += timedelta(seconds=1)
            self.deployment_acts()
            for name in list(self.sets):
                self.set_acts(name)
                self.set_reports(name)
            for _ in range(len(self.pods)):
                self.pod_starts(0)
            for name in list(self.sets):
                self.set_reports(name)

    # What can be seen

    def active(self) -> int:
        return sum(is_active(p) for p in self.pods.values())

    def ready(self) -> int:
        return sum(is_ready(p) for p in self.pods.values())

    def current(self) -> Obj:
        found = current_replica_set(self.deployment, self.sets.values())
        assert found is not None
        return found

    def condition(self, kind: str) -> Obj:
        return next((c for c in self.deployment["status"]["conditions"] if c["type"] == kind), {})

    def _owned(self, name: str) -> list[Obj]:
        return [p for p in self.pods.values() if p["metadata"]["owner"] == name]

    def _is_broken(self, p: Obj) -> bool:
        replica_set = self.sets.get(p["metadata"]["owner"])
        return (
            replica_set is None
            or replica_set["spec"]["template"]["spec"]["containers"][0]["image"] in self.broken_images
        )

    def _old_pods_exist(self) -> bool:
        if is_rolling(self.deployment):
            return False
        current = current_replica_set(self.deployment, self.sets.values())
        name = current["metadata"]["name"] if current else ""
        return any(p["metadata"]["owner"] != name for p in self.pods.values())
