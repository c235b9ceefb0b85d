"""What one pod was granted of the host, and what its containers have of it.

Nothing of it is kept in files: what a container has is in its status, and before it has one in its labels.
"""

from __future__ import annotations

import orjson

from bouvier.kinds.usage.amounts import pod_amounts
from bouvier.meta.objects import Obj
from bouvier.node.pods import identity, resizing
from bouvier.node.pods.progress import is_over
from bouvier.node.pods.records import PodRecords, Record
from bouvier.node.pods.resizing import Granted, Pending, Resources
from bouvier.node.pods.spec import statuses_of
from bouvier.node.shared import Shared


class Grants:
    """The resources of one pod."""

    def __init__(self, shared: Shared, uid: str) -> None:
        self._shared = shared
        self._uid = uid
        self._granted: Granted | None = None
        self._had: dict[str, Resources] = {}
        self.pending: Pending | None = None
        """Why the pod does not get what its object asks for."""

    def look(self, pod: Obj) -> Obj:
        """Grant what there is room for, and return the pod with what it may have."""
        if is_over(pod):
            self.release()
            return pod
        granted = resizing.had(pod) if self._granted is None else self._granted
        others = [amounts for uid, amounts in self._shared.granted.items() if uid != self._uid]
        decision = resizing.decide(pod, granted, others, self._shared.allocatable)
        if decision.pending != self.pending and decision.pending:
            self._shared.recorder.event(pod, "Warning", f"Resize{decision.pending.reason}", decision.pending.message)
        self._granted, self.pending = decision.granted, decision.pending
        result = resizing.with_granted(pod, decision.granted)
        self._shared.granted[self._uid] = pod_amounts(result["spec"], "requests")
        return result

    def had(self, pod: Obj, records: PodRecords) -> dict[str, Resources]:
        """Return what each running container has, by engine id."""
        running = [record for record in records.all() if record.name and record.is_running]
        self._had = {record.id: self._had.get(record.id) or self._found(pod, record) for record in running}
        return self._had

    def _found(self, pod: Obj, record: Record) -> Resources:
        made = record.state.labels.get(identity.RESOURCES)
        resources: Resources = orjson.loads(made) if made else (self._granted or {}).get(record.name, {})
        for entry in statuses_of(pod.get("status") or {}):
            if str(entry.get("containerID", "")).endswith("://" + record.id) and "resources" in entry:
                return resizing.merged(resources, entry["resources"])
        return resources

    def applied(self, container: str, resources: Resources) -> None:
        """Note that a container has its new resources."""
        self._had[container] = resources

    def release(self) -> None:
        """Give everything back."""
        self._shared.granted.pop(self._uid, None)
