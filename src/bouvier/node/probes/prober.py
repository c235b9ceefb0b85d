"""Probing one container from its start to its end.

A startup probe holds the others back until it has succeeded. Until a probe has succeeded for the first time it is
repeated faster than its period, so that a pod is ready soon after it could be; these extra failures do not count
towards `failureThreshold`.
Source: https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import NamedTuple

from bouvier.meta.objects import Obj
from bouvier.node.pods.seen import ProbeView
from bouvier.node.probes.handlers import Result

_FIRST_RETRY_SECONDS = 0.25
"""About the time that a small server needs to listen; doubled up to the period."""

Perform = Callable[[Obj], Awaitable[Result]]
Report = Callable[[str, str], None]
"""Called with the kind of probe and the message of a failure."""


class Timing(NamedTuple):
    """The numbers of a probe, with Kubernetes' defaults."""

    delay: float
    period: float
    timeout: float
    successes: int
    failures: int

    @classmethod
    def of(cls, probe: Obj) -> Timing:
        """Read them from a probe."""
        return cls(
            probe.get("initialDelaySeconds") or 0,
            probe.get("periodSeconds") or 10,
            probe.get("timeoutSeconds") or 1,
            probe.get("successThreshold") or 1,
            probe.get("failureThreshold") or 3,
        )


class Prober:
    """The probes of one running container."""

    def __init__(
        self, container: Obj, started_seconds: float, first: ProbeView, perform: Perform, changed: Callable[[], None]
    ) -> None:
        self._container = container
        self._started_seconds = started_seconds
        self._perform = perform
        self._changed = changed
        self.view = first
        self.report: Report = lambda _kind, _message: None
        self._task = asyncio.get_running_loop().create_task(self._run(), name=f"probes of {container['name']}")

    def stop(self) -> None:
        """End probing; the last view stays."""
        self._task.cancel()

    async def _run(self) -> None:
        if startup := self._container.get("startupProbe"):
            if not self.view.started and not await self._start_up(startup):
                return
        else:
            self._set(started=True)
        async with asyncio.TaskGroup() as tasks:
            if readiness := self._container.get("readinessProbe"):
                tasks.create_task(self._follow_readiness(readiness), name="readiness")
            if liveness := self._container.get("livenessProbe"):
                tasks.create_task(self._follow_liveness(liveness), name="liveness")

    async def _start_up(self, probe: Obj) -> bool:
        """Probe until the first success; False when the container is to be restarted instead."""
        timing, failures, retry = Timing.of(probe), 0, _FIRST_RETRY_SECONDS
        await self._wait_initially(timing)
        counted_at = time.monotonic()
        while not (await self._try("Startup", probe, timing)).success:
            if time.monotonic() - counted_at >= timing.period or timing.failures == 1:
                counted_at = time.monotonic()
                failures += 1
            if failures >= timing.failures:
                self._set_unhealthy("startup", probe)
                return False
            await asyncio.sleep(min(retry, timing.period))
            retry *= 2
        self._set(started=True)
        return True

    async def _follow_readiness(self, probe: Obj) -> None:
        timing, retry = Timing.of(probe), _FIRST_RETRY_SECONDS
        await self._wait_initially(timing)
        streak, last = 0, False
        while True:
            success = (await self._try("Readiness", probe, timing)).success
            streak = streak + 1 if success == last else 1
            last = success
            if streak >= (timing.successes if success else timing.failures):
                self._set(ready=success)
            settled = success or retry >= timing.period
            await asyncio.sleep(timing.period if settled else retry)
            retry = timing.period if success else retry * 2

    async def _follow_liveness(self, probe: Obj) -> None:
        timing, failures = Timing.of(probe), 0
        await self._wait_initially(timing)
        while failures < timing.failures:
            success = (await self._try("Liveness", probe, timing)).success
            failures = 0 if success else failures + 1
            if failures < timing.failures:
                await asyncio.sleep(timing.period)
        self._set_unhealthy("liveness", probe)

    async def _wait_initially(self, timing: Timing) -> None:
        await asyncio.sleep(max(0.0, self._started_seconds + timing.delay - time.time()) if timing.delay else 0)

    async def _try(self, kind: str, probe: Obj, timing: Timing) -> Result:
        try:
            async with asyncio.timeout(timing.timeout):
                result = await self._perform(probe)
        except TimeoutError:
            result = Result(success=False, message=f"no answer within {timing.timeout} s (timeoutSeconds)")
        if not result.success:
            self.report(kind, result.message)
        return result

    def _set_unhealthy(self, kind: str, probe: Obj) -> None:
        text = f"Container {self._container['name']} failed {kind} probe, will be restarted"
        grace = probe.get("terminationGracePeriodSeconds")
        self._set(unhealthy=text, grace_seconds=grace)

    def _set(self, **changes: object) -> None:
        view = replace(self.view, **changes)  # type: ignore[arg-type]
        if view != self.view:
            self.view = view
            self._changed()
