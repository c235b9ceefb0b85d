"""Finding out whether the servers of aggregated APIs answer, and what resources they have.

Their resources are registered like kinds without a schema, so that discovery lists them with all others; requests
for them never reach these kinds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import structlog

from bouvier.apiserver.aggregation.directory import GROUP, PLURAL, RemoteApis
from bouvier.apiserver.aggregation.identity import remote_headers
from bouvier.apiserver.aggregation.proxy import ApiProxy
from bouvier.apiserver.context import Call, Context
from bouvier.apiserver.extension.calling import Caller, CallError
from bouvier.apiserver.internal import SELF, internal_request
from bouvier.apiserver.request import Target
from bouvier.apiserver.verbs.updating import change_object
from bouvier.kinds.kind import Kind, Subresource
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, condition_of, name_of
from bouvier.util.clock import now_text

log = structlog.get_logger(__name__)
CHECK_SECONDS = 30.0
"""How often every server is asked again."""
ANSWER_SECONDS = 5.0
SETTLE_SECONDS = 0.2
"""Changes within this time are looked at together."""


class AggregationController:
    """Keeps the condition Available and the list of resources of every APIService."""

    def __init__(self, context: Context, apis: RemoteApis, proxy: ApiProxy, caller: Caller) -> None:
        self._context = context
        self._apis = apis
        self._proxy = proxy
        self._caller = caller
        self._served: dict[tuple[str, str], dict[str, list[Kind]]] = {}
        """What is registered for a cluster and group, by plural."""
        self._wake = asyncio.Event()
        apis.on_change(lambda _cluster: self._wake.set())
        for group, plural in (("", "services"), ("discovery.k8s.io", "endpointslices")):
            context.hub.listen(group, plural, self._perhaps)

    def _perhaps(self, *_change: object) -> None:
        if self._served or self._apis.clusters():
            self._wake.set()

    async def run(self) -> None:
        """Check after each change and from time to time, until cancelled."""
        while True:
            known = self._apis.clusters() or {cluster for cluster, _ in self._served}
            try:
                async with asyncio.timeout(CHECK_SECONDS if known else None):
                    await self._wake.wait()
            except TimeoutError:
                pass
            else:
                await asyncio.sleep(SETTLE_SECONDS)
            self._wake.clear()
            for cluster in self._apis.clusters() | {cluster for cluster, _ in self._served}:
                await self._check(cluster)

    async def _check(self, cluster: str) -> None:
        services = self._apis.of(cluster)
        found = await asyncio.gather(*(self._look(cluster, *place, obj) for place, obj in services.items()))
        self._register(cluster, [kind for kinds in found for kind in kinds])

    async def _look(self, cluster: str, group: str, version: str, service: Obj) -> list[Kind]:
        """Ask one server for its resources and note whether it answered."""
        try:
            document = await self._discover(cluster, group, version, service)
            condition = ("True", "Passed", "all checks passed")
        except CallError as error:
            document = {}
            condition = ("False", _reason(str(error)), f"failing or missing response: {error}")
        await self._note(cluster, service, *condition)
        return kinds_of(group, version, document.get("resources") or [])

    async def _discover(self, cluster: str, group: str, version: str, service: Obj) -> Obj:
        place = self._proxy.place_of(cluster, service)
        path = f"/apis/{group}/{version}"
        status, body = await self._caller.get(place, path, remote_headers(SELF), ANSWER_SECONDS)
        if status != 200:
            raise CallError(f"{place.url}{path}: bad status: {status}")
        try:
            found: Obj = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise CallError(f"{place.url}{path}: {error}") from None
        return found if isinstance(found, dict) else {}

    async def _note(self, cluster: str, service: Obj, status: str, reason: str, message: str) -> None:
        known = condition_of(service, "Available") or {}
        if (known.get("status"), known.get("reason"), known.get("message")) == (status, reason, message):
            return
        changed_at = known.get("lastTransitionTime") if known.get("status") == status else None
        condition = {
            "type": "Available",
            "status": status,
            "lastTransitionTime": changed_at or now_text(),
            "reason": reason,
            "message": message,
        }

        def noted(obj: Obj) -> Obj:
            obj["status"] = {"conditions": [condition]}
            return obj

        kind = self._context.kinds.find(cluster, GROUP, "v1", PLURAL)
        assert kind is not None
        target = Target(GROUP, "v1", PLURAL, "", name_of(service), "status", "")
        try:
            await change_object(Call(self._context, internal_request(cluster, SELF), kind, target), noted)
        except ApiError as error:
            log.info("availability was not noted", service=name_of(service), why=error.message)

    def _register(self, cluster: str, kinds: Sequence[Kind]) -> None:
        registry = self._context.kinds
        wanted: dict[str, dict[str, list[Kind]]] = {}
        for kind in kinds:
            wanted.setdefault(kind.resource.group, {}).setdefault(kind.resource.plural, []).append(kind)
        groups = set(wanted) | {group for owner, group in self._served if owner == cluster}
        for group in groups:
            before, now = self._served.pop((cluster, group), {}), wanted.get(group, {})
            for plural in set(before) | set(now):
                if before.get(plural) != now.get(plural):
                    registry.replace_custom(cluster, group, plural, now.get(plural, []))
            if now:
                self._served[cluster, group] = now


def _reason(message: str) -> str:
    if message.endswith("not found"):
        return "ServiceNotFound"
    return "MissingEndpoints" if message.startswith("no endpoints") else "FailedDiscoveryCheck"


def kinds_of(group: str, version: str, resources: Sequence[Mapping[str, Any]]) -> list[Kind]:
    """Return what discovery shows of the resources of an APIResourceList."""
    main = [one for one in resources if "/" not in one["name"]]
    return [
        Kind(
            resource=Resource(group, version, one["name"], one["kind"], bool(one.get("namespaced"))),
            singular=one.get("singularName") or one["kind"].lower(),
            definition="",
            short_names=tuple(one.get("shortNames") or ()),
            categories=tuple(one.get("categories") or ()),
            verbs=tuple(one.get("verbs") or ()),
            subresources=_subresources(one["name"], group, version, resources),
        )
        for one in main
    ]


def _subresources(
    plural: str, group: str, version: str, resources: Sequence[Mapping[str, Any]]
) -> dict[str, Subresource]:
    found = {}
    for one in resources:
        parent, _, name = one["name"].partition("/")
        if parent == plural and name:
            found[name] = Subresource(
                name,
                one["kind"],
                one.get("group") or group,
                one.get("version") or version,
                tuple(one.get("verbs") or ()),
            )
    return found
