"""Whose the first process of a container is, read from the kernel."""

from __future__ import annotations

from pathlib import Path

from bouvier.meta.objects import Obj


def user_of(pid: int) -> Obj | None:
    """Return user, group and further groups of a process, None when it is gone."""
    try:
        return parse(Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return None


def parse(text: str) -> Obj | None:
    """Read a status file of /proc (pure)."""
    lines = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    user, group = lines.get("Uid", "").split(), lines.get("Gid", "").split()
    if not user or not group:
        return None
    groups = {int(group[0]), *(int(one) for one in lines.get("Groups", "").split())}
    return {"uid": int(user[0]), "gid": int(group[0]), "supplementalGroups": sorted(groups)}
