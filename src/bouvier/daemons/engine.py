"""The engine of this host: the administrator's own when it answers, else a private Docker Engine.

The private engine lives under `DIR/engine` and keeps its containers when it stops or dies (live restore). It runs in a
mount namespace of its own, for two reasons: on hosts with both cgroup versions the empty second one is hidden, which
crun refuses otherwise; and `/run/containerd` and `/run/docker` are folders of its own, so that an engine already
installed and ours never meet, and sockets have short paths whatever the data directory is. Mounts below `DIR/pods` and
`DIR/volumes` still reach it: these folders are made shared mounts first.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

from bouvier.daemons.forking import Started, open_log
from bouvier.daemons.leftovers import parse_mounts
from bouvier.util.places import Places
from bouvier.util.unix_http import get_status

HOST_SOCKET = Path("/var/run/docker.sock")
PRIVATE = "private"
"""Word in place of a socket: an engine of our own even where another one answers."""


def engine_answers(path: Path) -> bool:
    """Tell whether a Docker Engine answers on the socket."""
    return path.exists() and get_status(path, "/_ping") == 200


def parse_engine(text: str) -> Path:
    """Return the socket path of `unix://PATH`.

    Raises:
        ValueError: another scheme; engines are reached over unix sockets only.
    """
    scheme, separator, path = text.partition("://")
    if not separator or scheme != "unix" or not path.startswith("/"):
        raise ValueError(f"--engine {text}: expected unix:///path/to/docker.sock, or private")
    return Path(path)


def choose_engine(places: Places, named: str) -> Path:
    """Return the socket of the engine to use.

    Raises:
        ValueError: the engine that was named does not answer.
    """
    if named == PRIVATE:
        return places.private_engine_socket
    if named:
        path = parse_engine(named)
        if not engine_answers(path):
            raise ValueError(f"--engine {named}: no Docker Engine answers there; start it, or leave the option out")
        return path
    if places.engine_dir.exists():
        return places.private_engine_socket
    return HOST_SOCKET if engine_answers(HOST_SOCKET) else places.private_engine_socket


def daemon_configuration(places: Places, *, crun: str) -> dict[str, object]:
    """Return the private engine's `daemon.json`."""
    configuration: dict[str, object] = {
        "data-root": str(places.engine_dir / "data"),
        "exec-root": "/run/docker",
        "pidfile": str(places.engine_dir / "docker.pid"),
        "hosts": [f"unix://{places.private_engine_socket}"],
        "bridge": "none",
        "iptables": False,
        "ip-forward": False,
        "userland-proxy": False,
        "live-restore": True,
        "log-driver": "json-file",
    }
    if crun:
        configuration |= {"runtimes": {"crun": {"path": crun}}, "default-runtime": "crun"}
    return configuration


def engine_command(places: Places) -> list[str]:
    """Return the command that starts the private engine in a mount namespace of its own."""
    script = (
        "umount /sys/fs/cgroup/unified 2>/dev/null; mount --make-rshared / && "  # containers may see the host's files
        'mkdir -p /run/containerd /run/docker/plugins "$1/exec/plugins" && '
        'mount --bind /run/docker/plugins "$1/exec/plugins" && '  # volume plugins serve every engine of the machine
        'mount --bind "$1/containerd" /run/containerd && mount --rbind "$1/exec" /run/docker && '
        'exec dockerd --config-file "$1/daemon.json"'
    )
    return ["unshare", "--mount", "--propagation", "slave", "sh", "-c", script, "sh", str(places.engine_dir)]


def start_engine(places: Places) -> Started:
    """Start the private engine; its readiness is asked for by `engine_answers`.

    Raises:
        OSError: a program that it needs is missing.
    """
    for folder in ("data", "exec", "containerd"):
        (places.engine_dir / folder).mkdir(parents=True, exist_ok=True)
    configuration = daemon_configuration(places, crun=shutil.which("crun") or "")
    (places.engine_dir / "daemon.json").write_text(json.dumps(configuration, indent=2))
    remove_stale_pid_files(places)
    share_mounts(places.pods_dir)
    share_mounts(places.volumes_dir)
    log = open_log(places.log_dir / "engine.log")
    try:
        process = subprocess.Popen(
            engine_command(places), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    finally:
        os.close(log)
    process.returncode = 0  # the supervisor waits for all its children itself
    return Started(process.pid, -1)


def remove_stale_pid_files(places: Places) -> None:
    """Remove pid files of engines that are gone: both daemons refuse to start, or wait, on a reused number."""
    for name in ("docker.pid", "exec/containerd/containerd.pid"):
        pid_file = places.engine_dir / name
        if pid_file.exists() and running_engine(places) is None:
            pid_file.unlink(missing_ok=True)


def running_engine(places: Places) -> int | None:
    """Return the pid of the private engine that an earlier supervisor left running."""
    try:
        pid = int((places.engine_dir / "docker.pid").read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return None
    ours = os.fsencode(places.engine_dir / "daemon.json")
    return pid if ours in command else None


def share_mounts(folder: Path) -> None:
    """Make `folder` a shared mount, so that later mounts below it reach the engine's namespace too."""
    folder.mkdir(parents=True, exist_ok=True)
    # os.path.ismount does not see a folder that is bound to itself, and a second layer would hide mounts below the first.
    mounted = parse_mounts(Path("/proc/self/mountinfo").read_text())
    if str(folder.resolve()) in mounted or os.geteuid() != 0:
        return
    subprocess.run(["mount", "--bind", str(folder), str(folder)], check=True)
    subprocess.run(["mount", "--make-shared", str(folder)], check=True)
