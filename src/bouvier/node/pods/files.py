"""The small files that a pod has beside its volumes: /etc/hosts and termination messages."""

from __future__ import annotations

import shutil
from pathlib import Path

from bouvier.engine.specs import Mount
from bouvier.meta.objects import Obj

MESSAGE_BYTES = 4096
"""Longest termination message, as in the kubelet; all containers of a pod together may leave 12 kB there."""
_DEFAULT_MESSAGE_PATH = "/dev/termination-log"


class PodFiles:
    """Files of one pod under its folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def hosts(self) -> Path:
        """Return the path of the pod's /etc/hosts."""
        return self._folder / "etc-hosts"

    def write_hosts(self, text: str) -> None:
        """Write /etc/hosts in place: containers have this very file mounted."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self.hosts.write_text(text)
        self.hosts.chmod(0o644)

    def hosts_mount(self) -> Mount:
        """Return the mount of /etc/hosts, with an empty file if it cannot be written yet."""
        if not self.hosts.exists():
            self.write_hosts("")
        return Mount("/etc/hosts", str(self.hosts))

    def message_mount(self, container: Obj, attempt: int) -> Mount:
        """Return the mount of a fresh file for the termination message."""
        path = self._message_path(container["name"], attempt)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
        path.chmod(0o666)
        return Mount(container.get("terminationMessagePath") or _DEFAULT_MESSAGE_PATH, str(path))

    def message(self, name: str, attempt: int) -> str:
        """Return what a container wrote as its termination message."""
        try:
            with self._message_path(name, attempt).open("rb") as file:
                return file.read(MESSAGE_BYTES).decode(errors="replace")
        except OSError:
            return ""

    def remove(self) -> None:
        """Remove everything of the pod."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _message_path(self, name: str, attempt: int) -> Path:
        return self._folder / "containers" / name / str(attempt)
