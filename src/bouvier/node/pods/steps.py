"""The result of planning: the next steps, and when to look again (pure)."""

from __future__ import annotations

from dataclasses import dataclass, field

from bouvier.node.pods.actions import Action
from bouvier.node.pods.seen import Seen


@dataclass(slots=True)
class Plan:
    """The next steps for one pod."""

    seen: Seen
    now: float
    actions: list[Action] = field(default_factory=list)
    wake_at: float = 0.0
    """When to look again although nothing happens, in seconds since the epoch; 0 for never."""

    def add(self, action: Action) -> None:
        """Add a step unless its key is busy, waits after a failure, or has a step in this plan already."""
        if self.may_try(action.key) and all(action.key != other.key for other in self.actions):
            self.actions.append(action)

    def wake(self, at: float) -> None:
        """Look again at that moment or before."""
        self.wake_at = min(self.wake_at, at) if self.wake_at else at

    def may_try(self, key: str) -> bool:
        """Tell whether work may begin; work that failed comes back at its retry time."""
        if key in self.seen.busy:
            return False
        failure = self.seen.failures.get(key)
        if failure is None or failure.retry_at <= self.now:
            return True
        self.wake(failure.retry_at)
        return False
