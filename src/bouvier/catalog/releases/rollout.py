"""Carrying out a revision, stage by stage; how far it has come is recorded after each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bouvier.catalog.releases.cluster import FINAL_REASONS, Cluster
from bouvier.catalog.releases.history import History
from bouvier.catalog.releases.hooks import HookFailed, advance_hook
from bouvier.catalog.releases.names import KEEP, owner_key
from bouvier.catalog.releases.plan import Refused, current, next_hook, next_stage, to_prune, trim
from bouvier.catalog.releases.readiness import lack_of
from bouvier.catalog.releases.revisions import DEPLOYED, FAILED, SUPERSEDED, Revision
from bouvier.controllers.runtime.conditions import time_text
from bouvier.controllers.runtime.controller import Again
from bouvier.controllers.runtime.errors import Temporary
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, annotations_of, name_of

HOOK_SECONDS = 300.0
KEPT = 10
LOOK_AGAIN = Again(0.4)


class Rollout:
    """One revision on its way."""

    def __init__(self, cluster: Cluster, history: History, revision: Revision, revisions: Sequence[Revision]) -> None:
        self._cluster, self._history = cluster, history
        self._revision, self._revisions = revision, revisions
        spec = revision.spec
        self._hook_deadline = timedelta(seconds=spec.get("timeoutSeconds") or HOOK_SECONDS)
        self._kept = spec.get("historyLimit") or KEPT

    async def advance(self, now: datetime) -> Again | None:
        """Go on until the revision is deployed, has failed, or something must be waited for."""
        revision = self._revision
        try:
            while revision.is_pending:
                again = await self._stage(now)
                if again is not None:
                    return again
                revision.stage = next_stage(revision.stage)
                if revision.stage == "done":
                    await self._finish(now)
                else:
                    await self._history.update(revision)
        except HookFailed as error:
            await self._fail(str(error))
        except ApiError as error:
            if error.reason not in FINAL_REASONS:
                raise
            await self._fail(error.message)
        return None

    async def _stage(self, now: datetime) -> Again | None:
        stage = self._revision.stage
        if stage == "crds":
            return await self._definitions()
        if stage == "apply":
            await self._apply()
            return None
        return await self._hooks(f"{stage}-{self._revision.action}", now)

    async def _definitions(self) -> Again | None:
        """Make the definitions that are missing; those that exist are left alone, as Helm does."""
        for definition in self._revision.crds:
            live = await self._cluster.find(definition) or await self._cluster.apply(definition)
            if lack_of(live):
                return LOOK_AGAIN
        return None

    async def _apply(self) -> None:
        try:
            for obj in self._revision.objects:
                await self._cluster.apply(obj)
        except Refused as refused:
            # The kind was known, or coming with this very revision: the API will serve it in a moment.
            raise Temporary(str(refused)) from None
        for gone in to_prune(self._made_before(), self._revision.objects):
            await self._remove(gone)

    def _made_before(self) -> list[Obj]:
        """Return the objects of the last revision that was deployed, and of those after it that got stuck."""
        last = current([one for one in self._revisions if one.number < self._revision.number])
        since = [one for one in self._revisions if (last.number if last else 0) <= one.number < self._revision.number]
        return [obj for one in since for obj in one.objects]

    async def _remove(self, obj: Obj) -> None:
        live = await self._cluster.find(obj)
        mine = f"{self._revision.namespace}/{self._revision.name}"
        if live is not None and owner_key(live) == mine and annotations_of(live).get(KEEP) != "keep":
            await self._cluster.delete(live)

    async def _hooks(self, event: str, now: datetime) -> Again | None:
        while hook := next_hook(self._revision.hooks, event):
            before = (hook.phase, hook.ran_for)
            is_done = await advance_hook(self._cluster, hook, (self._revision.number, event), now, self._hook_deadline)
            if (hook.phase, hook.ran_for) != before:
                await self._history.update(self._revision)
            if not is_done:
                return LOOK_AGAIN
        return None

    async def _finish(self, now: datetime) -> None:
        revision = self._revision
        revision.status, revision.deployed = DEPLOYED, time_text(now)
        revision.first_deployed = revision.first_deployed or revision.deployed
        verb = {"install": "Install", "upgrade": "Upgrade", "rollback": "Rollback"}[revision.action]
        revision.description = f"{verb} complete"
        await self._history.update(revision)
        change = trim(self._revisions, revision, self._kept)
        for one in change.superseded:
            one.status = SUPERSEDED
            await self._history.update(one)
        for one in change.removed:
            await self._history.remove(one)

    async def _fail(self, why: str) -> None:
        self._revision.status, self._revision.description = FAILED, why
        await self._history.update(self._revision)


async def remove_all(cluster: Cluster, revision: Revision) -> str:
    """Delete a release's objects, last made first; return what still has to go, empty when all is gone."""
    owner = f"{revision.namespace}/{revision.name}"
    left = []
    for obj in reversed(revision.objects):
        live = await cluster.find(obj)
        if live is None or owner_key(live) != owner or annotations_of(live).get(KEEP) == "keep":
            continue
        if not live["metadata"].get("deletionTimestamp"):
            await cluster.delete(live, with_dependents=True)
        left.append(f"{obj['kind']} {name_of(obj)}")
    return ", ".join(left[:3]) + (f" and {len(left) - 3} more" if len(left) > 3 else "")
