"""Fetching a commit of a Git repository with the `git` program.

Only the wanted commit is fetched where the server allows it. Nothing asks a person; credentials come from files that
live as long as the fetch. Hooks are never fetched, and only transports that reach another place or a folder are allowed.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

Say = Callable[[str], None]
STALL_SECONDS = 60
"""A transfer that stands still for so long has failed."""
_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_BASE = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ALLOW_PROTOCOL": "https:http:ssh:git:file",
    "GIT_CONFIG_NOSYSTEM": "0",
    "GIT_HTTP_LOW_SPEED_LIMIT": "1",
    "GIT_HTTP_LOW_SPEED_TIME": str(STALL_SECONDS),
    "LC_ALL": "C",
}


class GitError(Exception):
    """A repository cannot be had; the text says why and what to do."""


@dataclass(frozen=True)
class Commit:
    """What was fetched."""

    id: str
    message: str
    author: Mapping[str, str]
    committer: Mapping[str, str]


@dataclass(frozen=True)
class Credentials:
    """How to prove who fetches; empty fields are not used."""

    username: str = ""
    password: str = ""
    ssh_key: bytes = b""
    known_hosts: bytes = b""
    ca: bytes = b""


@dataclass(frozen=True)
class Repository:
    """What to fetch."""

    uri: str
    ref: str = ""
    """Branch, tag or commit; empty for the branch that the repository names as its own."""
    commit: str = ""
    """The commit of a push; it comes before `ref`."""
    credentials: Credentials = field(default_factory=Credentials)
    environment: Mapping[str, str] = field(default_factory=dict)


async def fetch(repository: Repository, folder: Path, private: Path, say: Say) -> Commit:
    """Put the wanted commit into `folder`; `private` keeps credentials meanwhile.

    Raises:
        GitError: it cannot be had.
    """
    git = _Git(_new(folder), _environment(repository, private), say)
    await git.run("init", "--quiet", ".")
    await git.run("remote", "add", "origin", repository.uri)
    wanted = repository.commit or repository.ref or "HEAD"
    await _fetch_one(git, repository, wanted)
    await git.run("checkout", "--quiet", "--detach", "FETCH_HEAD")
    if (folder / ".gitmodules").exists():
        await git.run("submodule", "update", "--init", "--recursive", "--depth", "1")
    return await _describe(git)


async def _fetch_one(git: _Git, repository: Repository, wanted: str) -> None:
    try:
        await git.run("fetch", "--quiet", "--depth", "1", "origin", wanted)
    except GitError as error:
        if not _COMMIT.fullmatch(wanted):
            raise GitError(explain(str(error), repository)) from None
        await _fetch_all(git, repository, wanted)


async def _fetch_all(git: _Git, repository: Repository, commit: str) -> None:
    """Fetch everything: some servers hand out no commit by its name, none a shortened one."""
    try:
        await git.run("fetch", "--quiet", "--tags", "origin", "+refs/heads/*:refs/remotes/origin/*")
        found = (await git.run("rev-parse", "--verify", f"{commit}^{{commit}}")).strip()
        await git.run("update-ref", "--no-deref", "FETCH_HEAD", found)
    except GitError as error:
        raise GitError(explain(str(error), repository)) from None


async def _describe(git: _Git) -> Commit:
    shown = await git.run("log", "-1", "--format=%H%x00%an%x00%ae%x00%cn%x00%ce%x00%s")
    commit, author, author_mail, committer, committer_mail, message = shown.rstrip("\n").split("\0")
    return Commit(
        commit,
        message,
        {"name": author, "email": author_mail},
        {"name": committer, "email": committer_mail},
    )


def _new(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def explain(text: str, repository: Repository) -> str:
    """Return what git's own complaint means, with the way out."""
    wanted = repository.commit or repository.ref
    if "couldn't find remote ref HEAD" in text:
        return f"{repository.uri} has no commit yet, or no default branch: push one, or name a branch"
    if "couldn't find remote ref" in text or "unknown revision" in text or "Needed a single revision" in text:
        return f"{repository.uri} has no branch, tag or commit {wanted}: name one that it has"
    if "does not appear to be a git repository" in text or "not found" in text or "does not exist" in text:
        return f"{repository.uri} is not a Git repository that can be reached: check the address and the source secret"
    if "could not read Username" in text or "Authentication failed" in text or "Permission denied" in text:
        return f"{repository.uri} asks for credentials: name a secret in spec.source.sourceSecret"
    if "unable to access" in text or "Could not resolve host" in text or "Connection refused" in text:
        reason = text.strip().splitlines()[-1].rpartition(": ")[2]
        return f"{repository.uri} cannot be reached: {reason}; check the address, proxies and the network of this host"
    lines = [line for line in text.splitlines() if line.strip()]
    return f"{repository.uri}: {lines[-1].removeprefix('fatal: ') if lines else 'git failed'}"


def _environment(repository: Repository, private: Path) -> dict[str, str]:
    private.mkdir(parents=True, exist_ok=True, mode=0o700)
    # A repository that another user of this host owns is read like any other: nothing of it is executed.
    _write(private / "gitconfig", b"[safe]\n\tdirectory = *\n[advice]\n\tdetachedHead = false\n")
    made = {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "HOME": str(private),
        "GIT_CONFIG_GLOBAL": str(private / "gitconfig"),
        **_BASE,
        **{name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")},
        **repository.environment,
    }
    given = repository.credentials
    if given.ca:
        made["GIT_SSL_CAINFO"] = str(_write(private / "ca.crt", given.ca))
    if given.password:
        script = b'#!/bin/sh\ncase "$1" in User*) printf %s "$BOUVIER_GIT_USER";; *) printf %s "$BOUVIER_GIT_PASSWORD";; esac\n'
        made |= {"BOUVIER_GIT_USER": given.username or "git", "BOUVIER_GIT_PASSWORD": given.password}
        made["GIT_ASKPASS"] = str(_write(private / "askpass", script, 0o700))
    made["GIT_SSH_COMMAND"] = _ssh(given, private)
    return made


def _ssh(given: Credentials, private: Path) -> str:
    known = private / "known_hosts"
    checking = "accept-new"
    if given.known_hosts:
        _write(known, given.known_hosts)
        checking = "yes"
    words = [
        "ssh",
        "-o",
        "BatchMode=yes",
        "-o",
        f"UserKnownHostsFile={known}",
        "-o",
        f"StrictHostKeyChecking={checking}",
    ]
    if given.ssh_key:
        key = _write(private / "ssh-key", given.ssh_key.rstrip(b"\n") + b"\n")
        words += ["-o", "IdentitiesOnly=yes", "-i", str(key)]
    return " ".join(words)


def _write(path: Path, content: bytes, mode: int = 0o600) -> Path:
    path.touch(mode=mode)
    path.write_bytes(content)
    path.chmod(mode)
    return path


class _Git:
    """Runs git in one folder; a cancelled run ends with all its processes."""

    def __init__(self, folder: Path, environment: Mapping[str, str], say: Say) -> None:
        self._folder = folder
        self._environment = environment
        self._say = say

    async def run(self, *words: str) -> str:
        """Run a command and return what it prints.

        Raises:
            GitError: with what it complains of.
        """
        try:
            process = await asyncio.create_subprocess_exec(
                "git",
                *words,
                cwd=self._folder,
                env=dict(self._environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,
            )
        except FileNotFoundError:
            raise GitError("git is not on this host: install it by  bouvier check --install") from None
        try:
            output, complaint = await process.communicate()
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
        if process.returncode:
            self._say(complaint.decode(errors="replace"))
            raise GitError(complaint.decode(errors="replace"))
        return output.decode(errors="replace")
