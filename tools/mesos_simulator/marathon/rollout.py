"""How many tasks Marathon starts and which it kills, from definition and tasks (pure).

Source: https://mesosphere.github.io/marathon/docs/deployments.html (upgradeStrategy).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple


class Run(NamedTuple):
    """A task as the rollout sees it."""

    id: str
    config: str
    """Version of the configuration that it was started with."""
    ready: bool
    started: float


class Step(NamedTuple):
    """What is to be done now."""

    start: int
    kill: tuple[str, ...]
    done: bool


def step(definition: dict[str, Any], config: str, runs: Sequence[Run], *, is_deploying: bool) -> Step:
    """Return the next step towards `instances` tasks of one configuration."""
    wanted = int(definition["instances"])
    new = [run for run in runs if run.config == config]
    old = [run for run in runs if run.config != config]
    if not old or not is_deploying:
        return _scaled(wanted, [*old, *new] if not is_deploying else new)
    strategy = definition["upgradeStrategy"]
    least = math.ceil(wanted * strategy["minimumHealthCapacity"])
    most = math.floor(wanted * (1 + strategy["maximumOverCapacity"]))
    if least == most and most <= len(runs):
        most += 1  # otherwise nothing could move
    killable = len(old) - max(0, least - sum(run.ready for run in new))
    kill = [run.id for run in sorted(old, key=lambda run: (run.ready, run.started))[: max(0, killable)]]
    surplus = sorted(new, key=lambda run: (run.ready, -run.started))[: max(0, len(new) - wanted)]
    start = min(wanted - len(new), most - len(runs))
    return Step(max(0, start), (*kill, *(run.id for run in surplus)), done=False)


def _scaled(wanted: int, runs: Sequence[Run]) -> Step:
    surplus = sorted(runs, key=lambda run: (run.ready, -run.started))[: max(0, len(runs) - wanted)]
    done = len(runs) == wanted and all(run.ready for run in runs)
    return Step(max(0, wanted - len(runs)), tuple(run.id for run in surplus), done)
