"""One run of a Build, from its source to its image in the registry.

Everything that a run makes on the way has a name that follows from the Build's uid, so that the next run of the same
Build clears it away and begins anew, whenever the one before was killed.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bouvier.builds.builder import images, publishing, stages
from bouvier.builds.builder.inputs import fetch_source
from bouvier.builds.builder.log import BuildLog
from bouvier.builds.builder.reporting import Reporter
from bouvier.builds.builder.stages import Stages
from bouvier.builds.builder.workshop import Workshop
from bouvier.builds.sources.git import Commit
from bouvier.engine.errors import EngineError
from bouvier.meta.objects import Obj, uid_of


class Run:
    """Takes one Build through its stages."""

    def __init__(self, shop: Workshop, build: Obj, log: BuildLog, reporter: Reporter) -> None:
        self._shop = shop
        self._build = build
        self._log = log
        self._reporter = reporter
        self._stages = Stages(lambda: datetime.now(UTC))

    async def perform(self) -> dict[str, Any]:
        """Do the work and return what the status then says.

        Raises:
            BuildFailed: it cannot be done.
            Unreachable: the engine went away; the run may begin again.
        """
        await self.clear()
        try:
            return await self._perform()
        finally:
            await asyncio.shield(self.clear())

    async def _perform(self) -> dict[str, Any]:
        target = await publishing.target_of(self._shop, self._build)
        async with self._step(stages.FETCH):
            folder, commit = await fetch_source(self._shop, self._build, self._log)
        if commit is not None:
            await self._note_commit(commit)
        await self._make(folder)
        if target is None:
            self._log.line("Build complete, no image push requested")
            return {}
        async with self._step(stages.PUSH):
            pushed = await publishing.push(self._shop, self._build, target, self._log)
            await publishing.publish(self._shop, target, pushed)
        return {
            "outputDockerImageReference": pushed.reference,
            "output": {"to": {"imageDigest": pushed.digest}},
        }

    async def _make(self, folder: Path) -> None:
        async with self._step(stages.PULL):
            recipe = await images.prepare(self._shop, self._build, folder)
        async with self._step(stages.DOCKER_BUILD if recipe.reason == "DockerBuildFailed" else stages.ASSEMBLE):
            await images.make(self._shop, self._build, folder, recipe, self._log)
        hook = self._build["spec"].get("postCommit") or {}
        if any(hook.values()):
            async with self._step(stages.POST_COMMIT):
                await images.run_hook(self._shop, self._build, self._log)

    async def _note_commit(self, commit: Commit) -> None:
        git = {
            "commit": commit.id,
            "message": commit.message,
            "author": dict(commit.author),
            "committer": dict(commit.committer),
        }
        revision = {"type": "Git", "git": git}
        self._build = {**self._build, "spec": {**self._build["spec"], "revision": revision}}
        await self._reporter.report({"spec": {"revision": revision}})

    @asynccontextmanager
    async def _step(self, names: tuple[str, str]) -> AsyncIterator[None]:
        try:
            with self._stages.step(names):
                yield
        finally:
            self._reporter.remember({"stages": self._stages.document()})
        await self._reporter.report({})

    async def clear(self) -> None:
        """Remove what a run of this Build has made beside its image in the registry."""
        work = self._shop.work_dir(uid_of(self._build))
        await asyncio.to_thread(shutil.rmtree, work, ignore_errors=True)
        with suppress(EngineError):
            await self._shop.engine.remove_image(images.temporary_name(self._build))
