"""Releases: installed, upgraded, rolled back and removed as their specs say."""

from __future__ import annotations

from datetime import UTC, datetime
from time import monotonic
from typing import NamedTuple

from bouvier.catalog.compose import ComposeRenderer
from bouvier.catalog.entries import CatalogError, is_newer, newest_version, object_name
from bouvier.catalog.releases.cluster import Cluster, acting_as
from bouvier.catalog.releases.history import History
from bouvier.catalog.releases.making import Maker
from bouvier.catalog.releases.names import FINALIZER, owner_key
from bouvier.catalog.releases.packages import Packages
from bouvier.catalog.releases.plan import Refused, current, latest
from bouvier.catalog.releases.readiness import lack_of
from bouvier.catalog.releases.removal import Removal
from bouvier.catalog.releases.reporting import ObjectState, status_of
from bouvier.catalog.releases.revisions import FAILED, Revision
from bouvier.catalog.releases.rollout import Rollout
from bouvier.catalog.sources.library import Library
from bouvier.client import Client
from bouvier.client.events import Recorder
from bouvier.client.informer import Informer, InformerSet
from bouvier.client.workqueue import WorkQueue
from bouvier.controllers.garbage.discovery import Discovery
from bouvier.controllers.runtime.controller import Again
from bouvier.kinds.catalog_v1 import catalogentries, catalogs, releases
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, is_deleting, key_of, name_of, namespace_of
from bouvier.meta.resources import DAEMONSETS, DEPLOYMENTS, JOBS, SECRETS, STATEFULSETS

WATCHED = (DEPLOYMENTS, STATEFULSETS, DAEMONSETS, JOBS)
"""Kinds whose changes tell at once that a release may have become ready, or is no longer."""
PROGRESSING = Again(0.7)
REFUSED_SECONDS = 30.0
STEADY = Again(30)
"""How often the readiness of kinds that are not watched is looked at."""


class _Refusal(NamedTuple):
    """A spec that was refused, and the catalog's state that it was judged by."""

    generation: int
    seen: tuple[str, str]
    until: float
    """When it is judged anew all the same: rights and other objects may have changed."""


class ReleaseController:
    """Makes each Release be as its spec says."""

    name = "releases"
    workers = 2
    reads: tuple[Resource, ...] = (releases.RESOURCE, catalogs.RESOURCE, catalogentries.RESOURCE, SECRETS, *WATCHED)
    writes: tuple[Resource, ...] = (releases.RESOURCE, SECRETS)

    def __init__(self, client: Client, recorder: Recorder, library: Library, renderer: ComposeRenderer) -> None:
        self._client, self._recorder, self._library, self._renderer = client, recorder, library, renderer
        self._discovery = Discovery(client)
        self._history = History(client)
        self._refusals: dict[str, _Refusal] = {}

    def register(self, informers: InformerSet, queue: WorkQueue) -> None:
        """Watch releases, what they come from, and what they consist of."""
        self._releases: Informer = informers.informer(releases.RESOURCE)
        self._catalogs = informers.informer(catalogs.RESOURCE)
        self._entries = informers.informer(catalogentries.RESOURCE)
        self._releases.add_handler(lambda _type, _old, new: queue.add(key_of(new)))
        for resource in WATCHED:
            informers.informer(resource).add_handler(lambda _type, _old, new: _tell_owner(queue, new))
        self._entries.add_handler(lambda _type, _old, new: self._tell_users(queue, new))
        packages = Packages(self._library, self._catalogs.get, self._entries.get)
        self.maker = Maker(packages, self._renderer)

    def _tell_users(self, queue: WorkQueue, entry: Obj) -> None:
        origin = (entry["spec"].get("catalog"), entry["spec"].get("name"))
        for release in self._releases.items():
            if (release["spec"].get("catalog"), release["spec"].get("entry")) == origin:
                queue.add(key_of(release))

    async def reconcile(self, key: str) -> Again | None:
        """Bring a release nearer to its spec."""
        release = self._releases.get(key)
        if release is None:
            self._refusals.pop(key, None)
            return None
        namespace, name = namespace_of(release), name_of(release)
        if not is_deleting(release) and FINALIZER not in (release["metadata"].get("finalizers") or ()):
            await self._guard(release)
            return None
        revisions = await self._history.read(namespace, name)
        account = release["spec"].get("serviceAccountName", "")
        try:
            async with acting_as(self._client, self._discovery, namespace, account) as cluster:
                if is_deleting(release):
                    return await Removal(self._client, cluster, self._history).advance(release, revisions, _now())
                return await self._bring_about(key, release, revisions, cluster)
        except Refused as refused:
            if is_deleting(release):
                raise
            await self._report(release, revisions, [], refused=refused)
            return Again(REFUSED_SECONDS)

    async def _guard(self, release: Obj) -> None:
        metadata = release["metadata"]
        wanted = [*(metadata.get("finalizers") or ()), FINALIZER]
        body = {"metadata": {"finalizers": wanted, "resourceVersion": metadata["resourceVersion"]}}
        await self._client.patch(releases.RESOURCE, name_of(release), body, namespace=namespace_of(release))

    async def _bring_about(self, key: str, release: Obj, revisions: list[Revision], cluster: Cluster) -> Again | None:
        generation = release["metadata"]["generation"]
        newest = latest(revisions)
        if newest is None or newest.generation != generation:
            newest = await self._begin(key, release, revisions, cluster)
            if newest is None:
                return Again(REFUSED_SECONDS)
        if newest.is_pending:
            await self._report(release, revisions, [])
            again = await Rollout(cluster, self._history, newest, revisions).advance(_now())
            if again is not None:
                return again
            self._announce(release, newest)
            revisions = await self._history.read(namespace_of(release), name_of(release))
        states = await _states(cluster, current(revisions))
        await self._report(release, revisions, states)
        return PROGRESSING if any(state.lack for state in states) else STEADY

    async def _begin(self, key: str, release: Obj, revisions: list[Revision], cluster: Cluster) -> Revision | None:
        """Record the revision that the spec asks for; None when it is refused, or was before."""
        generation, seen = release["metadata"]["generation"], self._seen(release)
        known = self._refusals.get(key)
        if known is not None and (known.generation, known.seen) == (generation, seen) and known.until > monotonic():
            return None
        try:
            prepared = await self.maker.make(
                cluster, namespace_of(release), name_of(release), release["spec"], revisions
            )
        except Refused as refused:
            self._refusals[key] = _Refusal(generation, seen, monotonic() + REFUSED_SECONDS)
            self._recorder.event(release, "Warning", refused.reason, str(refused))
            await self._report(release, revisions, await _states(cluster, current(revisions)), refused=refused)
            return None
        self._refusals.pop(key, None)
        for stuck in (one for one in revisions if one.is_pending):
            stuck.status, stuck.description = FAILED, "given up for a newer spec"
            await self._history.update(stuck)
        revision = prepared.revision
        revision.generation = generation
        await self._history.create(revision)
        revisions.append(revision)
        return revision

    def _seen(self, release: Obj) -> tuple[str, str]:
        spec = release["spec"]
        catalog = self._catalogs.get(spec.get("catalog", ""))
        entry = self._entries.get(object_name(spec.get("catalog", ""), spec.get("entry", "")))
        generation = catalog["metadata"].get("generation", 0) if catalog else ""
        return (str(generation), entry["metadata"]["resourceVersion"] if entry else "")

    def _announce(self, release: Obj, revision: Revision) -> None:
        if revision.status == FAILED:
            self._recorder.event(release, "Warning", "Failed", f"revision {revision.number}: {revision.description}")
        else:
            what = f"revision {revision.number}, version {revision.version}"
            self._recorder.event(release, "Normal", revision.action.capitalize(), f"{what}: {revision.description}")

    async def _report(
        self, release: Obj, revisions: list[Revision], states: list[ObjectState], *, refused: Refused | None = None
    ) -> None:
        status = status_of(
            release, revisions, states, _now(), refused=refused, upgrade=self._upgrade(release, revisions)
        )
        if status == release.get("status"):
            return
        body = {"status": status}
        await self._client.patch(
            releases.RESOURCE, name_of(release), body, namespace=namespace_of(release), subresource="status"
        )

    def _upgrade(self, release: Obj, revisions: list[Revision]) -> str:
        """Return the newest version of the catalog, if it is newer than what is installed."""
        spec, deployed = release["spec"], current(revisions)
        entry = self._entries.get(object_name(spec.get("catalog", ""), spec.get("entry", "")))
        if entry is None or deployed is None:
            return ""
        try:
            newest = newest_version(entry["spec"])
        except CatalogError:
            return ""
        return newest if is_newer(entry["spec"], newest, deployed.version) else ""


def _tell_owner(queue: WorkQueue, obj: Obj) -> None:
    key = owner_key(obj)
    if key:
        queue.add(key)


async def _states(cluster: Cluster, revision: Revision | None) -> list[ObjectState]:
    if revision is None:
        return []
    found = []
    for obj in revision.objects:
        live = await cluster.find(obj)
        found.append(ObjectState(obj, lack_of(live) if live else "it is gone"))
    return found


def _now() -> datetime:
    return datetime.now(UTC)
