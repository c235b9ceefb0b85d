"""The scheduler as an actor: watches pods and hosts, places what waits, binds.

Informers keep the snapshot and the queue current, synchronously and in order. One loop takes pods out, chooses, counts
the pod on its host at once (assumed) and leaves the bind to a task of its own; at most BINDS of these run, and a pod is
only decided upon when one is free. Everything is rebuilt from the API at start; nothing else is kept.

Several schedulers may run at the same time only under leader election (`client.lease.Elector`), each pod being placed
by one.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from functools import partial
from weakref import WeakKeyDictionary

from bouvier.client.events import Recorder
from bouvier.client.informer import EventType, InformerSet
from bouvier.client.rest import Client
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, is_deleting, key_of, labels_of, name_of, uid_of
from bouvier.meta.resources import NAMESPACES, NODES, POD_DISRUPTION_BUDGETS, PODS
from bouvier.scheduler.binding import bind
from bouvier.scheduler.claims import VolumesFailedError, provide
from bouvier.scheduler.cycle import Cycle
from bouvier.scheduler.evicting import carry_out
from bouvier.scheduler.explain import FINISHED, Refusals, refusals
from bouvier.scheduler.filters import fit, pod_affinity, ports, spread, volumes
from bouvier.scheduler.preemption import RESERVED, Preemption, may_preempt, plan
from bouvier.scheduler.queue import PodQueue, Waiting
from bouvier.scheduler.report import Reporter
from bouvier.scheduler.shape import DEFAULT_SCHEDULER, Shape, is_ours
from bouvier.scheduler.snapshot import Snapshot
from bouvier.scheduler.volumes import RESOURCES

BINDS = 64
"""Binds in flight: where the API server's rate of writes stops growing with more."""
AT_ONCE = 16
"""Pods placed before other tasks get a turn: under 5 ms at 5,000 hosts."""
CHECK_SECONDS = 60.0
"""Longest sleep of the loop, so that pods parked for long are found."""

_POD_CAME = frozenset({spread.NAME, pod_affinity.NAME})
"""Filters that may change their mind when a pod was placed."""
_POD_WENT = frozenset({fit.NAME, ports.NAME, spread.NAME, pod_affinity.NAME, volumes.NAME})

_log = logging.getLogger(__name__)


class Scheduler:
    """Places the pods that name it in `spec.schedulerName`."""

    def __init__(
        self, client: Client, informers: InformerSet, recorder: Recorder | None = None, *, name: str = DEFAULT_SCHEDULER
    ) -> None:
        self.snapshot = Snapshot()
        self.queue = PodQueue()
        self._client = client
        self._recorder = recorder or Recorder(client, name)
        self._name = name
        self._cycle = Cycle(self.snapshot)
        self._reporter = Reporter(client)
        self._refusals: WeakKeyDictionary[Shape, tuple[int, int, int, Refusals]] = WeakKeyDictionary()
        self._changes: set[str] = set()
        self._everything_changed = False
        self._wake = asyncio.Event()
        self._slots = asyncio.Semaphore(BINDS)
        self._binds: set[asyncio.Task[None]] = set()
        self._evictions: set[asyncio.Task[None]] = set()
        self._nominations: dict[str, Preemption] = {}
        """Who leaves for whom, by uid of the pod that waits."""
        self._budgets: dict[str, Obj] = {}
        self._informers = [informers.informer(resource) for resource in (NAMESPACES, NODES, PODS)]
        for informer, handler in zip(self._informers, (self._on_namespace, self._on_node, self._on_pod), strict=True):
            informer.add_handler(handler)
        for resource in RESOURCES:
            informer = informers.informer(resource)
            informer.add_handler(partial(self._on_storage, resource))
            self._informers.append(informer)
        budgets = informers.informer(POD_DISRUPTION_BUDGETS)
        budgets.add_handler(self._on_budget)
        self._informers.append(budgets)

    async def run(self) -> None:
        """Place pods until cancelled; binds in flight are then given up, and found out about at the next start."""
        for informer in self._informers:
            await informer.synced.wait()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._reporter.run(), name="scheduler conditions")
                tasks.create_task(self._loop(), name="scheduler")
        finally:
            for task in (*self._binds, *self._evictions):
                task.cancel()
            await asyncio.gather(*self._binds, *self._evictions, return_exceptions=True)

    # What changes

    def _on_namespace(self, event_type: EventType, _old: Obj | None, new: Obj) -> None:
        labels = None if event_type == "DELETED" else labels_of(new)
        if self.snapshot.set_namespace(name_of(new), labels):
            self._changed({pod_affinity.NAME})

    def _on_node(self, event_type: EventType, _old: Obj | None, new: Obj) -> None:
        if event_type == "DELETED":
            self.snapshot.remove_node(name_of(new))
            self._changed(_POD_WENT)
        elif self.snapshot.set_node(new):
            self._changed(None)

    def _on_storage(self, resource: Resource, event_type: EventType, _old: Obj | None, new: Obj) -> None:
        if event_type == "DELETED":
            self.snapshot.volumes.remove(resource, new)
        else:
            self.snapshot.volumes.set(resource, new)
        self._changed({volumes.NAME})

    def _on_pod(self, event_type: EventType, _old: Obj | None, new: Obj) -> None:
        phase = (new.get("status") or {}).get("phase")
        if event_type == "DELETED" or phase in FINISHED:
            self._forget_nomination(uid_of(new))
            self._pod_went(new)
        elif new["spec"].get("nodeName"):
            self._forget_nomination(uid_of(new))
            self.queue.remove(uid_of(new))
            self._reporter.forget(new)
            if self.snapshot.set_pod(new):
                self._changed(_POD_CAME)
        elif is_ours(new, self._name) and not self.snapshot.is_assumed(uid_of(new)):
            self._pod_waits(new)

    def _pod_went(self, pod: Obj) -> None:
        self.queue.remove(uid_of(pod))
        self._reporter.forget(pod)
        if self.snapshot.remove_pod(uid_of(pod)):
            self._changed(_POD_WENT)

    def _pod_waits(self, pod: Obj) -> None:
        uid = uid_of(pod)
        if is_deleting(pod):
            self.queue.remove(uid)
        elif pod["spec"].get("schedulingGates"):
            self.queue.remove(uid)
            self._reporter.gated(pod)
        else:
            self._try_soon(pod, uid)

    def _try_soon(self, pod: Obj, uid: str) -> None:
        try:
            shape = self.snapshot.shapes.shape_of(pod)
        except ValueError as error:
            self._reporter.unschedulable(pod, f"the pod cannot be understood: {error}")
            return
        self.queue.put(pod, uid, shape)
        self._wake.set()

    def _changed(self, filters: set[str] | frozenset[str] | None) -> None:
        """Note that pods refused by these filters may find a host now (None: all pods)."""
        if filters is None:
            self._everything_changed = True
        else:
            self._changes |= filters
        self._wake.set()

    # Placing

    async def _loop(self) -> None:
        placed = 0
        while True:
            await self._slots.acquire()
            self._take_changes_in()
            waiting = self.queue.take(_now())
            if waiting is None:
                self._slots.release()
                await self._sleep()
                continue
            self._place(waiting)
            placed += 1
            if placed % AT_ONCE == 0:
                await asyncio.sleep(0)

    def _take_changes_in(self) -> None:
        self._wake.clear()
        if self._everything_changed or self._changes:
            self.queue.wake(None if self._everything_changed else self._changes, _now())
            self._everything_changed = False
            self._changes.clear()
        self.queue.wake_old(_now())

    async def _sleep(self) -> None:
        next_at = self.queue.next_ready_at()
        seconds = CHECK_SECONDS if next_at is None else min(CHECK_SECONDS, max(0.0, next_at - _now()))
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return

    def _place(self, waiting: Waiting) -> None:
        """Choose a host and start the bind, which frees the slot; or park the pod."""
        nomination = self._nominations.get(waiting.uid)
        self.snapshot.remove_pod(RESERVED + waiting.uid)
        host = self._cycle.choose(waiting.shape)
        if host is None:
            self._refuse(waiting)
            self._make_room(waiting, nomination)
            self._slots.release()
            return
        self._nominations.pop(waiting.uid, None)
        self.snapshot.assume(waiting.pod, waiting.shape, host)
        self._changes |= _POD_CAME
        if self.snapshot.volumes.unbound(waiting.shape.claims):
            self._slots.release()  # making volumes may take long: other pods need not wait for it
            task = asyncio.get_running_loop().create_task(self._bind_with_volumes(waiting, host))
            self._binds.add(task)
            task.add_done_callback(self._binds.discard)
            return
        task = asyncio.get_running_loop().create_task(self._bind(waiting, host))
        self._binds.add(task)
        task.add_done_callback(self._bind_ended)

    def _bind_ended(self, task: asyncio.Task[None]) -> None:
        self._binds.discard(task)
        self._slots.release()

    # Preemption

    def _make_room(self, waiting: Waiting, nomination: Preemption | None) -> None:
        """Have pods of lower priority leave a host, unless they are leaving one already."""
        if nomination is not None:
            if any(victim.uid in self.snapshot.pods for victim in nomination.victims):
                self.snapshot.reserve(RESERVED + waiting.uid, waiting.pod, waiting.shape, nomination.host)
                return
            del self._nominations[waiting.uid]
        if not may_preempt(waiting.pod, waiting.shape, self.snapshot):
            return
        found = plan(self._cycle.evaluation(waiting.shape), list(self._budgets.values()))
        if found is None:
            return
        displaced = [one for one in found.victims if one.uid.startswith(RESERVED)]
        for one in displaced:
            self._forget_nomination(one.uid.removeprefix(RESERVED))
        victims = tuple(one for one in found.victims if one not in displaced)
        nomination = self._nominations[waiting.uid] = replace(found, victims=victims)
        self.snapshot.reserve(RESERVED + waiting.uid, waiting.pod, waiting.shape, found.host)
        task = asyncio.get_running_loop().create_task(self._preempt(waiting, nomination), name="preemption")
        self._evictions.add(task)
        task.add_done_callback(self._evictions.discard)

    async def _preempt(self, waiting: Waiting, nomination: Preemption) -> None:
        try:
            await carry_out(self._client, self._recorder, self._name, waiting.pod, nomination)
        except (ApiError, ConnectionError) as error:
            _log.warning("cannot make room for %s on %s: %s", key_of(waiting.pod), nomination.host, error)
            self._forget_nomination(waiting.uid)
        if not nomination.victims:
            self._changed(_POD_WENT)  # there was nobody but those who waited too

    def _forget_nomination(self, uid: str) -> None:
        self._nominations.pop(uid, None)
        if self.snapshot.remove_pod(RESERVED + uid):
            self._changed(_POD_WENT)

    def _on_budget(self, event_type: EventType, _old: Obj | None, new: Obj) -> None:
        if event_type == "DELETED":
            self._budgets.pop(key_of(new), None)
        else:
            self._budgets[key_of(new)] = new

    def _refuse(self, waiting: Waiting) -> None:
        why = self._why(waiting.shape)
        self.queue.refused(waiting, why.filters, _now())
        self._reporter.unschedulable(waiting.pod, why.message)
        self._recorder.event(waiting.pod, "Warning", "FailedScheduling", why.message)

    def _why(self, shape: Shape) -> Refusals:
        """Return the refusals of a shape, kept as long as nothing changes: like pods are refused alike."""
        state = self.snapshot.epoch, self.snapshot.position, self.snapshot.volumes.version
        known = self._refusals.get(shape)
        if known is not None and known[:3] == state:
            return known[3]
        why = refusals(self.snapshot, shape)
        self._refusals[shape] = (*state, why)
        return why

    async def _bind_with_volumes(self, waiting: Waiting, host: str) -> None:
        """Have the pod's volumes made on the host, then bind the pod to it."""
        is_ready = False
        try:
            claims = waiting.shape.claims
            await provide(self._client, self.snapshot.volumes, claims, host, lambda: waiting.uid in self.queue)
            is_ready = waiting.uid in self.queue
        except (VolumesFailedError, ApiError, ConnectionError) as error:
            self._recorder.event(waiting.pod, "Warning", "FailedScheduling", f"running PreBind plugin: {error}")
        finally:
            if not is_ready:
                self._settle(waiting, None)
        async with self._slots:
            if is_ready:
                await self._bind(waiting, host)

    async def _bind(self, waiting: Waiting, host: str) -> None:
        pod = waiting.pod
        bound: Obj | None = None
        try:
            bound = await bind(self._client, pod, host)
        except ApiError as error:
            _log.warning("cannot bind %s to %s: %s", key_of(pod), host, error)
            self._recorder.event(pod, "Warning", "FailedScheduling", f"binding rejected: {error}")
        finally:
            self._settle(waiting, bound)
        if bound is not None:
            node = bound["spec"]["nodeName"]
            self._recorder.event(pod, "Normal", "Scheduled", f"Successfully assigned {key_of(pod)} to {node}")

    def _settle(self, waiting: Waiting, bound: Obj | None) -> None:
        """Bring snapshot and queue in line with how the bind ended."""
        if bound is not None:
            self.queue.remove(waiting.uid)
            if self.snapshot.is_assumed(waiting.uid) and bound["spec"]["nodeName"] != self._host_of(waiting.uid):
                self.snapshot.set_pod(bound)
            return
        if self.snapshot.is_assumed(waiting.uid):
            self.snapshot.remove_pod(waiting.uid)
            self._changed(_POD_WENT)
        self.queue.retry(waiting, _now())
        self._wake.set()

    def _host_of(self, uid: str) -> str:
        return self.snapshot.pods[uid].host


def _now() -> float:
    return asyncio.get_running_loop().time()
