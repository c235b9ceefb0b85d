"""Starting a daemon as a fork of the supervisor.

The supervisor imports what all daemons share before it forks, so the pages of code and constants exist once. The
supervisor has one thread and no event loop, which makes the fork safe. A forked daemon dies with the supervisor
(SIGKILL: every daemon recovers from that anyway), so that the next start never meets a half-alive platform.
"""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from bouvier.daemons.readiness import set_pipe
from bouvier.daemons.settings import Settings
from bouvier.util.prctl import die_with_parent, set_process_name

LOG_LIMIT_BYTES = 16 << 20
"""A log that is longer at a start is moved to `NAME.log.1`, which bounds a daemon's logs to about twice this."""


class Started(NamedTuple):
    """A process just started."""

    pid: int
    ready_pipe: int
    """Read end of the readiness pipe; -1 when readiness is asked for instead."""


def fork_daemon(module: str, settings: Settings) -> Started:
    """Fork a process that runs `module.main(settings)`."""
    read_end, write_end = os.pipe()
    supervisor_pid = os.getpid()
    pid = os.fork()
    if pid:
        os.close(write_end)
        return Started(pid, read_end)
    code = 1
    try:
        _become_daemon(module, settings, write_end, supervisor_pid)
        code = run_module(module, settings)
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        _flush()
        os._exit(code)


def run_module(module: str, settings: Settings) -> int:
    """Import a daemon's module and run it."""
    main: Callable[[Settings], int] = importlib.import_module(module).main
    return main(settings)


def _become_daemon(module: str, settings: Settings, ready_pipe: int, supervisor_pid: int) -> None:
    name = module.rpartition(".")[2]
    os.setsid()
    die_with_parent(signal.SIGKILL)
    if os.getppid() != supervisor_pid:
        raise SystemExit(1)
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    log = open_log(settings.log_dir / f"{name}.log")
    os.dup2(log, 1)
    os.dup2(log, 2)
    _close_inherited(keep=ready_pipe)
    set_pipe(ready_pipe)
    set_process_name(f"bouvier-{name}")


def _close_inherited(keep: int) -> None:
    """Close the supervisor's sockets and locks: they are not this process' business."""
    os.closerange(3, keep)
    os.closerange(keep + 1, os.sysconf("SC_OPEN_MAX"))


def open_log(path: Path) -> int:
    """Open a log for appending, moving a long one aside first."""
    if path.exists() and path.stat().st_size > LOG_LIMIT_BYTES:
        path.replace(path.with_suffix(path.suffix + ".1"))
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            continue


def import_shared(modules: tuple[str, ...]) -> list[str]:
    """Import what the forks share and take it out of the garbage collector's sight; return complaints.

    A module that cannot be imported is left to the fork, whose log then says why.
    """
    complaints = []
    gc.disable()  # imports make no garbage worth looking for, and looking costs a tenth of their time
    for module in modules:
        try:
            importlib.import_module(module)
        except Exception as error:
            complaints.append(f"{module}: {type(error).__name__}: {error}")
    gc.collect()
    gc.freeze()
    gc.enable()
    return complaints
