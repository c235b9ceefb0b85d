"""Our own scheduler on Mesos: it keeps tasks as the wishes say, by offers and status updates.

Nothing is remembered that the master does not know: tasks are found by their labels after each subscription, and every
step is decided anew from wishes, tasks and offers.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from bouvier.clusters.mesos import observe
from bouvier.clusters.mesos.fields import STAMPS, labels_of_task
from bouvier.clusters.mesos.http import CallRefusedError, MesosHttp
from bouvier.clusters.mesos.placement import Offered, choose, gathered
from bouvier.clusters.mesos.rollout import Run, Step, Wish, step
from bouvier.clusters.mesos.subscription import Subscription
from bouvier.clusters.mesos.tasks import task_info

TICK_SECONDS = 1.0
"""Between looks without news: delays after failures end, and what was not taken is tried again."""
RECONCILE_SECONDS = 900.0
"""Between implicit reconciliations, as the scheduler's guide advises."""
REFUSE_SECONDS = 5.0
"""Offers that do not serve come back after this time."""
FAILURES = frozenset(("TASK_FINISHED", "TASK_FAILED", "TASK_ERROR"))
"""Ends that are the task's own doing; after others the next one starts at once."""
KEY = f"{STAMPS}key"
TEMPLATE = f"{STAMPS}template"
FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS = 1.0, 60.0
log = structlog.get_logger(__name__)
Message = Mapping[str, Any]


@dataclass(slots=True)
class Order:
    """A wish with what its tasks need."""

    wish: Wish
    name: str
    labels: dict[str, str]
    contents: dict[str, bytes] = field(default_factory=dict)
    failures: int = 0
    not_before: float = 0.0
    waits_for: str = ""
    last_failure: str = ""


@dataclass(slots=True)
class Known:
    """A task of ours that has not ended."""

    id: str
    key: str
    template: str
    agent: str
    began: float
    state: str = "TASK_STAGING"
    ready: bool = False
    has_health: bool = False
    has_check: bool = False
    killed: bool = False


class TaskScheduler:
    """The framework of one cluster."""

    def __init__(self, http: MesosHttp, name: str, told: Callable[[], None]) -> None:
        self._http = http
        self._subscription = Subscription(http, name)
        self._told = told
        self.orders: dict[str, Order] = {}
        self.tasks: dict[str, Known] = {}
        self._agents: set[str] = set()
        self._offers: dict[str, Message] = {}
        self._dropped: set[str] = set()
        self.ended: dict[str, str] = {}
        """How the last task of a pod ended, by its key."""
        self._changed = asyncio.Event()
        self._subscribed = False
        self._suppressed = False
        self._reconciled = 0.0
        self._revived = 0.0

    @property
    def framework_id(self) -> str:
        """Return our id at the master, empty before the first subscription."""
        return self._subscription.framework_id

    def order(self, order: Order) -> None:
        """Take a wish in, new or changed."""
        before = self.orders.get(order.wish.key)
        if before is not None and before.wish.template == order.wish.template:
            order.failures, order.not_before = before.failures, before.not_before
            order.last_failure = before.last_failure
        self.orders[order.wish.key] = order
        self._dropped.discard(order.wish.key)
        self._changed.set()

    def drop(self, key: str) -> None:
        """End a workload: its tasks are killed."""
        self.orders.pop(key, None)
        self.ended.pop(key, None)
        self._dropped.add(key)
        self._changed.set()

    async def kill(self, identifier: str) -> None:
        """End one task; another one takes its place."""
        task = self.tasks.get(identifier)
        if task is not None and not task.killed:
            body = {"task_id": {"value": identifier}, "agent_id": {"value": task.agent}}
            task.killed = await self._subscription.call("KILL", body)

    def see_agents(self, active: set[str]) -> None:
        """Take in which agents take tasks."""
        if active != self._agents:
            self._agents = active
            self._changed.set()

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen(), name="scheduler events")
            tasks.create_task(self._work(), name="scheduler")

    # Events

    async def _listen(self) -> None:
        async for event in self._subscription.events():
            await self._take(event)
            self._changed.set()

    async def _take(self, event: Message) -> None:
        match event["type"]:
            case "SUBSCRIBED":
                self._offers.clear()
                self._suppressed = False
                await self._recall()
                self._subscribed = True
                await self._reconcile()
            case "OFFERS":
                self._offers |= {offer["id"]["value"]: offer for offer in event["offers"]["offers"]}
            case "RESCIND":
                self._offers.pop(event["rescind"]["offer_id"]["value"], None)
            case "UPDATE":
                await self._update(event["update"]["status"])

    async def _recall(self) -> None:
        """Read which tasks we have from the master."""
        try:
            answer = await self._http.operate("GET_TASKS")
        except CallRefusedError as error:
            raise ConnectionError(str(error)) from error
        found = [*(answer.get("tasks") or ()), *(answer.get("completed_tasks") or ())]
        own = [task for task in found if task["framework_id"]["value"] == self.framework_id]
        alive = [task for task in own if task.get("state") not in observe.TERMINAL]
        self.tasks = {observe.identifier(task): _known(task) for task in alive}
        for task in sorted((t for t in own if t.get("state") in observe.TERMINAL), key=observe.ended_at):
            self.ended[labels_of_task(task).get(KEY, "")] = str(task["state"])

    async def _reconcile(self) -> None:
        self._reconciled = time.monotonic()
        tasks = [{"task_id": {"value": t.id}, "agent_id": {"value": t.agent}} for t in self.tasks.values()]
        await self._subscription.call("RECONCILE", {"tasks": tasks})

    async def _update(self, status: Message) -> None:
        """Take a status in and acknowledge it; those without an id are none that anybody waits for."""
        name, state = status["task_id"]["value"], status["state"]
        task = self.tasks.get(name)
        if task is not None:
            task.state = state
            passes = observe.is_ready(
                {
                    "state": state,
                    "statuses": [status],
                    "health_check": task.has_health,
                    "check": task.has_check,
                }
            )
            task.ready = passes
            self._count(task, status)
            if state in observe.TERMINAL:
                del self.tasks[name]
                order = self.orders.get(task.key)
                if order is not None and "host" in order.wish.fields and not task.killed:
                    self.ended[task.key] = state
        if status.get("uuid"):
            body = {"agent_id": status["agent_id"], "task_id": status["task_id"], "uuid": status["uuid"]}
            await self._subscription.call("ACKNOWLEDGE", body)
        self._told()

    def _count(self, task: Known, status: Message) -> None:
        """Delay the next start after a failure, twice as long each time."""
        order = self.orders.get(task.key)
        if order is None or order.wish.template != task.template:
            return
        if task.ready:
            order.failures = 0
        elif task.state in FAILURES and not task.killed:
            delay = min(FIRST_DELAY_SECONDS * 2.0**order.failures, LONGEST_DELAY_SECONDS)
            order.failures += 1
            order.not_before = time.monotonic() + delay
            order.last_failure = str(status.get("message", ""))

    # Deciding and acting

    async def _work(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), TICK_SECONDS)
            self._changed.clear()
            if not self._subscribed or not self._subscription.is_open:
                continue
            if time.monotonic() - self._reconciled > RECONCILE_SECONDS:
                self._reconciled = time.monotonic()
                await self._subscription.call("RECONCILE", {})
            await self._act()

    async def _act(self) -> None:
        steps = {key: self._step(order) for key, order in self.orders.items()}
        for planned in steps.values():
            for identifier in planned.kill:
                await self.kill(identifier)
        for task in list(self.tasks.values()):
            if task.key in self._dropped and task.key not in self.orders:
                await self.kill(task.id)
        starting = {key: planned for key, planned in steps.items() if planned.start or planned.start_on}
        await self._seek_offers(bool(starting))
        if self._offers:
            await self._start(starting)

    def _step(self, order: Order) -> Step:
        runs = [
            Run(t.id, t.template, t.agent, t.ready, t.killed or t.state == "TASK_KILLING", t.began)
            for t in self.tasks.values()
            if t.key == order.wish.key and t.state != "TASK_UNREACHABLE"
        ]
        planned = step(replace(order.wish, ended=self.ended.get(order.wish.key, "")), runs, self._agents)
        if time.monotonic() < order.not_before:
            left = order.not_before - time.monotonic()
            order.waits_for = f"{order.last_failure or 'a task failed'}: started again in {left:.0f} s"
            return Step(kill=planned.kill)
        if not planned.start and not planned.start_on:
            order.waits_for = ""
        return planned

    async def _seek_offers(self, wanted: bool) -> None:  # noqa: FBT001 - the one thing it is about
        """Ask for offers when something is to be started, and for none when nothing is."""
        is_due = self._suppressed or time.monotonic() - self._revived > TICK_SECONDS
        if wanted and not self._offers and is_due:
            self._revived = time.monotonic()
            if await self._subscription.call("REVIVE"):
                self._suppressed = False
        elif not wanted and not self._suppressed:
            self._suppressed = await self._subscription.call("SUPPRESS")

    async def _start(self, starting: Mapping[str, Step]) -> None:
        """Use the offers at hand for what is to be started, and give the rest back."""
        offered = gathered(self._offers.values())
        self._offers.clear()
        launches: dict[str, list[Message]] = {o.agent: [] for o in offered}
        for key, planned in starting.items():
            order = self.orders[key]
            if any(mark not in order.contents for _, mark in order.wish.fields.get("files") or ()):
                order.waits_for = "the files of this revision are not known any more: resume the rollout"
                continue
            for agent in planned.start_on or ("",) * planned.start:
                serving = [o for o in offered if agent in ("", o.agent)]
                if agent and not serving:
                    continue
                chosen, order.waits_for = choose(order.wish.fields, serving, self._spread(key))
                if chosen is None:
                    break
                launches[chosen.agent].append(self._launch(order, chosen))
        for offer in offered:
            await self._accept(offer, launches[offer.agent])

    def _spread(self, key: str) -> Counter[str]:
        return Counter(task.agent for task in self.tasks.values() if task.key == key)

    def _launch(self, order: Order, chosen: Offered) -> Message:
        identifier = f"{order.name}.{uuid.uuid4()}"
        wish = order.wish
        self.tasks[identifier] = Known(
            id=identifier,
            key=wish.key,
            template=wish.template,
            agent=chosen.agent,
            began=time.time(),
            has_health=bool(wish.fields.get("health")),
            has_check=bool(wish.fields.get("check")),
        )
        return task_info(
            wish.fields,
            identifier=identifier,
            name=order.name,
            agent=chosen.agent,
            host_ports=chosen.take(wish.fields),
            labels=order.labels | {KEY: wish.key, TEMPLATE: wish.template},
            contents=order.contents,
            role=chosen.role,
        )

    async def _accept(self, offer: Offered, tasks: list[Message]) -> None:
        ids = [{"value": name} for name in offer.offers]
        if not tasks:
            filters = {"refuse_seconds": REFUSE_SECONDS}
            await self._subscription.call("DECLINE", {"offer_ids": ids, "filters": filters})
            return
        operation = {"type": "LAUNCH", "launch": {"task_infos": tasks}}
        body = {"offer_ids": ids, "operations": [operation], "filters": {"refuse_seconds": 0.0}}
        if not await self._subscription.call("ACCEPT", body):
            for task in tasks:
                self.tasks.pop(task["task_id"]["value"], None)


def _known(task: Message) -> Known:
    labels = labels_of_task(task)
    statuses: Sequence[Message] = task.get("statuses") or ({},)
    return Known(
        id=observe.identifier(task),
        key=labels.get(KEY, ""),
        template=labels.get(TEMPLATE, ""),
        agent=task["agent_id"]["value"],
        began=float(statuses[0].get("timestamp", 0.0)),
        state=task.get("state", "TASK_STAGING"),
        ready=observe.is_ready(task),
        has_health=bool(task.get("health_check")),
        has_check=bool(task.get("check")),
        killed=task.get("state") == "TASK_KILLING",
    )
