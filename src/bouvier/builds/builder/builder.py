"""The builder: runs the Builds of its host, a few at a time.

A Build that is found Running without a run of ours was begun by a builder that died: it is begun again, up to
MOST_BEGINNINGS times, and then fails. So no Build is ever stuck, and none needs a person.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from typing import Any

from bouvier.builds.builder.failure import MESSAGES, BuildFailed
from bouvier.builds.builder.log import BuildLog
from bouvier.builds.builder.reporting import GoneError, Reporter
from bouvier.builds.builder.run import Run
from bouvier.builds.builder.workshop import Workshop
from bouvier.client.informer import Informer
from bouvier.engine.errors import EngineError, Unreachable
from bouvier.kinds.build_v1.builds import HOST_ANNOTATION, is_final, phase_of
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, annotations_of, uid_of
from bouvier.meta.resources import BUILDS
from bouvier.util.clock import now_text, parse_time

AT_ONCE = 2
"""Builds of one host at the same time: each keeps about a core busy."""
BEGINNINGS_ANNOTATION = "build.bouvier.io/beginnings"
MOST_BEGINNINGS = 3
ENGINE_SECONDS = 0.5

_log = logging.getLogger(__name__)


class Builder:
    """Runs Builds."""

    def __init__(self, shop: Workshop) -> None:
        self._shop = shop
        self._builds = Informer(shop.client, BUILDS)
        self._runs: dict[str, asyncio.Task[None]] = {}
        self._cancelled: set[str] = set()
        self.logs: dict[str, BuildLog] = {}
        """Logs that are being written, by uid."""
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._news = asyncio.Event()
        self._builds.add_handler(self._changed)

    async def run(self) -> None:
        """Work until cancelled; Builds that are cut off then are begun again by the next builder."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._builds.run(), name="builds")
            await self._builds.synced.wait()
            self._sweep()
            while True:
                self._news.clear()
                for build in self._builds.items():
                    self._look(build, tasks)
                await self._news.wait()

    def _changed(self, kind: Any, _old: Obj | None, new: Obj) -> None:
        if kind == "DELETED":
            self._forget(uid_of(new))
        self._news.set()

    def _look(self, build: Obj, tasks: asyncio.TaskGroup) -> None:
        uid = uid_of(build)
        is_cancelled = bool((build.get("status") or {}).get("cancelled"))
        if uid in self._runs:
            if is_cancelled and uid not in self._cancelled and not is_final(build):
                self._cancelled.add(uid)
                self._runs[uid].cancel()
            return
        host = annotations_of(build).get(HOST_ANNOTATION, "")
        if phase_of(build) in ("Pending", "Running") and host in ("", self._shop.host):
            if is_cancelled:
                self._cancelled.add(uid)
            task = tasks.create_task(self._run(build), name=f"build {build['metadata']['name']}")
            self._runs[uid] = task
            task.add_done_callback(lambda _: self._ended(uid))

    def _ended(self, uid: str) -> None:
        self._runs.pop(uid, None)
        self._cancelled.discard(uid)
        self._news.set()

    def _forget(self, uid: str) -> None:
        """End the run of a Build that was deleted, and remove its files."""
        run = self._runs.get(uid)
        if run is not None:
            run.cancel()
        self._shop.log_file(uid).unlink(missing_ok=True)
        self._shop.upload_file(uid).unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Remove files of Builds that were deleted while no builder ran."""
        known = {uid_of(build) for build in self._builds.items()}
        for folder in ("logs", "uploads"):
            for path in (self._shop.folder / folder).glob("*"):
                if path.stem not in known:
                    path.unlink(missing_ok=True)

    async def _run(self, build: Obj) -> None:
        reporter = Reporter(self._shop.client, build)
        try:
            async with self._turns:
                await self._run_in_turn(build, reporter)
        except asyncio.CancelledError:
            # Only a wish of the user ends here: when the builder itself ends, the next one goes on.
            if uid_of(build) not in self._cancelled:
                raise
            await self._end(reporter, build, "Cancelled", BuildFailed("CancelledBuild"))
        except GoneError as error:
            _log.info("build %s: %s", build["metadata"]["name"], error)

    async def _run_in_turn(self, build: Obj, reporter: Reporter) -> None:
        uid = uid_of(build)
        if uid in self._cancelled:
            await self._end(reporter, build, "Cancelled", BuildFailed("CancelledBuild"))
            return
        log = self.logs[uid] = BuildLog(self._shop.log_file(uid))
        try:
            await self._begin_and_perform(build, reporter, log)
        except asyncio.CancelledError:
            log.line("The build was interrupted.")
            raise
        finally:
            del self.logs[uid]
            log.close()

    async def _begin_and_perform(self, build: Obj, reporter: Reporter, log: BuildLog) -> None:
        beginnings = int(annotations_of(build).get(BEGINNINGS_ANNOTATION) or 0)
        while True:
            beginnings += 1
            if beginnings > MOST_BEGINNINGS:
                failure = BuildFailed("GenericBuildFailed", f"It was cut off {MOST_BEGINNINGS} times.")
                await self._end(reporter, build, "Failed", failure, log=log)
                return
            if beginnings > 1:
                log.line(f"The build begins again ({beginnings} of {MOST_BEGINNINGS}).")
            build = await self._mark_begun(reporter, build, beginnings)
            try:
                result = await self._perform(build, reporter, log)
            except BuildFailed as failure:
                await self._end(reporter, build, "Failed", failure, log=log)
                return
            except (Unreachable, ConnectionError) as error:
                log.line(f"warning: {error}")
                await self._await_engine()
                continue
            await self._end(reporter, build, "Complete", None, log=log, result=result)
            return

    async def _perform(self, build: Obj, reporter: Reporter, log: BuildLog) -> dict[str, Any]:
        run = Run(self._shop, build, log, reporter)
        try:
            async with asyncio.timeout(build["spec"].get("completionDeadlineSeconds")):
                return await run.perform()
        except TimeoutError:
            raise BuildFailed("DeadlineExceeded") from None
        except (BuildFailed, GoneError, Unreachable, ConnectionError):
            raise
        except (EngineError, ApiError, OSError) as error:
            log.line(f"error: {error}")
            raise BuildFailed("GenericBuildFailed", str(error)) from None
        except Exception as error:
            _log.exception("defect in a build")
            log.line(f"error: {type(error).__name__}: {error}")
            raise BuildFailed("GenericBuildFailed") from None

    async def _mark_begun(self, reporter: Reporter, build: Obj, beginnings: int) -> Obj:
        annotations = {HOST_ANNOTATION: self._shop.host, BEGINNINGS_ANNOTATION: str(beginnings)}
        began = (build.get("status") or {}).get("startTimestamp") or now_text()
        return await reporter.report(
            {"metadata": {"annotations": annotations}}, phase="Running", startTimestamp=began, stages=[]
        )

    async def _await_engine(self) -> None:
        while True:
            try:
                await self._shop.engine.info()
            except EngineError:
                await asyncio.sleep(ENGINE_SECONDS)
            else:
                return

    async def _end(
        self,
        reporter: Reporter,
        build: Obj,
        phase: str,
        failure: BuildFailed | None,
        *,
        log: BuildLog | None = None,
        result: dict[str, Any] | None = None,
    ) -> None:
        status: dict[str, Any] = {"phase": phase, "completionTimestamp": now_text(), **(result or {})}
        began = (build.get("status") or {}).get("startTimestamp")
        if began:
            took = datetime.now(UTC) - parse_time(began)
            status["duration"] = max(0, int(took.total_seconds() * 1e9))
        if failure is not None:
            status |= {"reason": failure.reason, "message": failure.message}
            if phase == "Cancelled":
                status["message"] = MESSAGES["CancelledBuild"]
            elif log is not None:
                status["logSnippet"] = log.snippet()
        ended = await reporter.report({}, **status)
        self._shop.upload_file(uid_of(build)).unlink(missing_ok=True)
        self._tell(ended, phase, failure)

    def _tell(self, build: Obj, phase: str, failure: BuildFailed | None) -> None:
        reason = {"Complete": "BuildCompleted", "Cancelled": "BuildCancelled"}.get(phase, "BuildFailed")
        name = f"{build['metadata']['namespace']}/{build['metadata']['name']}"
        text = f"Build {name} " + {"Complete": "completed successfully", "Cancelled": "has been cancelled"}.get(
            phase, f"failed: {failure.message if failure else ''}"
        )
        self._shop.recorder.event(build, "Normal" if phase != "Failed" else "Warning", reason, text)
