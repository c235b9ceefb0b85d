"""A Git repository's newest commit in a folder, by the git command: shallow, without prompts, with a deadline."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from pathlib import Path

from bouvier.catalog.entries import CatalogError

DEADLINE_SECONDS = 300.0
PROTOCOLS = "file:git:http:https:ssh"
"""What a URL may name; git's `ext::` would run programs."""
_SECRET = re.compile(r"(?<=://)[^/@\s]+@")
_SETTINGS = "[safe]\n\tdirectory = *\n[protocol]\n\tallow = user\n[advice]\n\tdetachedHead = false\n"
"""The platform may read repositories of other users of the machine; it runs nothing from them (no hooks: `clone` copies none)."""


async def fetch(url: str, branch: str, folder: Path, reading: asyncio.Lock) -> str:
    """Bring the newest commit of a branch (empty: the repository's own) into a folder; return the commit.

    A folder that holds an earlier commit of the same URL is brought up to date. If that fails the folder stays as it was.
    `reading` is held while files change, so that nobody reads half of one commit and half of another.

    Raises:
        CatalogError: git failed; the text is its own.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    if (folder / ".git").is_dir() and await _origin(folder) == url:
        await _git(folder, "fetch", "--quiet", "--depth", "1", "--no-tags", "origin", branch or "HEAD")
        async with reading:
            await _git(folder, "reset", "--quiet", "--hard", "FETCH_HEAD")
            await _git(folder, "clean", "--quiet", "-ffdx")
    else:
        await _clone(url, branch, folder, reading)
    return await _git(folder, "rev-parse", "HEAD")


async def _clone(url: str, branch: str, folder: Path, reading: asyncio.Lock) -> None:
    fresh = folder.with_name(folder.name + ".new")
    await asyncio.to_thread(shutil.rmtree, fresh, ignore_errors=True)
    named = ["--branch", branch] if branch else []
    try:
        await _git(
            folder.parent,
            "clone",
            "--quiet",
            "--depth",
            "1",
            "--no-tags",
            "--single-branch",
            *named,
            "--",
            url,
            str(fresh),
        )
        async with reading:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
            fresh.rename(folder)
    finally:
        await asyncio.to_thread(shutil.rmtree, fresh, ignore_errors=True)


async def _origin(folder: Path) -> str:
    try:
        return await _git(folder, "config", "--get", "remote.origin.url")
    except CatalogError:
        return ""


async def _git(folder: Path, *words: str) -> str:
    settings = _settings_file(folder)
    environment = {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "HOME": os.environ.get("HOME", "/"),
        "GIT_CONFIG_GLOBAL": str(settings),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "true",
        "GIT_ALLOW_PROTOCOL": PROTOCOLS,
        "GIT_SSH_COMMAND": "ssh -o BatchMode=yes",
        "LC_ALL": "C",
    }
    process = await asyncio.create_subprocess_exec(
        "git",
        *words,
        cwd=folder,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            output, errors = await process.communicate()
    except TimeoutError:
        raise CatalogError(f"git {words[0]} took longer than {DEADLINE_SECONDS:.0f} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise CatalogError(_message(words[0], errors.decode(errors="replace")))
    return output.decode().strip()


def _settings_file(folder: Path) -> Path:
    """Return the settings that git reads in place of the user's, written where the catalogs are."""
    base = folder.parent if (folder / ".git").is_dir() else folder
    file = base / "gitconfig"
    if not file.exists():
        file.write_text(_SETTINGS)
    return file


def _message(verb: str, errors: str) -> str:
    """Return git's own complaint, without names and passwords of URLs."""
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    told = next((line for line in lines if line.startswith(("fatal:", "error:", "ERROR:"))), "") or (lines or [""])[-1]
    text = _SECRET.sub("", told.removeprefix("fatal: ").removeprefix("error: "))
    return f"git {verb}: {text or 'failed'}"
