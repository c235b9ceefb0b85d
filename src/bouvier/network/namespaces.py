"""Entering the network namespace of another process, for the length of one thread's statement.

A thread that has entered stays there alone: its process keeps its own namespace. Needs CAP_SYS_ADMIN.
Source: setns(2), network_namespaces(7).
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager

_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def enter(descriptor: int) -> None:
    """Move the calling thread into the namespace of an open descriptor."""
    if _libc.setns(descriptor, _CLONE_NEWNET):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def create() -> None:
    """Move the calling thread into a new, empty namespace."""
    if _libc.unshare(_CLONE_NEWNET):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


@contextmanager
def opened(process: int | None = None) -> Iterator[int]:
    """Yield a descriptor of the namespace of a process, or of the calling thread.

    Raises:
        ProcessLookupError: the process has ended.
    """
    path = f"/proc/{process}/ns/net" if process else "/proc/thread-self/ns/net"
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise ProcessLookupError(f"process {process} has ended") from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def inside(descriptor: int, home: int) -> Iterator[None]:
    """Run a block of the calling thread in a namespace, and come home to another afterwards."""
    enter(descriptor)
    try:
        yield
    finally:
        enter(home)
