"""Hooks: objects that are made at certain moments of a release, and waited for.

A hook is deleted before it is made anew, unless its policies say otherwise; a Job or Pod is done when it has succeeded, anything
else as soon as it exists.
Source: https://helm.sh/docs/topics/charts_hooks/
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bouvier.catalog.helm.manifests import BEFORE_CREATION
from bouvier.catalog.releases.cluster import Cluster
from bouvier.catalog.releases.readiness import failure_of, is_done
from bouvier.catalog.releases.revisions import HookRun
from bouvier.controllers.runtime.conditions import time_text
from bouvier.meta.objects import Obj, annotations_of

RUN = "catalog.bouvier.io/hook-run"
RUNNING, SUCCEEDED, HOOK_FAILED = "Running", "Succeeded", "Failed"


class HookFailed(Exception):  # noqa: N818 - what happened to the hook
    """A hook ended badly, or not in time; the text names it."""


async def advance_hook(
    cluster: Cluster, hook: HookRun, moment: tuple[int, str], now: datetime, deadline: timedelta
) -> bool:
    """Start a hook, or look how it is doing; return whether it is done. `hook` is changed in place.

    `moment` is the number of the revision and the event. The object itself carries the run that made it: who was killed before writing that down does not make it twice.

    Raises:
        HookFailed: it failed.
    """
    revision, event = moment
    if hook.ran_for != event or hook.phase not in (RUNNING, HOOK_FAILED):
        run = f"{revision}-{event}"
        if BEFORE_CREATION in hook.delete_policies and await _is_in_the_way(cluster, hook, run):
            return False
        await cluster.apply(_marked(hook.obj, run))
        hook.phase, hook.ran_for, hook.started = RUNNING, event, time_text(now)
        return await _conclude(cluster, hook, event, now, deadline)
    return await _conclude(cluster, hook, event, now, deadline)


def _marked(obj: Obj, run: str) -> Obj:
    metadata = obj["metadata"]
    return obj | {"metadata": metadata | {"annotations": annotations_of(obj) | {RUN: run}}}


async def _is_in_the_way(cluster: Cluster, hook: HookRun, run: str) -> bool:
    """Remove what an earlier run has left; return whether it is still there."""
    live = await cluster.find(hook.obj)
    if live is None or annotations_of(live).get(RUN) == run:
        return False
    if not live["metadata"].get("deletionTimestamp"):
        await cluster.delete(live)
    return await cluster.find(hook.obj) is not None


async def _conclude(cluster: Cluster, hook: HookRun, event: str, now: datetime, deadline: timedelta) -> bool:
    live = await cluster.find(hook.obj)
    failure = "it is gone" if live is None else failure_of(live)
    if live is not None and not failure and is_done(live):
        hook.phase = SUCCEEDED
        if "hook-succeeded" in hook.delete_policies:
            await cluster.delete(hook.obj)
        return True
    since = datetime.strptime(hook.started, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    if not failure and now - since > deadline:
        failure = f"it takes longer than {deadline.total_seconds():.0f} s"
    if not failure:
        return False
    hook.phase = HOOK_FAILED
    if "hook-failed" in hook.delete_policies:
        await cluster.delete(hook.obj)
    raise HookFailed(f"the hook {hook.kind} {hook.name} of {event} failed: {failure}")
