"""The probes of all containers of one pod: one prober for each container that runs."""

from __future__ import annotations

from collections.abc import Callable

from bouvier.meta.objects import Obj
from bouvier.node.pods.apply import PodApplier
from bouvier.node.pods.records import Record
from bouvier.node.pods.seen import ProbeView, Seen
from bouvier.node.pods.spec import all_containers_of, statuses_of
from bouvier.node.probes.handlers import Result, perform
from bouvier.node.probes.prober import Prober
from bouvier.node.shared import Shared

_KINDS = ("startupProbe", "readinessProbe", "livenessProbe")


class PodProbes:
    """Probers by container id."""

    def __init__(self, shared: Shared, apply: PodApplier, wake: Callable[[], None]) -> None:
        self._shared = shared
        self._apply = apply
        self._wake = wake
        self._probers: dict[str, Prober] = {}

    def follow(self, pod: Obj, seen: Seen) -> None:
        """Probe exactly the containers that run now; none of a pod that ends."""
        wanted: dict[str, tuple[Obj, Record]] = {}
        if not seen.ending_since:
            for _, container in all_containers_of(pod):
                record = seen.records.newest(container["name"])
                has_probes = any(container.get(kind) for kind in _KINDS)
                if has_probes and record and record.is_running and container["name"] not in seen.hooking:
                    wanted[record.id] = (container, record)
        for container_id in [known for known in self._probers if known not in wanted]:
            self._probers.pop(container_id).stop()
        for container_id, (container, record) in wanted.items():
            if container_id not in self._probers:
                self._probers[container_id] = self._start(pod, container, record)

    def views(self) -> dict[str, ProbeView]:
        """Return what the probes say, by container id."""
        return {container_id: prober.view for container_id, prober in self._probers.items()}

    def stop(self) -> None:
        """End all probing."""
        for prober in self._probers.values():
            prober.stop()
        self._probers.clear()

    def _start(self, pod: Obj, container: Obj, record: Record) -> Prober:
        target = self._apply.target(pod, container, record.id)

        async def act(probe: Obj) -> Result:
            return await perform(probe, target)

        prober = Prober(container, record.started_seconds, _first_view(pod, record), act, self._wake)
        prober.report = lambda kind, message: self._shared.recorder.event(
            pod,
            "Warning",
            "Unhealthy",
            f"{kind} probe failed: {message}",
            field_path=f"spec.containers{{{container['name']}}}",
        )
        return prober


def _first_view(pod: Obj, record: Record) -> ProbeView:
    """Go on with what the API says of this very container, so that a new agent takes no healthy pod out of service."""
    status = pod.get("status") or {}
    for entry in statuses_of(status):
        if str(entry.get("containerID", "")).endswith("://" + record.id):
            return ProbeView(ready=bool(entry.get("ready")), started=bool(entry.get("started")))
    return ProbeView()
