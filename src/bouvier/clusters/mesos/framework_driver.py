"""Mesos without Marathon: the platform's own framework runs one task for each replica.

A workload is a wish in the scheduler's memory and the tasks that bear its labels. After a restart the tasks tell which
workloads there are, and the first look at our objects brings the wishes back: nothing is killed or started meanwhile.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import orjson

from bouvier.clusters.driver import (
    Fields,
    Instance,
    Observed,
    Related,
    Workload,
    digest,
    template_key,
)
from bouvier.clusters.mesos import observe
from bouvier.clusters.mesos.base import MesosDriver, MesosOptions
from bouvier.clusters.mesos.fields import STAMPS, TEMPLATE_FIELDS, labels_of_task
from bouvier.clusters.mesos.forwarders import MARK
from bouvier.clusters.mesos.rollout import Wish, starts_again
from bouvier.clusters.mesos.scheduler import KEY, TEMPLATE, Order, TaskScheduler
from bouvier.clusters.mesos.volumes import contents_by_hash
from bouvier.controllers.workloads.deployment_sizes import is_rolling, max_surge, max_unavailable
from bouvier.meta.objects import Obj, name_of, namespace_of, uid_of

KINDS: dict[str, Literal["Deployment", "DaemonSet", "Pod"]] = {"DaemonSet": "DaemonSet", "Pod": "Pod"}
FIELDS = f"{STAMPS}fields"
"""Label with the fields of a task as JSON: what a paused rollout goes on with after a restart."""
Message = Mapping[str, Any]


class FrameworkDriver(MesosDriver):
    """A master and our framework at it."""

    def __init__(self, options: MesosOptions, cluster_uid: str, cluster_name: str) -> None:
        super().__init__(options, cluster_uid)
        name = f"bouvier-{cluster_name}-{cluster_uid[:8]}"
        self._scheduler = TaskScheduler(self._master, name, self._feed.woken.set)
        self._running: asyncio.Task[None] | None = None
        self._deleted: set[str] = set()

    @property
    def capabilities(self) -> tuple[str, ...]:
        """Return what it can do."""
        return (*super().capabilities, "pods", "jobs", "statefulsets")

    async def observe(self) -> Observed:
        """Read tasks and agents; the first look starts the framework."""
        look = await self._look_around()
        self._keep_running()
        self._scheduler.see_agents({agent["agent_info"]["id"]["value"] for agent in look.active_agents()})
        own = [task for task in look.tasks if self._own_labels(task)]
        others = [task for task in look.tasks if not self._own_labels(task)]
        workloads = self._workloads([*own, *self._ended_pods(look.ended)])
        instances = [*self._instances(own), *self._pod_instances(own, look.ended)]
        more_workloads, more_instances = observe.foreign(others, look.frameworks)
        return Observed(
            version=look.version,
            workloads=(*workloads, *more_workloads),
            instances=(*instances, *more_instances),
            hosts=observe.hosts(look.agents),
            settled=self._is_settled(workloads, instances),
        )

    def _keep_running(self) -> None:
        """Start the framework, again if it failed altogether."""
        if self._running is not None and self._running.done():
            failure = self._running.exception()
            self._running = None
            raise ConnectionError(f"the framework failed: {failure}")
        if self._running is None:
            self._running = asyncio.create_task(self._scheduler.run(), name="mesos framework")

    def _is_settled(self, workloads: Sequence[Workload], instances: Sequence[Instance]) -> bool:
        counts = Counter(instance.workload for instance in instances if instance.ready)
        kinds = {w.id: w.kind for w in workloads}
        sizes = {w.id: w.fields.get("replicas", 0) for w in workloads if w.kind == "Deployment"}
        complete = all(counts[key] == size for key, size in sizes.items())
        ended = ("succeeded", "failed")
        settled = all(i.ready or (kinds[i.workload] == "Pod" and i.phase in ended) for i in instances)
        return complete and settled and not self._writing

    def _workloads(self, tasks: Sequence[Message]) -> list[Workload]:
        """Return what is wished, and what runs for objects that have told no wish yet."""
        found = {
            key: self._workload(key, order.labels, order.wish.fields, order)
            for key, order in self._scheduler.orders.items()
            if MARK not in order.labels
        }
        for task in tasks:
            labels = labels_of_task(task)
            key = labels.get(KEY, "")
            if key and key not in found and key not in self._deleted and MARK not in labels:
                found[key] = self._workload(key, labels, _fields(labels), None)
        self._deleted &= {labels_of_task(task).get(KEY, "") for task in tasks}
        return list(found.values())

    def _workload(self, key: str, labels: Mapping[str, str], fields: Fields, order: Order | None) -> Workload:
        kind = KINDS.get(labels.get(f"{STAMPS}kind", ""), "Deployment")
        name = f"{labels.get(f'{STAMPS}namespace', '')}_{labels.get(f'{STAMPS}name', '')}"
        message = "" if order is None else order.waits_for
        return Workload(id=key, name=name, kind=kind, uid=key, fields=fields, message=message)

    def _instances(self, tasks: Sequence[Message]) -> list[Instance]:
        found = []
        present: Counter[str] = Counter()
        for task in tasks:
            labels = labels_of_task(task)
            key = labels.get(KEY, "")
            if MARK in labels or not key or labels.get(f"{STAMPS}kind") == "Pod":
                continue
            made = observe.instance(task, key, template_key(_fields(labels), TEMPLATE_FIELDS))
            present[key] += made.wanted and labels.get(TEMPLATE) == self._template_of(key)
            found.append(made)
        for key, order in self._scheduler.orders.items():
            fields = order.wish.fields
            if MARK in order.labels or not order.waits_for or fields.get("global") or "host" in fields:
                continue
            template = template_key(order.wish.fields, TEMPLATE_FIELDS)
            image = order.wish.fields.get("image", "")
            reason, restarts = order.waits_for, order.failures
            missing = range(max(0, int(order.wish.fields.get("replicas", 0)) - present[key]))
            found += [observe.waiting(key, n, template, reason, image=image, restarts=restarts) for n in missing]
        return found

    def _ended_pods(self, ended: Sequence[Message]) -> list[Message]:
        """Return the tasks of pods that have ended: their pods are there until they are deleted."""
        return [task for task in ended if self._own_labels(task).get(f"{STAMPS}kind") == "Pod"]

    def _pod_instances(self, alive: Sequence[Message], ended: Sequence[Message]) -> list[Instance]:
        """Return one instance for each pod: its task, or how the last one ended."""
        runs: dict[str, list[Message]] = {}
        tasks = [*sorted(self._ended_pods(ended), key=observe.ended_at), *alive]
        for task in tasks:
            labels = self._own_labels(task)
            if labels.get(f"{STAMPS}kind") == "Pod" and labels.get(KEY) not in self._deleted:
                runs.setdefault(labels.get(KEY, ""), []).append(task)
        found = [self._pod_instance(key, members) for key, members in runs.items()]
        waiting = {k: o for k, o in self._scheduler.orders.items() if k not in runs and "host" in o.wish.fields}
        found += [self._waiting_pod(key, order) for key, order in waiting.items() if order.waits_for]
        return found

    def _pod_instance(self, key: str, tasks: Sequence[Message]) -> Instance:
        last = tasks[-1]
        order = self._scheduler.orders.get(key)
        made = observe.instance(last, key, labels_of_task(last).get(TEMPLATE, ""), len(tasks) - 1)
        if order is None or last.get("state") not in observe.TERMINAL or not order.wish.fields.get("replicas"):
            return made
        if starts_again(order.wish.fields, str(last.get("state"))):
            return replace(made, phase="creating", wanted=True, restarts=len(tasks))
        return made

    def _waiting_pod(self, key: str, order: Order) -> Instance:
        fields = order.wish.fields
        return observe.waiting(
            key, 0, order.wish.template, order.waits_for, image=fields.get("image", ""), restarts=0, host=fields["host"]
        )

    def _template_of(self, key: str) -> str:
        order = self._scheduler.orders.get(key)
        return "" if order is None else order.wish.template

    def adopted_changes(self, obj: Obj, live: Fields, wanted: Fields) -> Obj:
        """Return the spec as it is: nobody but us changes what our framework runs."""
        del live, wanted
        spec: Obj = obj["spec"]
        return spec

    # Changing

    async def put(self, obj: Obj, fields: Fields, related: Related, live: Workload | None) -> None:
        """Take an object's wish in; tasks follow."""
        del live
        if "image" not in fields:
            return  # paused before anything was known of what ran: it goes on as it is
        labels = self._stamps(obj) | {FIELDS: orjson.dumps(fields, option=orjson.OPT_SORT_KEYS).decode()}
        wish = Wish(
            key=uid_of(obj),
            fields=fields,
            template=_template(fields),
            surge=max_surge(obj) if obj["kind"] == "Deployment" else 0,
            unavailable=max_unavailable(obj) if obj["kind"] == "Deployment" else 1,
            recreate=obj["kind"] == "Deployment" and not is_rolling(obj),
        )
        name = f"{namespace_of(obj)}_{name_of(obj)}"
        self._scheduler.order(Order(wish, name, labels, contents_by_hash(obj, related)))

    async def remove(self, workload: Workload) -> None:
        """End a workload's tasks."""
        self._deleted.add(workload.id)
        self._scheduler.drop(workload.id)

    async def stop_instance(self, instance: Instance) -> None:
        """Kill a task; another one is started."""
        await self._scheduler.kill(instance.id)

    async def _keep_forwarders(self, wanted: Mapping[str, tuple[Fields, dict[str, str]]]) -> None:
        present = {k for k, o in self._scheduler.orders.items() if MARK in o.labels}
        for key, (fields, marks) in wanted.items():
            fields = {**fields, "fixed_ports": True}  # noqa: PLW2901 - the same fields, as this scheduler wants them
            wish = Wish(key=f"port:{key}", fields=fields, template=_template(fields))
            known = self._scheduler.orders.get(wish.key)
            if known is None or known.wish != wish:
                name = f"port_{key.replace('/', '_')}"
                self._scheduler.order(Order(wish, name, marks))
        running = {labels_of_task(task).get(KEY, "") for task in self._look.tasks if self._own_labels(task)}
        running = {key for key in running if key.startswith("port:")}
        for key in (present | running) - {f"port:{key}" for key in wanted}:
            self._scheduler.drop(key)

    async def close(self) -> None:
        """Leave the master; tasks go on until the failover timeout."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        await super().close()


def _fields(labels: Mapping[str, str]) -> Fields:
    try:
        found: Fields = orjson.loads(labels.get(FIELDS, "{}"))
    except orjson.JSONDecodeError:
        return {}
    return {name: value for name, value in found.items() if name != "replicas"}


def _template(fields: Fields) -> str:
    return digest({name: value for name, value in fields.items() if name != "replicas"})
