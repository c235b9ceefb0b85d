"""`python3 -m bouvier.cli.preflight STAGE`: install what a stage needs, before there is a virtual environment."""

from __future__ import annotations

import sys

from bouvier.cli.preflight.install import InstallError, install
from bouvier.cli.preflight.requirements import STAGES, missing


def main(arguments: list[str]) -> int:
    """Install the packages that `up`, `install` or `test` needs; nothing is printed when nothing is missing."""
    stage = arguments[0] if arguments else "install"
    if stage not in STAGES:
        sys.stderr.write(f"error: stage {stage}: expected one of {', '.join(STAGES)}\n")
        return 2
    try:
        install(missing(stage), lambda line: sys.stderr.write(f"… {line}\n"))
    except InstallError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
