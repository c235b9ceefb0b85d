"""Installing missing Debian packages: one `apt-get`, quiet when it goes well, its own words when it does not."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from shutil import which

from bouvier.cli.preflight.requirements import Requirement

Say = Callable[[str], object]


SYSTEMD = Path("/run/systemd/system")
UNWANTED_SERVICES = ("docker-registry",)
"""Debian's registry serves everybody without asking; one that was there before is left alone."""


class InstallError(Exception):
    """Packages could not be installed; the text says why and what to do."""


def install(needed: Sequence[Requirement], say: Say) -> None:
    """Install the packages of unmet requirements.

    Raises:
        InstallError: not root, no apt-get, or apt-get failed.
    """
    if not needed:
        return
    packages = [requirement.package for requirement in needed]
    if which("apt-get") is None:
        raise InstallError(f"this is not Debian: install by hand what brings {', '.join(packages)}")
    if os.geteuid() != 0:
        raise InstallError(f"not root: run  sudo apt-get install {' '.join(packages)}")
    say(f"installing {len(packages)} Debian packages: {' '.join(packages)}")
    arguments = ["install", "--yes", "--no-install-recommends", *packages]
    if _apt(arguments) != "":
        say("refreshing the package lists")
        _apt(["update"])
        complaint = _apt(arguments)
        if complaint:
            raise InstallError(f"apt-get install failed:\n{complaint}")
    for command in commands_after(packages, has_systemd=SYSTEMD.exists()):
        subprocess.run(command, capture_output=True, check=False)
    still = [requirement.package for requirement in needed if not requirement.is_met()]
    if still:
        raise InstallError(f"installed, but still not found: {', '.join(still)}")


def commands_after(packages: Sequence[str], *, has_systemd: bool) -> list[list[str]]:
    """Return what stops the services that Debian starts for packages just installed and the platform runs itself."""
    units = [package for package in packages if package in UNWANTED_SERVICES and has_systemd]
    return [["systemctl", "disable", "--now", unit] for unit in units]


def _apt(arguments: Sequence[str]) -> str:
    """Run apt-get and return its last lines when it fails, else nothing."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        ["apt-get", "--quiet", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        return ""
    return "\n".join(done.stdout.splitlines()[-8:]) or f"exit code {done.returncode}"
