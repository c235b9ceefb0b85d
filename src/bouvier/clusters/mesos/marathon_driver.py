"""Mesos through Marathon: a Deployment is an app, so Marathon's own tools work on it and it goes on without us.

Apps bear labels with the uids of our Cluster object and of their object; these never change, because a changed label
replaces tasks. For the same reason adopted apps get none: which object manages them stands on the object alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import orjson

from bouvier.clusters.driver import (
    ADOPTED,
    Fields,
    Instance,
    Observed,
    Related,
    Workload,
    template_key,
)
from bouvier.clusters.mesos import apps, observe
from bouvier.clusters.mesos.base import MesosDriver, MesosOptions
from bouvier.clusters.mesos.fields import STAMPS, TEMPLATE_FIELDS
from bouvier.clusters.mesos.forwarders import MARK
from bouvier.clusters.mesos.http import CallRefusedError, MesosHttp
from bouvier.meta.objects import Obj, annotations_of, name_of, namespace_of, uid_of

PORTS_GROUP = "bouvier-ports"
MOST_VERSIONS = 512
"""Old definitions that are remembered; they never change."""
App = Mapping[str, Any]


class MarathonDriver(MesosDriver):
    """One Marathon and the Mesos below it."""

    has_files = False

    def __init__(self, options: MesosOptions, cluster_uid: str) -> None:
        super().__init__(options, cluster_uid, [self._follow_marathon])
        self._marathon = MesosHttp(options.marathon)
        self._framework = ""
        self._apps: dict[str, App] = {}
        self._versions: dict[tuple[str, str], str] = {}
        self._adopted: dict[str, str] = {}
        self._ending: set[str] = set()
        self._task_apps: dict[str, str] = {}

    @property
    def capabilities(self) -> tuple[str, ...]:
        """Return what it can do."""
        without = ("configmaps", "secrets")
        return (*(word for word in super().capabilities if word not in without), "native-rollback", "adopt")

    async def _follow_marathon(self, wake: Callable[[], None]) -> None:
        async with self._marathon.lines("/v2/events") as lines:
            async for line in lines:
                if line.startswith(b"data:"):
                    wake()

    async def observe(self) -> Observed:
        """Read apps, tasks and agents."""
        look = await self._look_around()
        try:
            if not self._framework:
                info = await self._marathon.json("GET", "/v2/info")
                self._framework = str(info.get("frameworkId", ""))
            query = {"embed": "apps.tasks"}
            listed = (await self._marathon.json("GET", "/v2/apps", query=query))["apps"]
            queue = await self._queue(listed)
        except CallRefusedError as error:
            raise ConnectionError(str(error)) from error
        self._apps = {app["id"]: app for app in listed}
        self._ending &= set(self._apps)
        self._task_apps = {task["id"]: app["id"] for app in listed for task in app.get("tasks") or ()}
        shown = [app for app in listed if MARK not in (app.get("labels") or {})]
        workloads = tuple(self._workload(app) for app in shown)
        instances = [i for app in shown for i in await self._instances(app, queue.get(app["id"], ""))]
        others = [t for t in look.tasks if t["framework_id"]["value"] != self._framework]
        more_workloads, more_instances = observe.foreign(others, look.frameworks)
        settled = all(_is_settled(app) for app in listed) and all(i.ready for i in instances)
        return Observed(
            version=look.version,
            workloads=(*workloads, *more_workloads),
            instances=(*instances, *more_instances),
            hosts=observe.hosts(look.agents),
            settled=settled and not self._writing,
        )

    async def _queue(self, listed: Sequence[App]) -> dict[str, str]:
        """Return why apps wait, asked for only when one lacks tasks."""
        if all(len(app.get("tasks") or ()) >= app["instances"] for app in listed):
            return {}
        found = (await self._marathon.json("GET", "/v2/queue"))["queue"]
        return {entry["app"]["id"]: _reason(entry) for entry in found}

    def _workload(self, app: App) -> Workload:
        labels = app.get("labels") or {}
        is_ours = labels.get(f"{STAMPS}cluster") == self._cluster_uid
        kind: Literal["Deployment", "DaemonSet"] = "Deployment"
        if is_ours and labels.get(f"{STAMPS}kind") == "DaemonSet":
            kind = "DaemonSet"
        uid = labels.get(f"{STAMPS}uid", "") if is_ours else self._adopted.get(app["id"], "")
        return Workload(
            id=app["id"],
            name=app["id"].strip("/").replace("/", "-"),
            kind=kind,
            uid=uid,
            fields=apps.fields_of(app),
            update="updating" if app.get("deployments") else "completed",
            created_at=str(app.get("version", "")),
            raw=app,
        )

    async def _instances(self, app: App, waits_for: str) -> list[Instance]:
        known = {observe.identifier(task): task for task in self._look.tasks}
        failures = Counter(task.get("name", "") for task in self._look.ended if task.get("state") == "TASK_FAILED")
        found = []
        for listed in app.get("tasks") or ():
            task = known.get(listed["id"])
            if task is not None:
                key = await self._template(app, listed.get("version", ""))
                found.append(observe.instance(task, app["id"], key))
        key = template_key(apps.fields_of(app), TEMPLATE_FIELDS)
        missing = int(app["instances"]) - len(app.get("tasks") or ())
        restarts = failures.get(".".join(reversed(app["id"].strip("/").split("/"))), 0)
        image = apps.fields_of(app).get("image", "")
        waiting = range(missing if waits_for else 0)
        return found + [observe.waiting(app["id"], n, key, waits_for, image=image, restarts=restarts) for n in waiting]

    async def _template(self, app: App, version: str) -> str:
        """Return the template key of the definition that a task was started with."""
        key = (app["id"], version)
        if key not in self._versions:
            definition = app
            if version not in (app.get("version"), ""):
                try:
                    definition = await self._marathon.json("GET", f"/v2/apps/{app['id']}/versions/{version}")
                except CallRefusedError:
                    definition = app  # forgotten by Marathon: shown with the present revision
            if len(self._versions) > MOST_VERSIONS:
                self._versions.clear()
            self._versions[key] = template_key(apps.fields_of(definition), TEMPLATE_FIELDS)
        return self._versions[key]

    def _workload_of(self, task: App) -> str:
        return self._task_apps.get(observe.identifier(task), "")

    # Changing

    async def put(self, obj: Obj, fields: Fields, related: Related, live: Workload | None) -> None:
        """Create or update the app of an object; only a size that changed does not replace tasks."""
        del related
        if live is not None and ADOPTED in annotations_of(obj):
            self._adopted[live.id] = uid_of(obj)
            changed = apps.adopted_changes(fields, live.fields, live.raw)
            if changed:
                await self._send(obj, fields, "PUT", live.id, changed, partial=True)
            return
        instances = fields.get("replicas", len(self._look.held_agents()))
        if live is not None and {**fields, "replicas": 0} == {**live.fields, "replicas": 0}:
            await self._send(obj, fields, "PUT", live.id, {"instances": instances}, partial=True)
            return
        body = apps.app_of(obj, fields, self._stamps(obj), instances)
        await self._send(obj, fields, "PUT", live.id if live else self._new_id(obj), body, partial=False)

    def _new_id(self, obj: Obj) -> str:
        """Return the id of a new app; one that others have already is left alone."""
        name = name_of(obj).replace(".", "-")
        identifier = f"/{namespace_of(obj)}/{name}"
        return identifier if identifier not in self._apps else f"{identifier}-{uid_of(obj)[:5]}"

    async def _send(
        self, obj: Obj, fields: Fields, method: str, identifier: str, body: Mapping[str, Any], *, partial: bool
    ) -> None:
        query = {"force": "true", "partialUpdate": str(partial).lower()}
        try:
            await self._marathon.json(method, f"/v2/apps{identifier}", body, query=query)
        except CallRefusedError as error:
            if error.status >= 500:
                raise ConnectionError(str(error)) from error
            self._refuse(obj, fields, CallRefusedError(error.args[0].split(" ")[0], error.status, _details(error)))

    async def remove(self, workload: Workload) -> None:
        """Delete an app with its tasks."""
        await self._delete(workload.id)

    async def _delete(self, identifier: str) -> None:
        if identifier in self._ending:
            return
        try:
            await self._marathon.json("DELETE", f"/v2/apps{identifier}", query={"force": "true"})
        except CallRefusedError as error:
            if error.status != 404:
                raise ConnectionError(str(error)) from error
        self._ending.add(identifier)

    async def stop_instance(self, instance: Instance) -> None:
        """Kill a task; Marathon starts another one."""
        try:
            body = {"ids": [instance.id]}
            await self._marathon.json("POST", "/v2/tasks/delete", body, query={"scale": "false"})
        except CallRefusedError as error:
            raise ConnectionError(str(error)) from error

    async def _keep_forwarders(self, wanted: Mapping[str, tuple[Fields, dict[str, str]]]) -> None:
        agents = len(self._look.held_agents())
        left = {
            (app.get("labels") or {})[MARK]: app
            for app in self._apps.values()
            if (app.get("labels") or {}).get(f"{STAMPS}cluster") == self._cluster_uid
            and MARK in (app.get("labels") or {})
        }
        for key, (fields, marks) in wanted.items():
            app = left.pop(key, None)
            if app is not None and app["labels"] == marks and app["instances"] == agents:
                continue
            body = _forwarder_app(fields, marks, agents)
            if app is not None and app["labels"] == marks:
                body = {"instances": agents}
            await self._put_plain(f"/{PORTS_GROUP}/{key.replace('.', '-')}", body)
        for app in left.values():
            await self._delete(app["id"])
        await self._spread_over_agents(agents)

    async def _spread_over_agents(self, agents: int) -> None:
        """Keep the apps of DaemonSets at one task for each agent that takes tasks."""
        for app in self._apps.values():
            labels = app.get("labels") or {}
            is_ours = labels.get(f"{STAMPS}cluster") == self._cluster_uid
            if is_ours and labels.get(f"{STAMPS}kind") == "DaemonSet" and app["instances"] != agents:
                await self._put_plain(app["id"], {"instances": agents})

    async def _put_plain(self, identifier: str, body: Mapping[str, Any]) -> None:
        try:
            await self._marathon.json("PUT", f"/v2/apps{identifier}", body, query={"force": "true"})
        except CallRefusedError as error:
            raise ConnectionError(str(error)) from error

    async def close(self) -> None:
        """Close all connections."""
        await super().close()
        await self._marathon.close()


def _forwarder_app(fields: Fields, marks: Mapping[str, str], agents: int) -> dict[str, Any]:
    body = apps.app_of({"kind": "DaemonSet", "spec": {}}, fields, marks, agents)
    body["container"]["portMappings"] = [
        {**mapping, "hostPort": mapping["containerPort"]} for mapping in body["container"]["portMappings"]
    ]
    return body | {"env": {}}


def _is_settled(app: App) -> bool:
    return not app.get("deployments") and len(app.get("tasks") or ()) == app["instances"]


def _reason(entry: Mapping[str, Any]) -> str:
    """Return why an app in Marathon's queue does not start, empty when it is about to."""
    summary = (entry.get("processedOffersSummary") or {}).get("rejectSummaryLastOffers") or ()
    refused = [f"{part['reason']} ({part['declined']} offers)" for part in summary if part.get("declined")]
    if refused:
        return "no offer fits: " + ", ".join(refused)
    left = int((entry.get("delay") or {}).get("timeLeftSeconds", 0))
    failure = (entry.get("app") or {}).get("lastTaskFailure") or {}
    text = failure.get("message") or "a task failed"
    return f"{text}: started again in {left} s" if left > 0 else ""


def _details(error: CallRefusedError) -> str:
    """Return Marathon's own words about what is wrong with a definition."""
    try:
        body = orjson.loads(error.text)
    except orjson.JSONDecodeError:
        return error.text
    details = body.get("details") or ()
    named = [f"{d.get('path', '')}: {', '.join(d.get('errors') or ())}" for d in details if isinstance(d, dict)]
    return "; ".join(named) or str(body.get("message", error.text))
