"""Where a platform keeps its files: every path under the data directory, named once.

The command and the daemons both derive paths from here and never join them by hand, so that a tool which
only knows the data directory finds the sockets, the kubeconfig and the logs.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SOCKET_PATH_LIMIT_BYTES = 107
"""`sun_path` holds 108 bytes with its final zero (unix(7))."""
SOCKET_SUFFIX_BYTES = 32
"""Kept for the part below the data directory: `/run/supervisor.sock` is 20, the balancer's are longest."""


@dataclass(frozen=True, slots=True)
class Places:
    """The paths below one data directory."""

    data_dir: Path

    @property
    def platform_file(self) -> Path:
        """Platform id, ports and address ranges, written at the first start."""
        return self.data_dir / "platform.json"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.data_dir / "kubeconfig"

    @property
    def pki_dir(self) -> Path:
        """Keys and certificates of the platform."""
        return self.data_dir / "pki"

    @property
    def store_file(self) -> Path:
        """The SQLite store."""
        return self.data_dir / "store" / "store.db"

    @property
    def ledger_file(self) -> Path:
        """The usage ledger."""
        return self.data_dir / "billing" / "ledger.db"

    @property
    def catalogs_dir(self) -> Path:
        """Working copies of catalogs; they can be fetched again."""
        return self.data_dir / "catalogs"

    @property
    def run_dir(self) -> Path:
        """Sockets, locks and other files that mean something only while the platform runs."""
        return self.data_dir / "run"

    @property
    def log_dir(self) -> Path:
        """One log file a process."""
        return self.data_dir / "log"

    @property
    def audit_log(self) -> Path:
        """The audit log, unless the administrator named another file."""
        return self.data_dir / "audit" / "audit.log"

    @property
    def pods_dir(self) -> Path:
        """Volumes and other files of pods; mounts made below it are visible to the private engine."""
        return self.data_dir / "pods"

    @property
    def volumes_dir(self) -> Path:
        """Lasting volumes of this host; mounts made below it are visible to the private engine."""
        return self.data_dir / "volumes"

    @property
    def engine_dir(self) -> Path:
        """State of the private engine."""
        return self.data_dir / "engine"

    @property
    def private_engine_socket(self) -> Path:
        """API socket of the private engine."""
        return self.engine_dir / "docker.sock"

    @property
    def supervisor_socket(self) -> Path:
        """Control socket of the supervisor: one JSON line a request."""
        return self.run_dir / "supervisor.sock"

    @property
    def supervisor_lock(self) -> Path:
        """Locked by the running supervisor; its text is the process id."""
        return self.run_dir / "supervisor.lock"

    @property
    def apiserver_socket(self) -> Path:
        """Unix socket on which the platform's own processes reach the API."""
        return self.run_dir / "apiserver.sock"


def default_data_dir(environ: Mapping[str, str], *, is_root: bool) -> Path:
    """Return the data directory for an invocation that names none."""
    named = environ.get("BOUVIER_DATA_DIR")
    if named:
        return Path(named).expanduser().absolute()
    if is_root:
        return Path("/var/lib/bouvier")
    base = environ.get("XDG_DATA_HOME") or str(Path("~/.local/share").expanduser())
    return Path(base) / "bouvier"


def open_places(data_dir: str | Path | None) -> Places:
    """Return the places of `data_dir`, or of the default data directory.

    Raises:
        ValueError: the path is too long for the sockets below it.
    """
    path = Path(data_dir).absolute() if data_dir else default_data_dir(os.environ, is_root=os.geteuid() == 0)
    longest = SOCKET_PATH_LIMIT_BYTES - SOCKET_SUFFIX_BYTES
    if len(os.fsencode(path)) > longest:
        raise ValueError(f"the data directory {path} is too long: sockets below it allow {longest} bytes")
    return Places(path)
