"""Which address ranges the platforms of this machine have chosen, also those whose bridge does not stand yet.

One small file a platform in a folder that all platforms share, under a lock while a new one chooses. A claim whose data
directory has no such platform any more counts for nothing and is removed.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from ipaddress import IPv4Network
from pathlib import Path

FOLDER = Path("/run/bouvier/platforms")
"""Emptied by a reboot; every start of a platform writes its claim again."""


@contextlib.contextmanager
def choosing(folder: Path = FOLDER) -> Iterator[list[IPv4Network]]:
    """Hold the machine's lock and give the ranges that others claim; nothing where the folder cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        yield []
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield _living(folder)
    finally:
        os.close(lock)


def claim(platform_id: str, data_dir: Path, ranges: list[str], folder: Path = FOLDER) -> None:
    """Write down what a platform uses."""
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / f".{platform_id}.new"
        draft.write_text(json.dumps({"dataDir": str(data_dir), "ranges": ranges}))
        draft.replace(folder / f"{platform_id}.json")


def _living(folder: Path) -> list[IPv4Network]:
    ranges: list[IPv4Network] = []
    for path in folder.glob("*.json"):
        try:
            claimed = json.loads(path.read_text())
            platform = json.loads((Path(claimed["dataDir"]) / "platform.json").read_text())
            if platform["id"] == path.stem:
                ranges += [IPv4Network(text) for text in claimed["ranges"]]
                continue
        except (OSError, ValueError, KeyError, TypeError):
            pass
        path.unlink(missing_ok=True)
    return ranges
