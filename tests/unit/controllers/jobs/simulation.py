"""A Job with its pods, moved on in any order; writes can be lost between any two of them, as by kill -9."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bouvier.controllers.jobs.plan import Observed, plan
from bouvier.controllers.jobs.pods import TRACKING
from bouvier.controllers.jobs.status import status
from bouvier.controllers.jobs.verdicts import is_over
from tests.unit.controllers.making import NOW, text

Obj = dict[str, Any]


@dataclass
class World:
    job: Obj
    pods: dict[str, Obj] = field(default_factory=dict)
    now: Any = NOW
    ended: dict[str, bool] = field(default_factory=dict)
    """Every tracked pod that ever ended, and whether it did well."""
    made: int = 0
    most_active: int = 0
    news: list[str] = field(default_factory=list)

    def act(self, die_after: int = 99) -> None:
        """Reconcile; only the first `die_after` writes are made."""
        if is_over(self.job):
            return
        observed = Observed(self.job, list(self.pods.values()), self.now)
        wanted = plan(observed)
        writes: list[Any] = []
        for pod in wanted.withdraw:
            writes += [lambda pod=pod: self._strip(pod), lambda pod=pod: self._delete(pod)]
        writes += [lambda pod=pod: self._delete(pod) for pod in wanted.delete]
        writes += [lambda pod=pod: self._create(pod) for pod in wanted.create]
        gone = len(wanted.withdraw) + len(wanted.delete)
        new, news = status(observed, wanted, created=len(wanted.create), removed=gone)
        writes.append(lambda: self._store(new, news))
        writes += [lambda pod=pod: self._strip(pod) for pod in wanted.tally.release]
        for write in writes[:die_after]:
            write()

    def end(self, index: int, *, well: bool) -> None:
        """Let a running pod end."""
        running = [p for p in self.pods.values() if p["status"]["phase"] == "Running"]
        if running:
            pod = running[index % len(running)]
            pod["status"]["phase"] = "Succeeded" if well else "Failed"
            code = {"exitCode": 0 if well else 1, "finishedAt": text(self.now)}
            pod["status"]["containerStatuses"] = [{"name": "c", "state": {"terminated": code}}]
            if TRACKING in pod["metadata"]["finalizers"]:
                self.ended[pod["metadata"]["uid"]] = well
            if pod["metadata"].get("deletionTimestamp"):
                pod["metadata"]["deletionGracePeriodSeconds"] = 0
                self._collect(pod)

    def remove(self, index: int) -> None:
        """Let somebody delete a pod."""
        pods = list(self.pods.values())
        if pods:
            self._delete(pods[index % len(pods)])

    def wait(self, seconds: float = 700) -> None:
        self.now += timedelta(seconds=seconds)

    def active(self) -> list[Obj]:
        return [
            p
            for p in self.pods.values()
            if p["status"]["phase"] == "Running" and not p["metadata"].get("deletionTimestamp")
        ]

    def _create(self, pod: Obj) -> None:
        self.made += 1
        name = f"p{self.made}"
        metadata = {**pod["metadata"], "name": name, "uid": f"uid-{name}", "creationTimestamp": text(self.now)}
        self.pods[name] = {**pod, "metadata": metadata, "status": {"phase": "Running"}}
        self.most_active = max(self.most_active, len(self.active()))

    def _strip(self, pod: Obj) -> None:
        pod["metadata"]["finalizers"] = []
        self._collect(pod)

    def _delete(self, pod: Obj) -> None:
        pod["metadata"].setdefault("deletionTimestamp", text(self.now))
        over = pod["status"]["phase"] != "Running"
        pod["metadata"].setdefault("deletionGracePeriodSeconds", 0 if over else 30)
        self._collect(pod)

    def _collect(self, pod: Obj) -> None:
        metadata = pod["metadata"]
        is_over = metadata.get("deletionTimestamp") and not metadata["deletionGracePeriodSeconds"]
        if is_over and not metadata["finalizers"]:
            self.pods.pop(metadata["name"], None)

    def _store(self, new: Obj, news: list[Any]) -> None:
        self.job = {**self.job, "status": new}
        self.news += [each.reason for each in news]
