"""How work on a pod fails, and when it is tried again."""

from __future__ import annotations

from bouvier.node.pods.seen import Failure

IMAGE_SECONDS = (10.0, 300.0)
"""First and longest delay between pulls, as the kubelet's."""
WORK_SECONDS = (1.0, 30.0)
"""First and longest delay for everything else; a cause that is repaired is usually noticed by its own change."""


class WorkFailed(Exception):  # noqa: N818 - says what happened
    """A piece of work did not succeed."""

    def __init__(
        self, reason: str, message: str, *, event: str = "Failed", delays: tuple[float, float] = WORK_SECONDS
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.event = event
        """Reason of the event that tells of it."""
        self.delays = delays


def failure_after(error: WorkFailed, before: Failure | None, now: float) -> Failure:
    """Return the record of a failure; repeated ones wait twice as long each time."""
    count = before.count + 1 if before else 1
    first, longest = error.delays
    delay = min(longest, first * 2 ** min(count - 1, 16))
    return Failure(error.reason, error.message, now, now + delay, count)
