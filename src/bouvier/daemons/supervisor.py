"""The supervisor: starts the daemons in order, restarts what dies, stops them in reverse order.

One thread and one selector: signals arrive through a wake-up socket, readiness through pipes, commands through the
control socket. It is the subreaper of everything below it, so no zombie outlives its moment. It keeps no state on disk
but its lock: after `kill -9` the forked daemons die with it, the private engine and all containers live on, and the
next start takes over.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from bouvier.daemons.control import ControlServer
from bouvier.daemons.service import Service, State, describe_end, may_start, note_death
from bouvier.util.prctl import become_subreaper

ASK_INTERVAL_SECONDS = 0.02
"""How often a starting process without a pipe is asked whether it is ready."""
IDLE_SECONDS = 3600.0
"""Nothing is polled while all is well: every change wakes the selector."""

Say = Callable[[str], None]


class Supervisor:
    """Runs a fixed list of services until it is told to stop."""

    def __init__(
        self, services: Sequence[Service], say: Say = lambda _line: None, on_ready: Callable[[], None] = lambda: None
    ) -> None:
        self._services = {service.name: service for service in services}
        self._say = say
        self._on_ready = on_ready
        self._selector = selectors.DefaultSelector()
        self._stopping = False
        self._wakeup_read, self._wakeup_write = socket.socketpair()
        self._was_ready = False
        """Whether all services have been ready together once."""

    # ------------------------------------------------------------------ outside

    def attach_control(self, control: ControlServer) -> None:
        """Serve the control socket from the loop."""
        self._selector.register(control, selectors.EVENT_READ, control.serve_one)

    def status(self) -> dict[str, Any]:
        """Return the state of every service and whether all are ready."""
        return {
            "ready": self.is_ready(),
            "stopping": self._stopping,
            "processes": [service.report() for service in self._services.values() if service.is_wanted],
        }

    def is_ready(self) -> bool:
        """Tell whether every service is ready."""
        return all(service.state is State.READY for service in self._services.values() if service.is_wanted)

    def want(self, name: str) -> bool:
        """Let a service run that waited to be asked for; tell whether there is one of that name."""
        service = self._services.get(name)
        if service is not None:
            service.is_wanted = True
        return service is not None

    def request_stop(self) -> None:
        """Leave the loop after the present round."""
        self._stopping = True

    def begin(self, early: Sequence[str] = ()) -> None:
        """Take over signals and orphans, and start the `early` services while the caller still prepares others."""
        become_subreaper()
        self._install_signals()
        for name in early:
            if name in self._services:
                self._start(self._services[name], time.monotonic())

    def run(self) -> None:
        """Supervise until a stop is asked for, then stop every service in reverse order."""
        while not self._stopping:
            self._start_due()
            self._ask_starting()
            self._note_all_ready()
            self._wait(self._pause_seconds())
        self._stop_all()

    # ------------------------------------------------------------------ signals

    def _install_signals(self) -> None:
        for end in (self._wakeup_read, self._wakeup_write):
            end.settimeout(0)
        signal.set_wakeup_fd(self._wakeup_write.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: self.request_stop())
        self._selector.register(self._wakeup_read, selectors.EVENT_READ, self._on_signal)

    def _on_signal(self) -> None:
        with suppress(BlockingIOError):
            self._wakeup_read.recv(4096)
        self._reap()

    def _reap(self) -> None:
        """Wait for every ended child, ours or adopted orphan."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            for service in self._services.values():
                if service.pid == pid:
                    self._on_death(service, describe_end(status))

    # ------------------------------------------------------------------ starting

    def _start_due(self) -> None:
        now = time.monotonic()
        ready = {service.name for service in self._services.values() if service.state is State.READY}
        for service in self._services.values():
            if may_start(service, ready, now):
                self._start(service, now)

    def _start(self, service: Service, now: float) -> None:
        service.started_at = now
        running = service.find_running()
        if running is not None and self._adopt(service, running):
            return
        try:
            service.pid, service.ready_pipe = service.launch()
        except OSError as error:
            note_death(service, now, f"cannot start: {error}")
            self._say(f"{service.name}: {service.last_end}")
            return
        service.state = State.STARTING
        if service.ready_pipe >= 0:
            self._selector.register(service.ready_pipe, selectors.EVENT_READ, lambda: self._on_pipe(service))

    def _adopt(self, service: Service, pid: int) -> bool:
        try:
            service.pidfd = os.pidfd_open(pid)
        except OSError:
            return False
        service.pid, service.state = pid, State.STARTING
        self._selector.register(service.pidfd, selectors.EVENT_READ, lambda: self._on_adopted_end(service))
        return True

    def _on_adopted_end(self, service: Service) -> None:
        self._on_death(service, "ended")

    def _on_pipe(self, service: Service) -> None:
        announced = os.read(service.ready_pipe, 1) == b"1"
        self._close_pipe(service)
        if announced:
            service.state = State.READY

    def _ask_starting(self) -> None:
        for service in self._services.values():
            if service.state is State.STARTING and service.answers and service.answers():
                service.state = State.READY

    def _note_all_ready(self) -> None:
        if self.is_ready() and not self._was_ready:
            self._was_ready = True
            self._say("ready")
            self._on_ready()

    def _on_death(self, service: Service, ending: str) -> None:
        self._close_pipe(service)
        if service.pidfd >= 0:
            self._selector.unregister(service.pidfd)
            os.close(service.pidfd)
            service.pidfd = -1
        if self._stopping:
            service.state, service.pid = State.STOPPED, 0
            return
        note_death(service, time.monotonic(), ending)
        pause = max(0.0, service.not_before - time.monotonic())
        self._say(f"{service.name} ended ({ending}); starting it again" + (f" in {pause:.1f} s" if pause else ""))

    def _close_pipe(self, service: Service) -> None:
        if service.ready_pipe >= 0:
            self._selector.unregister(service.ready_pipe)
            os.close(service.ready_pipe)
            service.ready_pipe = -1

    # ------------------------------------------------------------------ waiting

    def _pause_seconds(self) -> float:
        """Return how long nothing can be due by time alone."""
        now = time.monotonic()
        pauses = [IDLE_SECONDS]
        ready = {service.name for service in self._services.values() if service.state is State.READY}
        for service in self._services.values():
            if service.state is State.STARTING and service.answers:
                pauses.append(ASK_INTERVAL_SECONDS)
            elif service.state is State.BACKING_OFF:
                pauses.append(service.not_before - now)
            elif may_start(service, ready, now):
                pauses.append(0.0)
        return max(0.0, min(pauses))

    def _wait(self, seconds: float) -> None:
        for key, _ in self._selector.select(seconds):
            action: Callable[[], None] = key.data
            action()

    # ------------------------------------------------------------------ stopping

    def _stop_all(self) -> None:
        self._stopping = True
        for service in reversed(self._services.values()):
            if service.pid:
                self._stop(service)
            service.state = State.STOPPED
        signal.set_wakeup_fd(-1)

    def _stop(self, service: Service) -> None:
        """Ask the process to end, wait for its grace, then insist."""
        for number, grace_seconds in ((signal.SIGTERM, service.stop_grace_seconds), (signal.SIGKILL, 5.0)):
            pid = service.pid
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                service.pid = 0
            if self._wait_for_end(service, grace_seconds):
                return
            self._say(f"{service.name} did not stop within {grace_seconds:.0f} s")

    def _wait_for_end(self, service: Service, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        self._reap()
        while service.pid and time.monotonic() < deadline:
            self._wait(min(0.1, max(0.0, deadline - time.monotonic())))
        return not service.pid


def handlers(supervisor: Supervisor, more: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
    """Return the control socket's operations; `more` completes the status."""

    def status(_request: Mapping[str, Any]) -> dict[str, Any]:
        return {**more(), **supervisor.status()}

    def stop(_request: Mapping[str, Any]) -> dict[str, Any]:
        supervisor.request_stop()
        return {"stopping": True}

    def start(request: Mapping[str, Any]) -> dict[str, Any]:
        name = str(request.get("name", ""))
        return {"wanted": name} if supervisor.want(name) else {"error": f"there is no service {name} here"}

    return {"status": status, "stop": stop, "start": start}
