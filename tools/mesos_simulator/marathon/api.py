"""Marathon's `/v2` over HTTP.

Source: https://mesosphere.github.io/marathon/api-console/index.html
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import orjson
from aiohttp import web

from tools.mesos_simulator.marathon import definitions
from tools.mesos_simulator.marathon.core import App, Deployment, LockedError, Marathon, now
from tools.mesos_simulator.marathon.definitions import Definition, InvalidError
from tools.mesos_simulator.model import Message, Task

VERSION = "1.11.24"


class MarathonApi:
    """The handlers."""

    def __init__(self, marathon: Marathon, address: str) -> None:
        self._marathon = marathon
        self._address = address

    def application(self) -> web.Application:
        """Return the web application."""
        app = web.Application(middlewares=[_refusals])
        one = "/v2/apps/{id:.+?}"
        app.add_routes(
            [
                web.get("/ping", _ping),
                web.get("/v2/info", self._info),
                web.get("/v2/leader", self._leader),
                web.get("/v2/events", self._events),
                web.get("/v2/apps", self._list),
                web.get("/v2/apps/", self._list),
                web.post("/v2/apps", self._create),
                web.post(one + "/restart", self._restart),
                web.get(one + "/versions/{version}", self._version),
                web.get(one + "/versions", self._versions),
                web.get(one + "/tasks", self._app_tasks),
                web.delete(one + "/tasks", self._kill_tasks),
                web.delete(one + "/tasks/{task}", self._kill_task),
                web.get("/v2/apps/{id:.+}", self._get),
                web.put("/v2/apps/{id:.+}", self._put),
                web.patch("/v2/apps/{id:.+}", self._put),
                web.delete("/v2/apps/{id:.+}", self._delete),
                web.get("/v2/deployments", self._list_deployments),
                web.delete("/v2/deployments/{id}", self._cancel),
                web.get("/v2/tasks", self._all_tasks),
                web.post("/v2/tasks/delete", self._kill_given),
                web.get("/v2/queue", self._queue),
                web.delete("/v2/queue/{id:.+}/delay", self._reset_delay),
            ]
        )
        return app

    # About Marathon

    async def _info(self, _request: web.Request) -> web.Response:
        config = {"framework_name": "marathon", "master": self._address}
        return _json(
            {
                "name": "marathon",
                "version": VERSION,
                "elected": True,
                "leader": self._address,
                "frameworkId": self._marathon.framework.id,
                "marathon_config": config,
            }
        )

    async def _leader(self, _request: web.Request) -> web.Response:
        return _json({"leader": self._address})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        wanted = set(request.query.getall("event_type", []))
        waiting: asyncio.Queue[Message] = asyncio.Queue()
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
        waiting.put_nowait(
            {"eventType": "event_stream_attached", "timestamp": now(), "remoteAddress": request.remote or ""}
        )
        self._marathon.listeners.append(waiting.put_nowait)
        try:
            await response.prepare(request)
            while True:
                try:
                    event = await asyncio.wait_for(waiting.get(), 15)
                except TimeoutError:
                    await response.write(b"\r\n")
                    continue
                if not wanted or event["eventType"] in wanted:
                    data = orjson.dumps(event)
                    await response.write(b"event: %s\r\ndata: %s\r\n\r\n" % (event["eventType"].encode(), data))
        except ConnectionError:
            return response
        finally:
            self._marathon.listeners.remove(waiting.put_nowait)

    # Apps

    def _find(self, request: web.Request) -> App:
        identifier = "/" + request.match_info["id"].strip("/")
        app = self._marathon.apps.get(identifier)
        if app is None:
            raise web.HTTPNotFound(**_body({"message": f"App '{identifier}' does not exist"}))
        return app

    def _describe(self, app: App, embed: set[str]) -> Message:
        marathon, tasks = self._marathon, self._marathon.tasks(app)
        shown: Message = dict(app.definition) | {
            "version": app.version,
            "versionInfo": {"lastScalingAt": app.version, "lastConfigChangeAt": app.config},
            "tasksStaged": sum(t.state in ("TASK_STAGING", "TASK_STARTING") for t in tasks),
            "tasksRunning": sum(t.state == "TASK_RUNNING" for t in tasks),
            "tasksHealthy": sum(t.healthy is True for t in tasks),
            "tasksUnhealthy": sum(t.healthy is False for t in tasks),
            "deployments": [{"id": app.deployment.id}] if app.deployment else [],
        }
        if "tasks" in embed:
            shown["tasks"] = [self._task(app, task) for task in tasks]
        if "readiness" in embed:
            results = [{"name": "readiness", "taskId": t.id, "ready": marathon.is_ready(app, t)} for t in tasks]
            shown["readinessCheckResults"] = results
        if app.last_failure and {"lastTaskFailure", "failures"} & embed:
            shown["lastTaskFailure"] = app.last_failure
        return shown

    def _task(self, app: App, task: Task) -> Message:
        shown: Message = {
            "id": task.id,
            "appId": app.definition["id"],
            "host": task.agent.hostname,
            "slaveId": task.agent.id,
            "state": task.state,
            "ports": sorted(task.amounts.ports),
            "servicePorts": [],
            "ipAddresses": [{"ipAddress": task.container_address or task.agent.address, "protocol": "IPv4"}],
            "version": app.configs[task.id],
            "stagedAt": _time(app.started[task.id]),
            "startedAt": _time(app.started[task.id]) if task.state == "TASK_RUNNING" else None,
        }
        if task.healthy is not None:
            shown["healthCheckResults"] = [{"alive": task.healthy, "consecutiveFailures": 0, "taskId": task.id}]
        return shown

    async def _list(self, request: web.Request) -> web.Response:
        embed = _embed(request, "apps.") | _embed(request, "app.")
        return _json({"apps": [self._describe(app, embed) for app in self._marathon.apps.values()]})

    async def _create(self, request: web.Request) -> web.Response:
        definition = definitions.completed(orjson.loads(await request.read()))
        if definition["id"] in self._marathon.apps:
            return _json({"message": f"An app with id [{definition['id']}] already exists."}, 409)
        deployment = self._marathon.change(definition["id"], definition, force=_flag(request, "force"))
        app = self._marathon.apps[definition["id"]]
        return _json(self._describe(app, {"tasks"}), 201, {"Marathon-Deployment-Id": deployment.id})

    async def _get(self, request: web.Request) -> web.Response:
        embed = _embed(request, "app.") or {"tasks", "lastTaskFailure"}
        return _json({"app": self._describe(self._find(request), embed)})

    async def _put(self, request: web.Request) -> web.Response:
        identifier = "/" + request.match_info["id"].strip("/")
        update = orjson.loads(await request.read())
        present = self._marathon.apps.get(identifier)
        if present is None:
            definition = definitions.completed({**update, "id": identifier})
        elif set(update) == {"version"}:
            definition = self._old_version(present, update["version"])
        else:
            partial = request.query.get("partialUpdate", "true") != "false"
            definition = definitions.merged(present.definition, update, partial=partial)
        deployment = self._marathon.change(identifier, definition, force=_flag(request, "force"))
        return _deployed(deployment, 201 if present is None else 200)

    def _old_version(self, app: App, version: str) -> Definition:
        if version not in app.versions:
            raise web.HTTPNotFound(**_body({"message": f"App '{app.definition['id']}' has no version {version}"}))
        return app.versions[version]

    async def _delete(self, request: web.Request) -> web.Response:
        app = self._find(request)
        return _deployed(self._marathon.change(app.definition["id"], None, force=_flag(request, "force")))

    async def _restart(self, request: web.Request) -> web.Response:
        app = self._find(request)
        force = _flag(request, "force")
        identifier = app.definition["id"]
        return _deployed(self._marathon.change(identifier, app.definition, force=force, action="RestartApplication"))

    async def _versions(self, request: web.Request) -> web.Response:
        return _json({"versions": sorted(self._find(request).versions, reverse=True)})

    async def _version(self, request: web.Request) -> web.Response:
        app, version = self._find(request), request.match_info["version"]
        return _json(dict(self._old_version(app, version)) | {"version": version})

    # Tasks

    async def _app_tasks(self, request: web.Request) -> web.Response:
        app = self._find(request)
        return _json({"tasks": [self._task(app, task) for task in self._marathon.tasks(app)]})

    async def _all_tasks(self, _request: web.Request) -> web.Response:
        marathon = self._marathon
        return _json({"tasks": [self._task(a, t) for a in marathon.apps.values() for t in marathon.tasks(a)]})

    async def _kill_tasks(self, request: web.Request) -> web.Response:
        app = self._find(request)
        host = request.query.get("host")
        return self._kill(request, app, [t for t in self._marathon.tasks(app) if host in (None, t.agent.hostname)])

    async def _kill_task(self, request: web.Request) -> web.Response:
        app = self._find(request)
        chosen = [t for t in self._marathon.tasks(app) if t.id == request.match_info["task"]]
        return self._kill(request, app, chosen)

    def _kill(self, request: web.Request, app: App, tasks: list[Task]) -> web.Response:
        shown = [self._task(app, task) for task in tasks]
        if _flag(request, "scale"):
            instances = max(0, app.definition["instances"] - len(tasks))
            definition = {**app.definition, "instances": instances}
            self._marathon.kill(tasks)
            return _deployed(self._marathon.change(app.definition["id"], definition, force=_flag(request, "force")))
        self._marathon.kill(tasks)
        return _json({"tasks": shown})

    async def _kill_given(self, request: web.Request) -> web.Response:
        ids = set(orjson.loads(await request.read())["ids"])
        shown = []
        for app in self._marathon.apps.values():
            chosen = [task for task in self._marathon.tasks(app) if task.id in ids]
            shown += [self._task(app, task) for task in chosen]
            self._marathon.kill(chosen)
        return _json({"tasks": shown})

    # Deployments and queue

    async def _list_deployments(self, _request: web.Request) -> web.Response:
        return _json(
            [
                {
                    "id": d.id,
                    "version": d.version,
                    "affectedApps": [d.app],
                    "affectedPods": [],
                    "steps": [{"actions": [{"action": d.action, "app": d.app}]}],
                    "currentActions": [{"action": d.action, "app": d.app}],
                    "currentStep": 1,
                    "totalSteps": 1,
                }
                for d in self._marathon.deployments()
            ]
        )

    async def _cancel(self, request: web.Request) -> web.Response:
        found = [d for d in self._marathon.deployments() if d.id == request.match_info["id"]]
        if not found:
            return _json({"message": f"DeploymentPlan {request.match_info['id']} does not exist"}, 404)
        made = self._marathon.cancel(found[0], force=_flag(request, "force"))
        return web.Response(status=202) if made is None else _deployed(made)

    async def _queue(self, _request: web.Request) -> web.Response:
        entries = []
        for app in self._marathon.apps.values():
            count = app.definition["instances"] - len(self._marathon.tasks(app))
            if count <= 0:
                continue
            left = max(0, int(app.delay_until - time.time()))
            reasons: dict[str, int] = {}
            for reason in filter(None, app.reasons.values()):
                reasons[reason] = reasons.get(reason, 0) + 1
            summary = [{"reason": name, "declined": number, "processed": number} for name, number in reasons.items()]
            offers = {"processedOffersCount": len(app.reasons), "rejectSummaryLastOffers": summary}
            entries.append(
                {
                    "app": self._describe(app, set()),
                    "count": count,
                    "delay": {"timeLeftSeconds": left, "overdue": left == 0},
                    "since": app.version,
                    "processedOffersSummary": offers,
                }
            )
        return _json({"queue": entries})

    async def _reset_delay(self, request: web.Request) -> web.Response:
        self._find(request).delay_until = 0.0
        return web.Response(status=204)


async def _ping(_request: web.Request) -> web.Response:
    return web.Response(text="pong")


@web.middleware
async def _refusals(request: web.Request, handler: web.RequestHandler) -> web.StreamResponse:
    try:
        return await handler(request)
    except InvalidError as error:
        return _json({"message": "Object is not valid", "details": error.details}, 422)
    except LockedError as error:
        return _json({"message": str(error), "deployments": [{"id": d} for d in error.deployments]}, 409)
    except orjson.JSONDecodeError as error:
        return _json({"message": "Invalid JSON", "details": str(error)}, 400)


def _json(body: object, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=status, headers=headers, content_type="application/json")


def _body(message: Message) -> dict:
    return {"body": orjson.dumps(message), "content_type": "application/json"}


def _deployed(deployment: Deployment, status: int = 200) -> web.Response:
    body = {"version": deployment.version, "deploymentId": deployment.id}
    return _json(body, status, {"Marathon-Deployment-Id": deployment.id})


def _embed(request: web.Request, prefix: str) -> set[str]:
    return {word.removeprefix(prefix) for word in request.query.getall("embed", []) if word.startswith(prefix)}


def _flag(request: web.Request, name: str) -> bool:
    return request.query.get(name, "false").lower() == "true"


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
