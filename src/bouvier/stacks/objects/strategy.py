"""How an upgrade proceeds: batch, interval and order as a Deployment's strategy.

A batch is what may be started before (`maxSurge`) or stopped before (`maxUnavailable`) the rest; the interval is
`minReadySeconds`: a new pod counts, and the next batch may begin, only when it has been ready for so long. So the pause
between batches survives any restart of ours. Intervals are whole seconds, rounded up.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from bouvier.stacks.compose.fields import Fields
from bouvier.stacks.compose.values import seconds


class Strategy(NamedTuple):
    """An upgrade of one service."""

    batch: int = 1
    """Pods at a time; 0 is all at once."""
    interval_seconds: int = 0
    start_first: bool = True
    roll_back: bool = False
    """Whether the whole stack returns to its last good revision when this service cannot be upgraded."""

    def spec(self, *, is_global: bool) -> dict[str, Any]:
        """Return the fields of a Deployment or DaemonSet."""
        batch: Any = self.batch or "100%"
        # A surge on every host needs the ports twice; Kubernetes itself stops first there.
        surge, unavailable = (batch, 0) if self.start_first and not is_global else (0, batch)
        made: dict[str, Any] = {
            ("updateStrategy" if is_global else "strategy"): {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable},
            }
        }
        if self.interval_seconds:
            made["minReadySeconds"] = self.interval_seconds
        return made


def strategy_of(deploy: Fields, rancher: Fields, *, default_start_first: bool) -> Strategy:
    """Return the strategy; rancher-compose's `upgrade_strategy` comes before `deploy.update_config`."""
    update = deploy.inner("update_config")
    given = rancher.inner("upgrade_strategy")
    if not given.data and not update.data:
        return Strategy(start_first=default_start_first)
    roll_back = update.text("failure_action", "pause") == "rollback"
    batch = update.number("parallelism", 1)
    delay = update.take("delay", 0)
    order = update.text("order", "start-first" if default_start_first else "stop-first")
    update.finish({"monitor": "the interval is the time a new pod is watched", "max_failure_ratio": "none may fail"})
    if order not in ("start-first", "stop-first"):
        raise update.error("order", f"{order} is neither start-first nor stop-first")
    try:
        interval = seconds(delay)
    except ValueError as error:
        raise update.error("delay", str(error)) from None
    start_first = order == "start-first"
    if given.data:
        batch = given.number("batch_size", 1)
        interval = (given.number("interval_millis", 2000) or 0) / 1000
        start_first = given.flag("start_first")
        given.finish({})
    if batch is None or batch < 0:
        raise update.error("", "a batch cannot be negative")
    return Strategy(batch, math.ceil(interval), start_first, roll_back)
