"""The `bouvier` command: what users type. It reaches the API as any client does, and the supervisor by its socket."""

from __future__ import annotations


def main() -> None:
    """Run the command line and leave with its exit code."""
    from bouvier.cli.group import run  # noqa: PLC0415 - importing the package must cost nothing

    run()
