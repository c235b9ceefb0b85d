"""The command line of a private Docker Engine, for hosts where no engine answers.

The engine runs in a mount namespace of its own (`unshare -m`) in which the `unified` part of a hybrid cgroup
hierarchy is unmounted: crun refuses hybrid hierarchies. Mounts of the host still propagate inwards (`slave`) where
the host shares them. `--live-restore` keeps containers running while the engine is restarted, and pods bring their
own network, so bridge and packet filter stay untouched.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

_LAUNCH = 'if mountpoint -q /sys/fs/cgroup/unified; then umount /sys/fs/cgroup/unified; fi; exec "$0" "$@"'


@dataclass(frozen=True, slots=True)
class PrivateDaemon:
    """Where a private engine keeps its things."""

    directory: Path
    """Holds `data`, `exec`, `docker.sock` and `docker.pid`."""
    cgroup_parent: str = "/bouvier"
    """Parent of containers that name no parent themselves."""
    insecure_registries: tuple[str, ...] = ()

    @property
    def socket(self) -> Path:
        """Return the path of the API socket."""
        return self.directory / "docker.sock"

    def command(self) -> list[str]:
        """Return the program and its arguments; it stays in the foreground and ends at SIGTERM."""
        unshare = ["unshare", "--mount", "--propagation", "slave", "sh", "-c", _LAUNCH]
        return [*unshare, "dockerd", *self._options()]

    def _options(self) -> list[str]:
        directory = self.directory
        options = ["--data-root", f"{directory}/data", "--exec-root", f"{directory}/exec"]
        options += ["--host", f"unix://{self.socket}", "--pidfile", f"{directory}/docker.pid"]
        options += ["--bridge", "none", "--iptables=false", "--ip-forward=false", "--live-restore"]
        options += ["--cgroup-parent", self.cgroup_parent, "--log-level", "warn"]
        if crun := shutil.which("crun"):
            options += ["--add-runtime", f"crun={crun}", "--default-runtime", "crun"]
        for registry in self.insecure_registries:
            options += ["--insecure-registry", registry]
        return options
