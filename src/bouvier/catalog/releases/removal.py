"""Uninstalling a release: hooks, objects in reverse order, records, and only then the Release itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bouvier.catalog.releases.cluster import Cluster
from bouvier.catalog.releases.history import History
from bouvier.catalog.releases.hooks import HookFailed, advance_hook
from bouvier.catalog.releases.names import FINALIZER
from bouvier.catalog.releases.plan import current, latest, next_hook
from bouvier.catalog.releases.revisions import UNINSTALLING, Revision
from bouvier.catalog.releases.rollout import HOOK_SECONDS, LOOK_AGAIN, remove_all
from bouvier.client import Client
from bouvier.controllers.runtime.conditions import put
from bouvier.controllers.runtime.controller import Again
from bouvier.kinds.catalog_v1 import releases
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, annotations_of, name_of, namespace_of

NO_HOOKS = "catalog.bouvier.io/no-hooks"
"""Annotation `true` on a Release: it goes without its delete hooks."""


class Removal:
    """Takes a release away."""

    def __init__(self, client: Client, cluster: Cluster, history: History) -> None:
        self._client, self._cluster, self._history = client, cluster, history

    async def advance(self, release: Obj, revisions: Sequence[Revision], now: datetime) -> Again | None:
        """Go on until the release is gone, or something must be waited for."""
        revision = current(revisions) or latest(revisions)
        if revision is None:
            await self._let_go(release)
            return None
        if revision.status != UNINSTALLING:
            revision.status, revision.stage = UNINSTALLING, "pre"
            await self._history.update(revision)
        waiting = await self._steps(release, revision, revisions, now)
        if waiting:
            await self._say(release, waiting, now)
            return LOOK_AGAIN
        for one in revisions:
            await self._history.remove(one)
        await self._let_go(release)
        return None

    async def _steps(self, release: Obj, revision: Revision, revisions: Sequence[Revision], now: datetime) -> str:
        """Return what is waited for, empty when nothing is left to do."""
        with_hooks = annotations_of(release).get(NO_HOOKS) != "true"
        if revision.stage == "pre":
            waiting = await self._hooks(release, revision, "pre-delete", now) if with_hooks else ""
            if waiting:
                return waiting
            revision.stage = "apply"
            await self._history.update(revision)
        if revision.stage == "apply":
            made = [one for one in revisions if one.number >= revision.number]
            left = [text for one in made if (text := await remove_all(self._cluster, one))]
            if left:
                return f"{left[0]} still there"
            revision.stage = "post"
            await self._history.update(revision)
        waiting = await self._hooks(release, revision, "post-delete", now) if with_hooks else ""
        if not waiting:
            for hook in revision.hooks:
                await self._cluster.delete(hook.obj)
        return waiting

    async def _hooks(self, release: Obj, revision: Revision, event: str, now: datetime) -> str:
        deadline = timedelta(seconds=release["spec"].get("timeoutSeconds") or HOOK_SECONDS)
        while hook := next_hook(revision.hooks, event):
            before = (hook.phase, hook.ran_for)
            try:
                is_done = await advance_hook(self._cluster, hook, (revision.number, event), now, deadline)
            except HookFailed as error:
                return f"{error}; to go on without it: bouvier catalog uninstall {name_of(release)} --no-hooks"
            if (hook.phase, hook.ran_for) != before:
                await self._history.update(revision)
            if not is_done:
                return f"the hook {hook.kind} {hook.name} runs"
        return ""

    async def _say(self, release: Obj, waiting: str, now: datetime) -> None:
        old = (release.get("status") or {}).get("conditions") or []
        condition = {"type": "Ready", "status": "False", "reason": "Uninstalling", "message": waiting}
        conditions = put(old, condition, now)
        if conditions == old:
            return
        body = {"status": {"phase": "Uninstalling", "conditions": conditions}}
        await self._client.patch(
            releases.RESOURCE, name_of(release), body, namespace=namespace_of(release), subresource="status"
        )

    async def _let_go(self, release: Obj) -> None:
        metadata = release["metadata"]
        left = [one for one in metadata.get("finalizers") or () if one != FINALIZER]
        body = {"metadata": {"finalizers": left or None, "resourceVersion": metadata["resourceVersion"]}}
        try:
            await self._client.patch(releases.RESOURCE, name_of(release), body, namespace=namespace_of(release))
        except ApiError as error:
            if error.reason != "NotFound":
                raise
