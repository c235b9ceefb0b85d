"""Serving custom kinds as soon as their definition is stored, and clearing up when it goes.

The part of the API server that writes the definitions' status: names accepted, established, and the removal of
all objects before a definition disappears.
"""

from __future__ import annotations

import asyncio

import structlog

from bouvier.apiserver import codec
from bouvier.apiserver.cache.hub import StoreKey
from bouvier.apiserver.context import Call, Context
from bouvier.apiserver.crds.conversion import kinds_of, storage_kind_of
from bouvier.apiserver.crds.names import conflict_of, is_settled, judged
from bouvier.apiserver.crds.remote import remote_conversion
from bouvier.apiserver.extension.calling import Caller
from bouvier.apiserver.internal import SELF, internal_request
from bouvier.apiserver.request import Target
from bouvier.apiserver.verbs import deleting
from bouvier.apiserver.verbs.updating import change_object
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, is_condition_true, is_deleting
from bouvier.util.clock import now_text

log = structlog.get_logger(__name__)
GROUP, PLURAL = "apiextensions.k8s.io", "customresourcedefinitions"
CLEANUP = "customresourcecleanup.apiextensions.k8s.io"
RETRY_SECONDS = 1.0


class DefinitionController:
    """Follows the definitions of every logical cluster."""

    def __init__(self, context: Context, caller: Caller) -> None:
        self._context = context
        self._caller = caller
        self._changed: asyncio.Queue[StoreKey] = asyncio.Queue()
        self._names: dict[tuple[str, str], dict[str, Obj]] = {}
        """Accepted names of the definitions of a cluster and group."""
        context.hub.listen(GROUP, PLURAL, self._observe)

    def _observe(self, key: StoreKey, value: bytes | None) -> None:
        plural, _, group = key.name.partition(".")
        kinds, stored = [], None
        definition = None if value is None else codec.decode(value)
        names = self._names.setdefault((key.cluster, group), {})
        if definition is None:
            names.pop(key.name, None)
        else:
            names[key.name] = (definition.get("status") or {}).get("acceptedNames") or {}
        if definition is not None and is_condition_true(definition, "Established"):
            convert = remote_conversion(self._caller, key.cluster, definition["spec"])
            kinds, stored = kinds_of(definition, convert), storage_kind_of(definition, convert)
        self._context.kinds.replace_custom(key.cluster, group, plural, kinds, stored)
        self._changed.put_nowait(key)
        if value is None:
            self._ask_again(key)

    def _ask_again(self, gone: StoreKey) -> None:
        """Look again at definitions whose names were taken by one that has gone."""
        for name in self._names[gone.cluster, gone.name.partition(".")[2]]:
            self._changed.put_nowait(gone._replace(name=name))

    async def run(self) -> None:
        """Bring each changed definition's status up to date until cancelled."""
        while True:
            key = await self._changed.get()
            try:
                await self._reconcile(key)
            except ApiError as error:
                log.info("definition will be tried again", name=key.name, why=error.message)
                asyncio.get_running_loop().call_later(RETRY_SECONDS, self._changed.put_nowait, key)
            except Exception:  # one definition must not keep all others from being served
                log.exception("definition cannot be served", name=key.name)

    async def _reconcile(self, key: StoreKey) -> None:
        entry = self._context.hub.resource(key.cluster, GROUP, PLURAL).entries.get(f"/{key.name}")
        if entry is None:
            return
        definition = entry.decode()
        if is_deleting(definition):
            await self._clear(key, definition)
            return
        known = self._names[key.cluster, key.name.partition(".")[2]]
        conflict = conflict_of(definition, [names for name, names in known.items() if name != key.name])
        if not is_settled(definition, conflict):
            await change_object(self._call(key, "status"), lambda one: judged(one, conflict, now_text()))
        elif CLEANUP not in (definition["metadata"].get("finalizers") or ()):
            await change_object(self._call(key, ""), _guarded)
        elif _stored_version(definition) not in (definition["status"].get("storedVersions") or ()):
            await change_object(self._call(key, "status"), _stored)

    async def _clear(self, key: StoreKey, definition: Obj) -> None:
        plural, _, group = key.name.partition(".")
        kind = storage_kind_of(definition)
        cache = self._context.hub.resource(key.cluster, group, plural)
        for entry in list(cache.entries.values()):
            target = Target(group, kind.resource.version, plural, entry.namespace, entry.name, "", "")
            call = Call(self._context, internal_request(key.cluster, SELF), kind, target)
            await deleting.delete_entry(call, entry, deleting.Options(None, "", "", "", dry_run=False))
        if cache.entries:
            raise ApiError("Conflict", f"{len(cache.entries)} objects are still being deleted")
        await change_object(self._call(key, ""), _released)

    def _call(self, key: StoreKey, subresource: str) -> Call:
        kind = self._context.kinds.find(key.cluster, GROUP, "v1", PLURAL)
        assert kind is not None
        target = Target(GROUP, "v1", PLURAL, "", key.name, subresource, "")
        return Call(self._context, internal_request(key.cluster, SELF), kind, target)


def _stored_version(definition: Obj) -> str:
    return next(str(v["name"]) for v in definition["spec"]["versions"] if v.get("storage"))


def _stored(definition: Obj) -> Obj:
    versions = definition["status"].setdefault("storedVersions", [])
    if _stored_version(definition) not in versions:
        versions.append(_stored_version(definition))
    return definition


def _guarded(definition: Obj) -> Obj:
    finalizers = definition["metadata"].setdefault("finalizers", [])
    if CLEANUP not in finalizers:
        finalizers.append(CLEANUP)
    return definition


def _released(definition: Obj) -> Obj:
    definition["metadata"]["finalizers"] = [f for f in definition["metadata"].get("finalizers") or () if f != CLEANUP]
    return definition
