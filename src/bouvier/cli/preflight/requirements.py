"""What the platform needs from the host, in one list: Debian packages and how to see that each is there.

Standard library only: `make install` runs this before there is a virtual environment.
A requirement is met by what it brings (a program or a file), not by its package: whoever has the program from elsewhere
is not asked to install it twice.
"""

from __future__ import annotations

import importlib.util
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from shutil import which
from typing import NamedTuple

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Programs of administrators are looked for even when the user's PATH leaves their folders out."""
OLDEST_NODE = (20, 19)
"""Vite's minimum; an older Node is replaced for the build by one from the Python package index."""


class Requirement(NamedTuple):
    """A Debian package and the way to see that what it brings is there."""

    package: str
    is_met: Callable[[], bool]
    why: str
    when: str = "up"
    """`up`: to run a platform; `build`: to build the console; `test`: to run the tests."""


def program(name: str) -> Callable[[], bool]:
    """Return a check for a program."""
    return lambda: find_program(name) is not None


def library(pattern: str) -> Callable[[], bool]:
    """Return a check for a shared library in the usual folders."""
    folders = (Path("/usr/lib"), Path("/lib"), Path("/usr/local/lib"))
    return lambda: any(next(folder.glob(f"{prefix}{pattern}"), None) for folder in folders for prefix in ("", "*/"))


def find_program(name: str) -> str | None:
    """Return the path of a program in PATH or the system's folders."""
    return which(name) or which(name, path=SYSTEM_PATH)


def has_static_busybox() -> bool:
    """Tell whether busybox runs without the host's libraries, as it must in an otherwise empty image."""
    path = find_program("busybox")
    return path is not None and is_static_program(Path(path).read_bytes()[:4096])


def is_static_program(head: bytes) -> bool:
    """Tell whether the start of an ELF file names no interpreter (PT_INTERP)."""
    return head.startswith(b"\x7fELF") and b"/ld-" not in head


def has_engine() -> bool:
    """Tell whether there is a Docker Engine to start or one that runs already."""
    return find_program("dockerd") is not None or Path("/var/run/docker.sock").is_socket()


def has_venv() -> bool:
    """Tell whether this Python can make virtual environments (Debian splits that off)."""
    return importlib.util.find_spec("ensurepip") is not None and importlib.util.find_spec("venv") is not None


def node_version() -> tuple[int, int]:
    """Return major and minor version of the Node on PATH, (0, 0) without one."""
    path = find_program("node")
    if path is None:
        return (0, 0)
    answer = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.(\d+)", answer)
    return (int(found[1]), int(found[2])) if found else (0, 0)


REQUIREMENTS = (
    Requirement("docker.io", has_engine, "runs the containers"),
    Requirement("crun", program("crun"), "starts containers twice as fast as the engine's own runtime"),
    Requirement("haproxy", program("haproxy"), "serves Ingress"),
    Requirement("nftables", program("nft"), "shows the service rules"),
    Requirement("libnftables1", library("libnftables.so.1"), "loads the service rules"),
    Requirement("catatonit", program("catatonit"), "becomes the pause container of pods"),
    Requirement("busybox-static", has_static_busybox, "becomes the offline images"),
    Requirement("git", program("git"), "fetches catalogs and sources"),
    Requirement("btrfs-progs", program("mkfs.btrfs"), "makes volumes with a size limit and snapshots"),
    Requirement("docker-registry", program("docker-registry"), "keeps the images of builds"),
    Requirement("iproute2", program("ip"), "shows and removes links"),
    Requirement("iptables", program("iptables"), "is expected by the engine"),
    Requirement("conntrack", program("conntrack"), "forgets connections to removed endpoints"),
    Requirement("charon-systemd", program("charon-systemd"), "encrypts what goes between hosts (overlay ipsec)"),
    Requirement("libcharon-extra-plugins", library("ipsec/plugins/libstrongswan-kernel-libipsec.so"), "is its ESP"),
    Requirement("libstrongswan-standard-plugins", library("ipsec/plugins/libstrongswan-gcm.so"), "are its ciphers"),
    Requirement(
        "libstrongswan-extra-plugins", library("ipsec/plugins/libstrongswan-curve25519.so"), "is its key exchange"
    ),
    Requirement("kubernetes-client", program("kubectl"), "is kubectl, for whoever has none"),
    Requirement("python3-venv", has_venv, "makes the virtual environment", "build"),
    Requirement("nodejs", program("node"), "builds the console", "build"),
    Requirement("npm", program("npm"), "builds the console", "build"),
    Requirement("chromium", program("chromium"), "is the browser of the console's tests", "test"),
    Requirement("curl", program("curl"), "is the client of the acceptance tests", "test"),
    Requirement("etcd-server", program("etcd"), "is the store of several servers", "test"),
)

STAGES = {"up": ("up",), "install": ("up", "build"), "test": ("up", "build", "test")}
"""What is needed for running, for `make install` and for `make test`."""


def missing(stage: str) -> list[Requirement]:
    """Return the requirements of a stage that are not met."""
    return [needed for needed in REQUIREMENTS if needed.when in STAGES[stage] and not needed.is_met()]
