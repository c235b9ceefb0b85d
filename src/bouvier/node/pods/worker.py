"""The task of one pod: look, plan, begin work, publish, sleep until something changes.

A step never waits: each piece of work is a task of its own under its key, and its end wakes the worker. So a slow pull
or hook never hides a deletion.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import replace
from typing import Any

from bouvier.engine.errors import EngineError
from bouvier.kinds.usage.amounts import pod_amounts
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, is_deleting, name_of, namespace_of, uid_of
from bouvier.meta.resources import PODS
from bouvier.node.pods import actions
from bouvier.node.pods.actions import Action, ResizeContainer, StartContainer, StopContainer
from bouvier.node.pods.admission import Refusal, refusal, refused_status
from bouvier.node.pods.apply import PodApplier
from bouvier.node.pods.container_status import shown_differently_at
from bouvier.node.pods.ending import plan_removal
from bouvier.node.pods.environment import ConfigError
from bouvier.node.pods.failures import WorkFailed, failure_after
from bouvier.node.pods.grants import Grants
from bouvier.node.pods.needs import pull_policy
from bouvier.node.pods.plan import plan
from bouvier.node.pods.probing import PodProbes
from bouvier.node.pods.progress import is_ending, is_over
from bouvier.node.pods.publish import StatusPublisher
from bouvier.node.pods.records import PodRecords, Record, group
from bouvier.node.pods.resizing import DEFERRED
from bouvier.node.pods.seen import Failure, Seen
from bouvier.node.pods.spec import all_containers_of, find_container, statuses_of
from bouvier.node.pods.status import pod_status
from bouvier.node.pods.steps import Plan
from bouvier.node.pods.users import user_of
from bouvier.node.shared import Shared
from bouvier.util.clock import now_text

_REMOVAL_GRACE_SECONDS = 2.0
"""For containers whose pod object is gone: somebody has forced its deletion. The kubelet's minimum."""
_IDLE_SECONDS = 60.0
"""A worker looks again after this long even if nothing seems to change."""
_DEFERRED_SECONDS = 5.0
"""How often a pod that waits for room to grow looks again."""
_BACK_OFFS = frozenset({"CrashLoopBackOff", "ImagePullBackOff", "RunContainerError"})

_log = logging.getLogger(__name__)


class PodWorker:
    """Drives one pod, known by its uid, to what its object says; without an object, to nothing."""

    def __init__(
        self, shared: Shared, uid: str, pod: Obj | None, neighbours: Callable[[], Iterable[Obj]] = tuple
    ) -> None:
        self.uid = uid
        self.finished = False
        self._shared = shared
        self._pod = pod
        self._neighbours = neighbours
        self._is_judged = False
        self._apply = PodApplier(shared, uid)
        self._probes = PodProbes(shared, self._apply, self.wake)
        self._grants = Grants(shared, uid)
        self._users: dict[str, Obj | None] = {}
        self._publisher = StatusPublisher(shared.client, pod) if pod else None
        self._work: dict[str, asyncio.Task[None]] = {}
        self._stopping: dict[str, float] = {}
        self._hooking: set[str] = set()
        self._failures: dict[str, Failure] = {}
        self._messages: dict[str, str] = {}
        self._volumes_ready = False
        self._volumes_stale = False
        self._ending_since = 0.0
        self._told: set[tuple[str, str, int]] = set()
        self._wake = asyncio.Event()

    @property
    def pod(self) -> Obj | None:
        """Return the object as last seen."""
        return self._pod

    def update(self, pod: Obj | None) -> None:
        """Take in the object's present state; None when it is gone."""
        if pod and self._pod and _described(pod) != _described(self._pod):
            self._volumes_stale = True  # files may show labels and annotations
        self._pod = pod
        if pod and self._publisher:
            self._publisher.observe(pod)
        if pod is None or is_deleting(pod):
            self._cancel_waiting_work()
        self.wake()

    def wake(self) -> None:
        """Look again soon."""
        self._wake.set()

    def contents_changed(self) -> None:
        """Note that an object which the pod uses has changed."""
        self._volumes_stale = True
        self._failures = {key: f for key, f in self._failures.items() if f.reason != "CreateContainerConfigError"}
        self._failures.pop(actions.VOLUMES, None)
        self.wake()

    async def run(self) -> None:
        """Work until the pod is gone from host and API."""
        try:
            while not self.finished:
                self._wake.clear()
                wake_at = self._step_safely()
                await self._sleep(wake_at)
        finally:
            self._stop()

    def _stop(self) -> None:
        self._grants.release()
        self._probes.stop()
        for task in self._work.values():
            task.cancel()
        if self._publisher:
            self._publisher.stop()

    async def _sleep(self, wake_at: float) -> None:
        seconds = min(_IDLE_SECONDS, max(0.0, wake_at - time.time())) if wake_at else _IDLE_SECONDS
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return

    def _step_safely(self) -> float:
        try:
            return self._step()
        except Exception:
            _log.exception("pod %s: cannot decide what to do", self.uid)
            return time.time() + _IDLE_SECONDS / 2

    def _step(self) -> float:
        now = time.time()
        if self._pod is None:
            return self._step_removal(now)
        self._judge(self._with_known_status(self._pod))
        pod = self._grants.look(self._with_known_status(self._pod))
        seen = self._see(pod, now)
        self._probes.follow(pod, seen)
        seen = replace(seen, probes=self._probes.views())
        result = plan(pod, seen, now)
        for action in result.actions:
            self._begin(action, pod)
        self._publish(pod, seen, now)
        self._refresh_volumes(pod, now, result)
        self._wake_for_failures(now, result)
        if self._grants.pending and self._grants.pending.reason == DEFERRED:
            result.wake(now + _DEFERRED_SECONDS)
        return result.wake_at

    def _judge(self, pod: Obj) -> None:
        """Refuse a pod for which there is no room; once, before anything of it is here."""
        if self._is_judged:
            return
        self._is_judged = True
        if is_over(pod) or is_deleting(pod) or _has_begun(pod) or self._shared.view.pod(self.uid).all():
            return
        why = self._refusal(pod)
        if why and self._publisher:
            self._shared.recorder.event(pod, "Warning", why.reason, why.message)
            self._publisher.want(refused_status(pod, why, now_text()))

    def _refusal(self, pod: Obj) -> Refusal | None:
        granted, others = self._shared.granted, []
        for one in self._neighbours():
            uid = uid_of(one)
            if uid != self.uid and (uid in granted or _has_begun(one)) and not is_over(one):
                others.append(one)
        taken = [granted.get(uid_of(one)) or pod_amounts(one["spec"], "requests") for one in others]
        return refusal(pod, others, taken, self._shared.allocatable)

    def _step_removal(self, now: float) -> float:
        self._ending_since = self._ending_since or now
        self._probes.stop()
        seen = Seen(
            records=self._shared.view.pod(self.uid),
            busy=frozenset(self._work),
            stopping=dict(self._stopping),
            failures=self._failures,
        )
        result = plan_removal(seen, now, self._ending_since + _REMOVAL_GRACE_SECONDS)
        for action in result.actions:
            self._begin(action, None)
        return result.wake_at

    def _with_known_status(self, pod: Obj) -> Obj:
        return pod | {"status": self._publisher.base()} if self._publisher else pod

    def _see(self, pod: Obj, now: float) -> Seen:
        records = self._with_messages(pod, self._shared.view.pod(self.uid))
        images = {c["image"] for _, c in all_containers_of(pod) if self._shared.images.has(c.get("image", ""))}
        for _, container in all_containers_of(pod):
            # An image that is pulled each time may be here and yet be refused by its registry.
            if container.get("image") in images and pull_policy(container) != "Always":
                self._failures.pop(actions.image_key(container["name"]), None)
        seen = Seen(
            records=records,
            addresses=self._apply.addresses,
            volumes_ready=self._volumes_ready,
            images=frozenset(images),
            pulled=frozenset(self._apply.pulled),
            probes=self._probes.views(),
            busy=frozenset(self._work),
            stopping=dict(self._stopping),
            hooking=frozenset(self._hooking),
            failures=self._failures,
            resources=dict(self._grants.had(pod, records)),
            users=self._users_of(records),
            pending=self._grants.pending,
        )
        if not self._ending_since and is_ending(pod, seen, now):
            self._ending_since = now
        return replace(seen, ending_since=self._ending_since)

    def _users_of(self, records: PodRecords) -> dict[str, Obj]:
        """Return whose the first process of each running container is; each is read once."""
        running = [record for record in records.all() if record.name and record.is_running and record.state.pid]
        self._users = {r.id: self._users[r.id] if r.id in self._users else user_of(r.state.pid) for r in running}
        return {container: user for container, user in self._users.items() if user}

    # Termination messages

    def _with_messages(self, pod: Obj, records: PodRecords) -> PodRecords:
        """Add the termination messages of ended containers; each is read once."""
        ended = [r for r in records.all() if r.is_exited and r.name]
        if not ended:
            return records
        return group([replace(r, message=self._message(pod, r)) if r in ended else r for r in records.all()])

    def _message(self, pod: Obj, record: Record) -> str:
        if record.id not in self._messages:
            text = self._apply.files.message(record.name, record.attempt)
            self._messages[record.id] = text
            found = find_container(pod, record.name)
            policy = found[1].get("terminationMessagePolicy") if found else ""
            if not text and policy == "FallbackToLogsOnError" and record.exit_code:
                self._start_work(f"message:{record.id}", self._read_last_lines(record))
        return self._messages[record.id]

    async def _read_last_lines(self, record: Record) -> None:
        self._messages[record.id] = await self._apply.last_lines(record)

    # Status

    def _publish(self, pod: Obj, seen: Seen, now: float) -> None:
        if self._publisher and not _never_began(pod, seen):
            status = self._shown(pod_status(pod, seen, now, now_text(), self._shared.host))
            self._tell_waits(pod, status)
            self._publisher.want(status)

    def _tell_waits(self, pod: Obj, status: Obj) -> None:
        """Report each wait for the next try as an event, once."""
        for entry in statuses_of(status):
            waiting = entry["state"].get("waiting") or {}
            wait = (entry["name"], waiting.get("reason", ""), entry["restartCount"])
            if wait[1] in _BACK_OFFS and wait not in self._told:
                self._told.add(wait)
                where = f"spec.containers{{{entry['name']}}}"
                self._shared.recorder.event(pod, "Warning", "BackOff", waiting["message"], field_path=where)

    def _shown(self, status: Obj) -> Obj:
        """Name images by the digests they came with."""
        for entry in statuses_of(status):
            if entry["imageID"]:
                entry["imageID"] = self._shared.images.id_shown(entry["image"], entry["imageID"])
        return status

    def _wake_for_failures(self, now: float, result: Plan) -> None:
        for failure in self._failures.values():
            if shown_differently_at(failure) > now:
                result.wake(shown_differently_at(failure) + 0.01)

    # Volumes

    def _refresh_volumes(self, pod: Obj, now: float, result: Plan) -> None:
        if not self._volumes_ready or self._ending_since or actions.VOLUMES in self._work:
            return
        renew_at = self._apply.volumes.renew_at
        if self._volumes_stale or (renew_at and renew_at <= now):
            self._volumes_stale = False
            self._start_work(actions.VOLUMES, self._rewrite_volumes(pod))
        elif renew_at:
            result.wake(renew_at)

    async def _rewrite_volumes(self, pod: Obj) -> None:
        try:
            await self._apply.volumes.refresh(pod)
        except ConfigError as error:
            self._shared.recorder.event(pod, "Warning", "FailedMount", str(error))

    # Work

    def _begin(self, action: Action, pod: Obj | None) -> None:
        if isinstance(action, StopContainer):
            self._stopping[action.container] = action.deadline
            if action.key in self._work:
                self._work[action.key].cancel()  # the deadline has moved forward
        # A sandbox that can be made may fail to start each time: only its start ends the row of failures.
        self._start_work(action.key, self._perform(action, pod), settles=not isinstance(action, actions.CreateSandbox))

    def _start_work(self, key: str, work: Coroutine[Any, Any, None], *, settles: bool = True) -> None:
        guarded = self._guarded(key, work, settles=settles)
        task = asyncio.get_running_loop().create_task(guarded, name=f"{key} of {self.uid}")
        self._work[key] = task
        task.add_done_callback(lambda done: self._end_work(key, done))

    def _end_work(self, key: str, task: asyncio.Task[None]) -> None:
        if self._work.get(key) is task:
            del self._work[key]
            self._stopping.pop(key.removeprefix("container:"), None)
        self.wake()

    async def _guarded(self, key: str, work: Coroutine[Any, Any, None], *, settles: bool) -> None:
        """Do the work; turn what goes wrong into a failure with a time to retry."""
        try:
            await work
            if settles:
                self._failures.pop(key, None)
        except WorkFailed as error:
            self._failed(key, error)
        except (EngineError, ApiError, ConnectionError) as error:
            self._failed(key, WorkFailed("ContainerCreating", str(error), event=""))
        except Exception as error:
            _log.exception("pod %s: %s", self.uid, key)
            self._failed(key, WorkFailed("InternalError", f"{type(error).__name__}: {error}"))

    def _failed(self, key: str, error: WorkFailed) -> None:
        failure = failure_after(error, self._failures.get(key), time.time())
        self._failures[key] = failure
        if self._pod and error.event:
            self._shared.recorder.event(self._pod, "Warning", error.event, error.message)

    def _cancel_waiting_work(self) -> None:
        for key, task in self._work.items():
            if key == actions.VOLUMES or key.startswith("image:"):
                task.cancel()

    async def _perform(self, action: Action, pod: Obj | None) -> None:
        apply = self._apply
        match action:
            case actions.StopContainer():
                await apply.stop_container(pod, action)
            case actions.RemoveContainer():
                await apply.remove_container(action.id)
            case actions.FinishPod():
                await self._finish(pod)
            case _ if pod is not None:
                await self._perform_for(pod, action)

    async def _perform_for(self, pod: Obj, action: Action) -> None:
        apply = self._apply
        match action:
            case actions.PrepareVolumes():
                await apply.prepare_volumes(pod)
                self._volumes_ready = True
            case actions.CreateSandbox():
                await apply.create_sandbox(pod, action)
            case actions.StartSandbox():
                await apply.start_sandbox(pod, action)
            case actions.AttachNetwork():
                await apply.attach(pod, action)
            case actions.RemoveSandbox():
                await apply.remove_sandbox(pod, action)
            case actions.PullImage():
                await apply.pull_image(pod, action)
            case actions.CreateContainer():
                await apply.create_container(pod, action)
            case actions.StartContainer():
                await self._start_container(pod, action)
            case actions.ResizeContainer():
                await self._resize_container(pod, action)

    async def _start_container(self, pod: Obj, action: StartContainer) -> None:
        found = find_container(pod, action.container)
        if found is None:
            return
        if (found[1].get("lifecycle") or {}).get("postStart"):
            self._hooking.add(action.container)
        try:
            await self._apply.start_container(pod, action)
            await self._apply.run_post_start(pod, found[1], action)
        finally:
            self._hooking.discard(action.container)

    async def _resize_container(self, pod: Obj, action: ResizeContainer) -> None:
        found = find_container(pod, action.container)
        where = f"spec.containers{{{action.container}}}"
        self._shared.recorder.event(pod, "Normal", "ResizeStarted", "Container resize started", field_path=where)
        await self._apply.resize_container(pod, action)
        if found:
            self._grants.applied(action.id, found[1].get("resources") or {})
        self._shared.recorder.event(pod, "Normal", "ResizeCompleted", "Container resize completed", field_path=where)

    async def _finish(self, pod: Obj | None) -> None:
        """Write the last status, clear the host, let the API drop the object."""
        if pod and self._publisher:
            await self._publisher.settled()
        records = self._shared.view.pod(self.uid).all()
        sample = self._shared.view.sample(self.uid)
        if pod:
            namespace, name = namespace_of(pod), name_of(pod)
        else:
            namespace, name = (sample.namespace, sample.pod) if sample else ("", "")
        await self._apply.remove_everything(records, namespace, name)
        if pod:
            await self._delete_object(pod)
        self.finished = True

    async def _delete_object(self, pod: Obj) -> None:
        try:
            await self._shared.client.delete(PODS, name_of(pod), namespace_of(pod), grace_seconds=0, uid=uid_of(pod))
        except ApiError as error:
            if error.reason not in {"NotFound", "Conflict"}:
                raise


def _has_begun(pod: Obj) -> bool:
    """Tell whether a host has taken this pod before."""
    return bool((pod.get("status") or {}).get("startTime"))


def _never_began(pod: Obj, seen: Seen) -> bool:
    """Tell whether a pod was over before it had any container: then its status says all there is to say."""
    return is_over(pod) and not seen.records.all() and not statuses_of(pod["status"])


def _described(pod: Obj) -> tuple[Obj | None, Obj | None]:
    """Return what files inside the pod may show of it."""
    metadata = pod["metadata"]
    return metadata.get("labels"), metadata.get("annotations")
