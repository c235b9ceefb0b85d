"""How a daemon tells the supervisor that it serves.

The supervisor gives each daemon the write end of a pipe; one byte on it means ready, its end means death. A daemon
that runs by itself has no pipe, and announcing does nothing.
"""

from __future__ import annotations

import os

_announcement: dict[str, int] = {}


def set_pipe(write_end: int) -> None:
    """Remember the pipe of this process; called once, right after the fork."""
    _announcement["pipe"] = write_end


def announce_ready() -> None:
    """Tell the supervisor, once, that this daemon now does its work."""
    pipe = _announcement.pop("pipe", None)
    if pipe is None:
        return
    os.write(pipe, b"1")
    os.close(pipe)
