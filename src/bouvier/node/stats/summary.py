"""The summary of what a host's pods use, in the form of the kubelet's `/stats/summary`.

The rate of processor use is the difference to the sample before; the first sample has none.
Source: https://kubernetes.io/docs/reference/instrumentation/node-metrics/
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bouvier.engine.states import Usage
from bouvier.meta.objects import Obj, name_of, namespace_of, uid_of
from bouvier.node.pods.limits import cgroup_parent
from bouvier.node.pods.records import PodRecords
from bouvier.node.shared import Shared
from bouvier.node.stats.cgroup import container_usage
from bouvier.node.stats.host import host_usage
from bouvier.util.clock import now_text

_HOST = "host"
"""Key of the host's own sample; containers have hexadecimal ones."""

Read = Callable[[str, str], Usage | None]


@dataclass(frozen=True, slots=True)
class _Sample:
    at: float
    cpu_nanoseconds: int


class Summary:
    """Takes samples of all containers of one agent."""

    def __init__(self, shared: Shared, read: Read = container_usage) -> None:
        self._shared = shared
        self._read = read
        self._before: dict[str, _Sample] = {}

    def take(self, pods: Iterable[Obj]) -> Obj:
        """Return the summary now."""
        now, text = time.monotonic(), now_text()
        before, self._before = self._before, {}
        shown = [self._pod(pod, self._shared.view.pod(uid_of(pod)), before, now, text) for pod in pods]
        return {"node": self._host(before, now, text), "pods": shown}

    def _host(self, before: dict[str, _Sample], now: float, text: str) -> Obj:
        used = host_usage()
        usage = Usage(cpu_nanoseconds=used.cpu_nanoseconds, memory_bytes=used.memory_bytes, processes=0)
        figures = _figures(usage, self._rate(_HOST, usage, before, now), text)
        del figures["process_stats"]
        return {"nodeName": self._shared.settings.node_name} | figures

    def _pod(self, pod: Obj, records: PodRecords, before: dict[str, _Sample], now: float, text: str) -> Obj:
        facts = self._shared.facts
        parent = cgroup_parent(pod, facts.cgroup_root, facts.cgroup_driver)
        containers = []
        for name, found in records.containers.items():
            usage = self._read(parent, found[0].id) if found[0].is_running else None
            if usage:
                rate = self._rate(found[0].id, usage, before, now)
                containers.append({"name": name} | _figures(usage, rate, text))
        return {
            "podRef": {"name": name_of(pod), "namespace": namespace_of(pod), "uid": uid_of(pod)},
            "startTime": (pod.get("status") or {}).get("startTime"),
            "containers": containers,
        }

    def _rate(self, container: str, usage: Usage, before: dict[str, _Sample], now: float) -> int | None:
        """Return processor time in nanoseconds a second since the sample before."""
        self._before[container] = _Sample(now, usage.cpu_nanoseconds)
        last = before.get(container)
        if last is None or now <= last.at:
            return None
        return max(0, int((usage.cpu_nanoseconds - last.cpu_nanoseconds) / (now - last.at)))


def _figures(usage: Usage, rate: int | None, text: str) -> Obj:
    cpu: Obj = {"time": text, "usageCoreNanoSeconds": usage.cpu_nanoseconds}
    if rate is not None:
        cpu["usageNanoCores"] = rate
    memory = {"time": text, "workingSetBytes": usage.memory_bytes}
    return {"cpu": cpu, "memory": memory, "process_stats": {"process_count": usage.processes}}
