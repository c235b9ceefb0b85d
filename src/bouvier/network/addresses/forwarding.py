"""Letting pod traffic through a FORWARD chain that drops by default, as Docker Engine sets it up.

An accept in a table of our own does not help against a drop in another table, so two rules go to the top of the chain
that drops. Docker's and its firewall's rules are left alone. Without the `iptables` command nobody has such a chain.
"""

from __future__ import annotations

import asyncio
import shutil

_WAIT_SECONDS = "5"
"""iptables holds a lock of the whole machine; Docker keeps it for some hundred milliseconds at a time."""


def rules(bridge: str) -> list[list[str]]:
    """Return the rules that accept what comes from and goes to a bridge, as iptables arguments."""
    comment = ["-m", "comment", "--comment", "pods of Bouvier", "-j", "ACCEPT"]
    return [["-i", bridge, *comment], ["-o", bridge, *comment]]


async def accept(bridge: str) -> None:
    """Put the rules in place where they are missing.

    Raises:
        RuntimeError: iptables refused.
    """
    if not shutil.which("iptables"):
        return
    for rule in rules(bridge):
        if (await _iptables("-C", "FORWARD", *rule))[0] == 0:
            continue
        code, message = await _iptables("-I", "FORWARD", "1", *rule)
        if code:
            raise RuntimeError(f"iptables cannot let pods through: {message}")


async def forget(bridge: str) -> None:
    """Remove the rules."""
    if not shutil.which("iptables"):
        return
    for rule in rules(bridge):
        await _iptables("-D", "FORWARD", *rule)


async def _iptables(*arguments: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        "iptables",
        "-w",
        _WAIT_SECONDS,
        *arguments,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, message = await process.communicate()
    return process.returncode or 0, message.decode().strip()
