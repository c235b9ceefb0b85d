"""One supervised process: its state, and the pure rules for restarting it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from bouvier.daemons.forking import Started

RESTART_DELAYS_SECONDS = (0.0, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
"""The first restart is immediate, so that one crash costs nothing; what keeps crashing must not burn a core."""
CALM_SECONDS = 30.0
"""A process that lived this long starts again at the first delay."""


class State(StrEnum):
    """Where a process stands."""

    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    BACKING_OFF = "backing off"
    STOPPED = "stopped"


@dataclass(slots=True)
class Service:
    """A process that the supervisor keeps alive."""

    name: str
    launch: Callable[[], Started]
    needs: tuple[str, ...] = ()
    """Names of the services that must be ready before this one is first started."""
    answers: Callable[[], bool] | None = None
    """Asked for readiness when the process has no readiness pipe."""
    find_running: Callable[[], int | None] = lambda: None
    """Pid of one that an earlier supervisor left running on purpose."""
    stop_grace_seconds: float = 10.0
    is_wanted: bool = True
    """Whether it is to run at all; what is not wanted waits until somebody asks for it."""

    state: State = State.WAITING
    pid: int = 0
    ready_pipe: int = -1
    pidfd: int = -1
    """Open for a process that is not our child: it tells the end of it."""
    started_at: float = 0.0
    not_before: float = 0.0
    quick_deaths: int = 0
    restarts: int = 0
    last_end: str = ""
    """How the process ended last, in words."""

    def report(self) -> dict[str, object]:
        """Return what `bouvier status` shows of the process."""
        return {
            "name": self.name,
            "state": str(self.state),
            "pid": self.pid,
            "restarts": self.restarts,
            "lastEnd": self.last_end,
        }


def restart_delay_seconds(quick_deaths: int) -> float:
    """Return the pause before the next start after that many deaths in a row."""
    return RESTART_DELAYS_SECONDS[min(quick_deaths, len(RESTART_DELAYS_SECONDS)) - 1] if quick_deaths else 0.0


def note_death(service: Service, now: float, ending: str) -> None:
    """Record that the process ended, and when it may start again."""
    lived_seconds = now - service.started_at
    service.quick_deaths = 1 if lived_seconds >= CALM_SECONDS else service.quick_deaths + 1
    service.not_before = now + restart_delay_seconds(service.quick_deaths)
    service.state = State.BACKING_OFF
    service.last_end = ending
    service.restarts += 1
    service.pid = 0


def may_start(service: Service, ready: set[str], now: float) -> bool:
    """Tell whether the process is due: never started and its needs are ready, or its pause is over."""
    if not service.is_wanted:
        return False
    if service.state is State.WAITING:
        return ready.issuperset(service.needs)
    return service.state is State.BACKING_OFF and now >= service.not_before


def describe_end(wait_status: int) -> str:
    """Return the end of a process in words, from the status of waitpid(2)."""
    if wait_status & 0x7F:
        return f"killed by signal {wait_status & 0x7F}"
    return f"exit code {wait_status >> 8}"
