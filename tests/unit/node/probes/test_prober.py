"""When probes are made and what follows."""

from __future__ import annotations

import time
from collections.abc import Callable

from bouvier.meta.objects import Obj
from bouvier.node.pods.seen import ProbeView
from bouvier.node.probes.handlers import Result
from bouvier.node.probes.prober import Prober
from tests.support.pods import container
from tests.support.waiting import until

FAST = {"periodSeconds": 0.02, "failureThreshold": 2, "exec": {}}


def prober(app: Obj, answer: Callable[[Obj], bool], first: ProbeView | None = None) -> Prober:
    async def perform(probe: Obj) -> Result:
        return Result(answer(probe), "because")

    return Prober(app, time.time(), first or ProbeView(), perform, lambda: None)


async def test_readiness_follows_the_probe() -> None:
    """Ready after a success, not ready after as many failures as the threshold says."""
    answers = {"good": False}
    probing = prober(container(readinessProbe=FAST), lambda _: answers["good"])
    await until(lambda: probing.view.started)
    assert not probing.view.ready
    answers["good"] = True
    await until(lambda: probing.view.ready)
    answers["good"] = False
    await until(lambda: not probing.view.ready)
    probing.stop()


async def test_liveness_asks_for_a_restart() -> None:
    """Failures in a row make the container unhealthy, with the probe's own grace period."""
    probe = FAST | {"terminationGracePeriodSeconds": 3}
    probing = prober(container(livenessProbe=probe), lambda _: False)
    told: list[tuple[str, str]] = []
    probing.report = lambda kind, message: told.append((kind, message))
    await until(lambda: probing.view.unhealthy)
    assert probing.view.unhealthy == "Container app failed liveness probe, will be restarted"
    assert probing.view.grace_seconds == 3
    assert told == [("Liveness", "because")] * 2
    probing.stop()


async def test_startup_holds_the_others_back() -> None:
    """Neither readiness nor liveness is asked before the startup probe has succeeded."""
    asked: list[str] = []
    up = {"now": False}

    def answer(probe: Obj) -> bool:
        asked.append(probe["exec"]["name"])
        return up["now"] if probe["exec"]["name"] == "startup" else True

    def named(name: str, **fields: object) -> Obj:
        return FAST | {"exec": {"name": name}} | fields

    app = container(
        startupProbe=named("startup", failureThreshold=100),
        readinessProbe=named("readiness"),
        livenessProbe=named("liveness"),
    )
    probing = prober(app, answer)
    await until(lambda: len(asked) >= 3)
    assert set(asked) == {"startup"}
    assert not probing.view.started
    up["now"] = True
    await until(lambda: probing.view.ready)
    assert probing.view.started
    probing.stop()


async def test_a_startup_that_fails_restarts_the_container() -> None:
    """As many failures as the threshold end the wait."""
    probing = prober(container(startupProbe=FAST), lambda _: False)
    await until(lambda: probing.view.unhealthy)
    assert "failed startup probe" in probing.view.unhealthy
    probing.stop()


async def test_a_known_container_stays_ready() -> None:
    """A new agent goes on with what the last one knew."""
    probing = prober(
        container(readinessProbe=FAST | {"initialDelaySeconds": 60}),
        lambda _: False,
        ProbeView(ready=True, started=True),
    )
    await until(lambda: probing.view.started)
    assert probing.view.ready
    probing.stop()
