"""The simulated master: who is there, what runs where, and what each scheduler is told.

Resources are offered whole, agent by agent, to the framework with the smallest dominant share. Status updates of
executors are sent one by one for each task and repeated until they are acknowledged, as agents do.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from pathlib import Path
from typing import Any, Protocol

from tools.mesos_simulator.model import Agent, Framework, Message, Offer, Send, Task, nanoseconds, new_uuid
from tools.mesos_simulator.resources import Amounts, parse, render, total

ALLOCATION_SECONDS = 1.0
"""Between two rounds of offers (`--allocation_interval`)."""
RETRY_SECONDS = 10.0
"""After which an unacknowledged update is sent again (STATUS_UPDATE_RETRY_INTERVAL_MIN)."""
DEFAULT_REFUSE_SECONDS = 5.0
"""Filters.refuse_seconds where a scheduler names none."""
COMPLETED_TASKS = 1000
"""Ended tasks that are remembered (`--max_completed_tasks_per_framework`)."""


class Executor(Protocol):
    """Runs tasks."""

    def launch(self, task: Task) -> None:
        """Start it."""

    def kill(self, task: Task, grace_seconds: float | None) -> None:
        """End it."""


class RefusedCallError(Exception):
    """A call that the master answers with an error status."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Master:
    """State of the cluster, changed by calls and by executors."""

    def __init__(self, address: str, port: int, folder: Path) -> None:
        self.id = str(uuid.uuid4())
        self.address, self.port = address, port
        self.started = time.time()
        self.agents: dict[str, Agent] = {}
        self.frameworks: dict[str, Framework] = {}
        self.completed_frameworks: list[Framework] = []
        self.tasks: dict[tuple[str, str], Task] = {}
        self.completed_tasks: list[Task] = []
        self.offers: dict[str, Offer] = {}
        self.watchers: list[Send] = []
        self.executor: Executor
        self._folder = folder
        self._count = 0
        self._offers_due = asyncio.Event()

    # Agents

    def add_agent(self, hostname: str, address: str, port: int, amounts: Amounts, attributes: dict[str, str]) -> Agent:
        """Register an agent."""
        agent = Agent(f"{self.id}-S{len(self.agents)}", hostname, address, port, amounts, attributes)
        self.agents[agent.id] = agent
        self.tell_watchers({"type": "AGENT_ADDED", "agent_added": {"agent": self.describe_agent(agent)}})
        return agent

    def agent(self, given: Message) -> Agent:
        """Return the agent that a call names."""
        found = self.agents.get(given.get("agent_id", {}).get("value", ""))
        if found is None:
            raise RefusedCallError(400, "Agent not found")
        return found

    def hold(self, agent: Agent, *, drain: Message | None) -> None:
        """Take an agent out of scheduling; with a drain configuration its tasks end too."""
        agent.deactivated = True
        for offer in [o for o in self.offers.values() if o.agent is agent]:
            self._rescind(offer)
        if drain is None:
            return
        agent.draining, agent.drain_began = drain, time.time()
        limit = drain.get("max_grace_period")
        for task in self.tasks_of(agent):
            grace = _grace(task)
            if limit is not None:
                seconds = int(limit["nanoseconds"]) / 1_000_000_000
                grace = seconds if grace is None else min(grace, seconds)
            self.executor.kill(task, grace)

    def reactivate(self, agent: Agent) -> None:
        """Offer an agent's resources again."""
        agent.deactivated, agent.draining = False, None
        self._offers_due.set()

    def tasks_of(self, agent: Agent) -> list[Task]:
        """Return the tasks on an agent that have not ended."""
        return [t for t in self.tasks.values() if t.agent is agent and not t.is_terminal]

    def describe_agent(self, agent: Agent) -> Message:
        """Return a GetAgents.Agent message."""
        used = total(t.amounts for t in self.tasks_of(agent))
        offered = total(o.amounts for o in self.offers.values() if o.agent is agent)
        described = {
            "agent_info": agent.info(),
            "active": not agent.deactivated,
            "deactivated": agent.deactivated,
            "version": VERSION,
            "pid": f"slave(1)@{agent.address}:{agent.port}",
            "registered_time": nanoseconds(agent.registered),
            "total_resources": render(agent.total),
            "allocated_resources": render(used),
            "offered_resources": render(offered),
        }
        if agent.draining is not None:
            state = "DRAINING" if self.tasks_of(agent) else "DRAINED"
            described["drain_info"] = {"state": state, "config": agent.draining}
            described["estimated_drain_start_time"] = nanoseconds(agent.drain_began)
        return described

    # Frameworks

    def subscribe(self, info: Message, send: Send) -> Framework:
        """Register a framework, or take it over from an earlier connection."""
        if not info.get("user") or not info.get("name"):
            raise RefusedCallError(400, "Failed to validate scheduler::Call: 'framework_info' needs user and name")
        identifier = (info.get("id") or {}).get("value", "")
        if any(f.id == identifier for f in self.completed_frameworks):
            send({"type": "ERROR", "error": {"message": "Framework has been removed"}})
            raise RefusedCallError(403, "Framework has been removed")
        framework = self.frameworks.get(identifier)
        if framework is None:
            identifier = identifier or f"{self.id}-{len(self.frameworks) + len(self.completed_frameworks):04d}"
            framework = self.frameworks[identifier] = Framework(identifier, info)
        elif framework.send is not None:
            framework.send({"type": "ERROR", "error": {"message": "Framework failed over"}})
        framework.info = info | {"id": {"value": identifier}}
        framework.send, framework.stream, framework.suppressed = send, str(uuid.uuid4()), False
        framework.refused = {}
        master = {"id": self.id, "ip": 0, "port": self.port, "hostname": self.address}
        master["address"] = {"hostname": self.address, "ip": self.address, "port": self.port}
        subscribed = {"framework_id": {"value": identifier}, "heartbeat_interval_seconds": 15.0, "master_info": master}
        send({"type": "SUBSCRIBED", "subscribed": subscribed})
        for task in list(self.tasks.values()):
            if task.framework is framework and task.unacknowledged:
                send(_update(task.unacknowledged[0]))
        self._offers_due.set()
        return framework

    def leave(self, framework: Framework, send: Send) -> None:
        """Note that a connection ended; the tasks go on until the failover timeout."""
        if framework.send is not send:
            return
        framework.send, framework.left = None, time.time()
        for offer in [o for o in self.offers.values() if o.framework is framework]:
            del self.offers[offer.id]
        self._offers_due.set()

    def teardown(self, framework: Framework) -> None:
        """Remove a framework and end its tasks."""
        for offer in [o for o in self.offers.values() if o.framework is framework]:
            del self.offers[offer.id]
        for task in [t for t in self.tasks.values() if t.framework is framework]:
            task.unacknowledged.clear()
            if task.is_terminal:
                self._forget(task)
            else:
                self.executor.kill(task, 0.0)
        self.frameworks.pop(framework.id, None)
        self.completed_frameworks.append(framework)
        if framework.send is not None:
            framework.send({})  # nothing more: the connection is closed
        framework.send = None
        self._offers_due.set()

    # Offers

    async def run(self) -> None:
        """Make offers, repeat updates, remove frameworks that stay away, until cancelled."""
        while True:
            self._offers_due.clear()
            self._make_offers()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._offers_due.wait(), ALLOCATION_SECONDS)
            for task in list(self.tasks.values()):
                if time.monotonic() - task.sent > RETRY_SECONDS:
                    self._send_next(task)
            for framework in list(self.frameworks.values()):
                timeout = float(framework.info.get("failover_timeout") or 0.0)
                if framework.send is None and time.time() - framework.left > timeout:
                    self.teardown(framework)

    def _make_offers(self) -> None:
        now = time.time()
        for agent in self.agents.values():
            if not agent.takes_tasks:
                continue
            held = [o.amounts for o in self.offers.values() if o.agent is agent]
            free = agent.total - total([*held, *(t.amounts for t in self.tasks_of(agent))])
            wanting = [
                f
                for f in self.frameworks.values()
                if f.send is not None and not f.suppressed and f.refused.get(agent.id, 0.0) <= now
            ]
            if not wanting or not free.is_worth_offering:
                continue
            framework = min(wanting, key=self._dominant_share)
            self._count += 1
            offer = Offer(f"{self.id}-O{self._count}", framework, agent, free)
            self.offers[offer.id] = offer
            assert framework.send is not None
            framework.send({"type": "OFFERS", "offers": {"offers": [_describe_offer(offer)]}})

    def _dominant_share(self, framework: Framework) -> float:
        used = total(t.amounts for t in self.tasks.values() if t.framework is framework and not t.is_terminal)
        everything = total(agent.total for agent in self.agents.values())
        return max(used.cpus / (everything.cpus or 1), used.mem / (everything.mem or 1))

    def _rescind(self, offer: Offer) -> None:
        del self.offers[offer.id]
        if offer.framework.send is not None:
            offer.framework.send({"type": "RESCIND", "rescind": {"offer_id": {"value": offer.id}}})

    def revive(self, framework: Framework) -> None:
        """Forget what a framework refused."""
        framework.refused, framework.suppressed = {}, False
        self._offers_due.set()

    def accept(self, framework: Framework, call: Message) -> None:
        """Use offers: launch tasks from them, and give back what is left."""
        found = [self.offers.pop(entry["value"], None) for entry in call.get("offer_ids") or ()]
        offers = [offer for offer in found if offer is not None and offer.framework is framework]
        launches = [
            info
            for operation in call.get("operations") or ()
            if operation.get("type") == "LAUNCH"
            for info in operation["launch"].get("task_infos") or ()
        ]
        valid = bool(offers) and len(offers) == len(found) and len({offer.agent.id for offer in offers}) == 1
        left = total(offer.amounts for offer in offers)
        for info in launches:
            left = self._launch(framework, info, offers[0].agent if valid else None, left)
        for operation in call.get("operations") or ():
            if operation.get("type") != "LAUNCH":
                text = f"operation {operation.get('type')} is not simulated"
                self._error(framework, {"message": text})
        seconds = float((call.get("filters") or {}).get("refuse_seconds", DEFAULT_REFUSE_SECONDS))
        for offer in offers:
            framework.refused[offer.agent.id] = time.time() + seconds
        self._offers_due.set()

    def _error(self, framework: Framework, error: Message) -> None:
        if framework.send is not None:
            framework.send({"type": "ERROR", "error": error})

    def _launch(self, framework: Framework, info: Message, agent: Agent | None, left: Amounts) -> Amounts:
        identifier = info["task_id"]["value"]
        if agent is None:
            self._lost(framework, identifier, "Task launched with invalid offers", "REASON_INVALID_OFFERS")
            return left
        needed = parse(info.get("resources") or ())
        sandbox = self._folder / agent.id / "frameworks" / framework.id / "executors" / identifier / "runs" / "latest"
        task = Task(info, framework, agent, sandbox)
        problem = ""
        if (framework.id, identifier) in self.tasks:
            problem = f"Task has duplicate ID: {identifier}"
        elif not left.holds(needed):
            problem = "Task uses more resources than available in the offers"
        elif (info.get("agent_id") or info.get("slave_id") or {}).get("value") != agent.id:
            problem = "Task is launched on another agent than that of its offers"
        if problem:
            status = self._status(task, "TASK_ERROR", problem, "REASON_TASK_INVALID", "SOURCE_MASTER")
            status.pop("uuid")
            if framework.send is not None:
                framework.send(_update(status))
            return left
        self.tasks[framework.id, identifier] = task
        self.tell_watchers({"type": "TASK_ADDED", "task_added": {"task": task.describe()}})
        self.executor.launch(task)
        return left - needed

    def _lost(self, framework: Framework, identifier: str, message: str, reason: str) -> None:
        state = "TASK_DROPPED" if framework.can("PARTITION_AWARE") else "TASK_LOST"
        status = {"task_id": {"value": identifier}, "state": state, "source": "SOURCE_MASTER", "reason": reason}
        if framework.send is not None:
            framework.send(_update(status | {"message": message, "timestamp": time.time()}))

    # Tasks

    def kill(self, framework: Framework, call: Message) -> None:
        """End a task."""
        identifier = call["task_id"]["value"]
        task = self.tasks.get((framework.id, identifier))
        if task is None or task.is_terminal:
            self._lost(framework, identifier, "Attempted to kill an unknown task", "REASON_RECONCILIATION")
            return
        policy = (call.get("kill_policy") or {}).get("grace_period")
        self.executor.kill(task, int(policy["nanoseconds"]) / 1_000_000_000 if policy else _grace(task))

    def report(self, task: Task, state: str, message: str = "", reason: str = "") -> None:
        """Take an executor's update in, and pass it on to the framework."""
        task.state = state
        status = self._status(task, state, message, reason, "SOURCE_EXECUTOR")
        if (task.framework.id, task.id) not in self.tasks:
            return
        task.statuses.append(status)
        self.tell_watchers({"type": "TASK_UPDATED", "task_updated": _watched(task, status)})
        if task.is_terminal:
            self._offers_due.set()
        if task.framework.id not in self.frameworks:
            if task.is_terminal:
                self._forget(task)
            return
        task.unacknowledged.append(status)
        if len(task.unacknowledged) == 1:
            self._send_next(task)

    def _status(self, task: Task, state: str, message: str, reason: str, source: str) -> Message:
        status: Message = {
            "task_id": {"value": task.id},
            "state": state,
            "source": source,
            "agent_id": {"value": task.agent.id},
            "executor_id": {"value": task.executor_id},
            "timestamp": time.time(),
            "uuid": new_uuid(),
            "container_status": task.container_status(),
        }
        extra = {"message": message, "reason": reason, "healthy": task.healthy, "check_status": task.check}
        return status | {name: value for name, value in extra.items() if value not in ("", None)}

    def _send_next(self, task: Task) -> None:
        if task.unacknowledged and task.framework.send is not None:
            task.sent = time.monotonic()
            task.framework.send(_update(task.unacknowledged[0]))

    def acknowledge(self, framework: Framework, call: Message) -> None:
        """Note that a scheduler has an update; the next one follows."""
        task = self.tasks.get((framework.id, call["task_id"]["value"]))
        if task is None or not task.unacknowledged or task.unacknowledged[0]["uuid"] != call["uuid"]:
            return
        task.unacknowledged.pop(0)
        if task.is_terminal and not task.unacknowledged:
            self._forget(task)
        self._send_next(task)

    def _forget(self, task: Task) -> None:
        self.tasks.pop((task.framework.id, task.id), None)
        self.completed_tasks = [*self.completed_tasks[-COMPLETED_TASKS:], task]

    def reconcile(self, framework: Framework, call: Message) -> None:
        """Send the present state of the named tasks, or of all."""
        named = [entry["task_id"]["value"] for entry in call.get("tasks") or ()]
        known = {t.id: t for t in self.tasks.values() if t.framework is framework}
        for identifier in named or list(known):
            task = known.get(identifier)
            if task is None:
                self._lost(framework, identifier, "Reconciliation: Task is unknown", "REASON_RECONCILIATION")
                continue
            status = self._status(
                task, task.state, "Reconciliation: Latest task state", "REASON_RECONCILIATION", "SOURCE_MASTER"
            )
            status.pop("uuid")
            if framework.send is not None:
                framework.send(_update(status))

    def tell_watchers(self, event: Message) -> None:
        """Send an event to everybody who watches the whole cluster."""
        for watcher in list(self.watchers):
            watcher(event)


VERSION = "1.11.0"
"""The release whose interfaces are simulated."""


def _grace(task: Task) -> float | None:
    policy = (task.info.get("kill_policy") or {}).get("grace_period")
    return int(policy["nanoseconds"]) / 1_000_000_000 if policy else None


def _update(status: Message) -> Message:
    return {"type": "UPDATE", "update": {"status": status}}


def _watched(task: Task, status: Message) -> Message:
    return {"framework_id": {"value": task.framework.id}, "status": status, "state": task.state}


def _describe_offer(offer: Offer) -> Message:
    agent = offer.agent
    address: dict[str, Any] = {"hostname": agent.hostname, "ip": agent.address, "port": agent.port}
    return {
        "id": {"value": offer.id},
        "framework_id": {"value": offer.framework.id},
        "agent_id": {"value": agent.id},
        "hostname": agent.hostname,
        "url": {"scheme": "http", "address": address, "path": "/slave(1)"},
        "resources": render(offer.amounts, role=offer.framework.roles[0]),
        "attributes": agent.info()["attributes"],
        "allocation_info": {"role": offer.framework.roles[0]},
    }
