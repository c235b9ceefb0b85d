"""The simulated Marathon: apps with their versions, tasks and deployments.

It is a framework like any other: it gets events from the master and answers with calls. Each app is brought to its wish
by one function that is called after whatever happened; a deployment is the time from a change of the wish until it is so.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp

from tools.mesos_simulator.marathon import definitions
from tools.mesos_simulator.marathon.definitions import Definition
from tools.mesos_simulator.marathon.launch import mismatch, task_info
from tools.mesos_simulator.marathon.rollout import Run, step
from tools.mesos_simulator.master import Master
from tools.mesos_simulator.model import TERMINAL, Framework, Message, Task
from tools.mesos_simulator.scheduler_api import take

TICK_SECONDS = 1.0
Listener = Callable[[Message], None]


class LockedError(Exception):
    """An app has a deployment already."""

    def __init__(self, deployments: list[str]) -> None:
        super().__init__("App is locked by one or more deployments. Override with the option '?force=true'.")
        self.deployments = deployments


@dataclass(slots=True, eq=False)
class Deployment:
    """A change of one app that is on its way."""

    id: str
    version: str
    app: str
    before: Definition | None
    after: Definition | None
    action: str


@dataclass(slots=True, eq=False)
class App:
    """One app."""

    definition: Definition
    version: str
    config: str
    """Version of the last change that replaces tasks."""
    versions: dict[str, Definition] = field(default_factory=dict)
    deployment: Deployment | None = None
    configs: dict[str, str] = field(default_factory=dict)
    """Configuration version of each task."""
    started: dict[str, float] = field(default_factory=dict)
    ready: dict[str, bool] = field(default_factory=dict)
    """Results of readiness checks."""
    delay_until: float = 0.0
    delay_seconds: float = 0.0
    last_failure: Message | None = None
    reasons: dict[str, str] = field(default_factory=dict)
    is_deleted: bool = False


class Marathon:
    """Marathon as a framework of a master in the same process."""

    def __init__(self, master: Master) -> None:
        self._master = master
        self.apps: dict[str, App] = {}
        self.listeners: list[Listener] = []
        self._offers: dict[str, Message] = {}
        self._events: asyncio.Queue[Message] = asyncio.Queue()
        capabilities = [{"type": "TASK_KILLING_STATE"}, {"type": "PARTITION_AWARE"}]
        info = {"user": "root", "name": "marathon", "roles": ["*"], "failover_timeout": 604800.0}
        self.framework: Framework = master.subscribe(info | {"capabilities": capabilities}, self._events.put_nowait)

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as tasks, aiohttp.ClientSession() as http:
            tasks.create_task(self._listen())
            tasks.create_task(self._check_readiness(http))
            while True:
                await asyncio.sleep(TICK_SECONDS)
                for app in list(self.apps.values()):
                    self._advance(app)

    async def _listen(self) -> None:
        while True:
            event = await self._events.get()
            match event["type"]:
                case "OFFERS":
                    for offer in event["offers"]["offers"]:
                        self._offers[offer["id"]["value"]] = offer
                    self._use_offers()
                case "RESCIND":
                    self._offers.pop(event["rescind"]["offer_id"]["value"], None)
                case "UPDATE":
                    self._update(event["update"]["status"])

    def _call(self, kind: str, body: Message | None = None) -> None:
        take(self._master, self.framework, {"type": kind, kind.lower(): body or {}})

    # Changing apps

    def change(self, identifier: str, definition: Definition | None, *, force: bool, action: str = "") -> Deployment:
        """Set or delete an app's definition; the deployment brings it about.

        Raises:
            LockedError: another deployment is on its way and is not to be overridden.
        """
        app = self.apps.get(identifier)
        if app is not None and app.deployment is not None:
            if not force:
                raise LockedError([app.deployment.id])
            self._emit("deployment_failed", id=app.deployment.id, timestamp=now())
        version = now()
        before = app.definition if app else None
        if app is None:
            assert definition is not None
            app = self.apps[identifier] = App(definition, version, version)
        elif definition is None:
            app.is_deleted = True
            app.definition = {**app.definition, "instances": 0}
        else:
            if definitions.needs_restart(app.definition, definition) or action == "RestartApplication":
                app.config = version
            app.definition, app.is_deleted = definition, False
        app.version, app.delay_until, app.delay_seconds = version, 0.0, 0.0
        app.versions[version] = app.definition
        action = action or _action(before, definition)
        app.deployment = Deployment(str(uuid.uuid4()), version, identifier, before, definition, action)
        self._emit("api_post_event", clientIp="127.0.0.1", uri=f"/v2/apps{identifier}", appDefinition=app.definition)
        self._emit("deployment_info", plan=_plan(app.deployment), currentStep={"actions": _actions(app.deployment)})
        asyncio.get_running_loop().call_soon(self._advance, app)
        return app.deployment

    def cancel(self, deployment: Deployment, *, force: bool) -> Deployment | None:
        """Abandon a deployment (force), or bring back what was before it."""
        app = self.apps[deployment.app]
        if force:
            app.deployment = None
            self._emit("deployment_failed", id=deployment.id, timestamp=now())
            return None
        return self.change(deployment.app, deployment.before, force=True)

    def deployments(self) -> list[Deployment]:
        """Return what is on its way."""
        return [app.deployment for app in self.apps.values() if app.deployment is not None]

    def tasks(self, app: App) -> list[Task]:
        """Return an app's tasks that have not ended."""
        known = self._master.tasks
        found = [known.get((self.framework.id, identifier)) for identifier in app.configs]
        return [task for task in found if task is not None and not task.is_terminal]

    def kill(self, tasks: list[Task]) -> None:
        """End tasks; they are replaced."""
        for task in tasks:
            self._call("KILL", {"task_id": {"value": task.id}})

    # Bringing apps to their wish

    def _advance(self, app: App) -> None:
        tasks = self.tasks(app)
        runs = [
            Run(t.id, app.configs[t.id], self.is_ready(app, t), app.started[t.id]) for t in tasks if not t.is_killing
        ]
        planned = step(app.definition, app.config, runs, is_deploying=app.deployment is not None)
        self.kill([task for task in tasks if task.id in planned.kill])
        if planned.start and time.time() >= app.delay_until:
            self._call("REVIVE")
            self._use_offers()
        if planned.done and app.deployment is not None and not any(t.is_killing for t in tasks):
            self._finish(app, app.deployment)
        if not planned.start and not any(self._wanted(a) for a in self.apps.values()):
            self._decline()

    def _finish(self, app: App, deployment: Deployment) -> None:
        app.deployment = None
        if app.is_deleted:
            del self.apps[deployment.app]
            self._emit("app_terminated_event", appId=deployment.app)
        step_ = {"actions": _actions(deployment)}
        self._emit("deployment_step_success", plan=_plan(deployment), currentStep=step_)
        self._emit("deployment_success", id=deployment.id, plan=_plan(deployment))

    def is_ready(self, app: App, task: Task) -> bool:
        """Tell whether a task runs, is healthy and has passed its readiness check."""
        if task.state != "TASK_RUNNING":
            return False
        if app.definition["healthChecks"] and task.healthy is not True:
            return False
        return app.ready.get(task.id, not app.definition["readinessChecks"])

    def _wanted(self, app: App) -> int:
        """Return how many tasks may be started now."""
        if time.time() < app.delay_until:
            return 0
        runs = [Run(t.id, app.configs[t.id], self.is_ready(app, t), 0.0) for t in self.tasks(app) if not t.is_killing]
        start = step(app.definition, app.config, runs, is_deploying=app.deployment is not None).start
        return 0 if self._is_waiting(app) else start

    def _is_waiting(self, app: App) -> bool:
        """Tell whether fixed ports or unique hosts are still held by tasks that end."""
        return bool(app.definition["constraints"]) and any(t.is_killing for t in self.tasks(app))

    def _use_offers(self) -> None:
        for offer in list(self._offers.values()):
            launched = None
            for app in self.apps.values():
                if self._wanted(app):
                    hosts = [task.agent.hostname for task in self.tasks(app)]
                    reason = mismatch(app.definition, offer, hosts)
                    app.reasons[offer["agent_id"]["value"]] = reason
                    if not reason:
                        launched = app
                        break
            if launched is not None:
                self._launch(launched, self._offers.pop(offer["id"]["value"]))
        self._decline()

    def _launch(self, app: App, offer: Message) -> None:
        """Start one task; the rest of the offer comes back at once."""
        instance = f"{app.definition['id'].strip('/').replace('/', '_')}.instance-{uuid.uuid1()}"
        identifier = f"{instance}._app.1"
        app.configs[identifier], app.started[identifier] = app.config, time.time()
        info = task_info(app.definition, app.version, offer, identifier)
        operation = {"type": "LAUNCH", "launch": {"task_infos": [info]}}
        body = {"offer_ids": [offer["id"]], "operations": [operation], "filters": {"refuse_seconds": 0.0}}
        self._call("ACCEPT", body)

    def _decline(self) -> None:
        if self._offers:
            ids = [offer["id"] for offer in self._offers.values()]
            self._offers.clear()
            self._call("DECLINE", {"offer_ids": ids, "filters": {"refuse_seconds": 5.0}})

    def _update(self, status: Message) -> None:
        identifier = status["task_id"]["value"]
        app = next((a for a in self.apps.values() if identifier in a.configs), None)
        if "uuid" in status:
            names = ("task_id", "agent_id", "uuid")
            self._call("ACKNOWLEDGE", {name: status[name] for name in names})
        if app is None:
            return
        event = {
            "slaveId": status.get("agent_id", {}).get("value", ""),
            "taskId": identifier,
            "taskStatus": status["state"],
            "message": status.get("message", ""),
            "appId": app.definition["id"],
            "host": "",
            "ports": [],
            "version": app.configs[identifier],
        }
        self._emit("status_update_event", **event)
        if status["state"] in TERMINAL:
            self._ended(app, identifier, status)
        elif status.get("healthy"):
            app.delay_seconds = 0.0
        self._advance(app)

    def _ended(self, app: App, identifier: str, status: Message) -> None:
        """Forget a task; after a failure the next one waits a little longer each time."""
        version = app.configs.pop(identifier)
        app.started.pop(identifier, None)
        app.ready.pop(identifier, None)
        if status["state"] == "TASK_KILLED":
            return
        factor, least = float(app.definition["backoffFactor"]), float(app.definition["backoffSeconds"])
        app.delay_seconds = min(max(least, app.delay_seconds * factor), float(app.definition["maxLaunchDelaySeconds"]))
        app.delay_until = time.time() + app.delay_seconds
        app.last_failure = {
            "appId": app.definition["id"],
            "host": "",
            "message": status.get("message", ""),
            "state": status["state"],
            "taskId": identifier,
            "timestamp": now(),
            "version": version,
        }

    async def _check_readiness(self, http: aiohttp.ClientSession) -> None:
        while True:
            await asyncio.sleep(0.2)
            for app in list(self.apps.values()):
                checks = app.definition["readinessChecks"]
                for task in self.tasks(app):
                    if checks and task.state == "TASK_RUNNING" and not app.ready.get(task.id):
                        app.ready[task.id] = await _passes(http, app, task, checks[0])
                        if app.ready[task.id]:
                            self._advance(app)

    def _emit(self, kind: str, **fields: Any) -> None:
        for listener in list(self.listeners):
            listener({"eventType": kind, "timestamp": now(), **fields})


async def _passes(http: aiohttp.ClientSession, app: App, task: Task, check: Message) -> bool:
    mappings = (app.definition.get("container") or {}).get("portMappings") or ()
    port = next((m["containerPort"] for m in mappings if m.get("name") == check.get("portName")), 0)
    url = f"{check.get('protocol', 'HTTP').lower()}://{task.address}:{port}{check.get('path', '/')}"
    timeout = aiohttp.ClientTimeout(total=float(check.get("timeoutSeconds", 10)))
    try:
        async with http.get(url, timeout=timeout, allow_redirects=False) as answer:
            return answer.status in check.get("httpStatusCodesForReady", [200])
    except (TimeoutError, aiohttp.ClientError, OSError):
        return False


def _action(before: Definition | None, after: Definition | None) -> str:
    if before is None:
        return "StartApplication"
    if after is None:
        return "StopApplication"
    return "RestartApplication" if definitions.needs_restart(before, after) else "ScaleApplication"


def _actions(deployment: Deployment) -> list[Message]:
    return [{"action": deployment.action, "app": deployment.app}]


def _plan(deployment: Deployment) -> Message:
    group = {"id": "/", "apps": [], "dependencies": [], "groups": [], "pods": [], "version": deployment.version}
    steps = [{"actions": _actions(deployment)}]
    both = {"original": group, "target": group}
    return {"id": deployment.id, "version": deployment.version, "steps": steps, **both}


def now() -> str:
    """Return the present time as versions and events carry it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
