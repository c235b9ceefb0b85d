"""Files of Debian packages for images: resolved and downloaded by apt, unpacked without being installed.

Of the packages only the named files and folders are taken, and of their libraries those that the programs really need, so that
images stay small. Packages that only run at installation (maintainer scripts, Perl, systemd's) are not even fetched.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from bouvier.cli.images.archive import File
from bouvier.cli.images.elf import needed

DOWNLOAD_SECONDS = 600
_ONLY_LIBRARIES = re.compile(
    r"zlib|lib(?!llvm|perl|z3-|slang|newt|textwrap|debian-installer|pam-|semanage|sepol|nginx-mod|.*-perl$)"
)
"""Packages whose files may be needed to run; LLVM is PostgreSQL's compiler of queries, 100 MB that it can do without."""
_LIBRARY = re.compile(r"lib[^/]*\.so(\.[^/]*)?$|ld-linux[^/]*$")


Say = Callable[[str], object]


def quiet(_line: str) -> None:
    """Say nothing."""


class PackageError(Exception):
    """Packages cannot be had; the text says what to do."""


class Content(NamedTuple):
    """One entry of a package."""

    data: bytes
    mode: int
    link: str


def collect(
    packages: Sequence[str], wanted: Sequence[str], *, without: Sequence[str] = (), say: Say = quiet
) -> list[File]:
    """Return files of packages: the paths in `wanted` (a slash at the end takes a folder), with the libraries they need.

    Paths in `without` (beginnings) are left out.

    Raises:
        PackageError: packages or files are missing.
    """
    contents = _fetched(packages, say)
    chosen = {
        path: content
        for path, content in contents.items()
        if any(path == one or (one.endswith("/") and path.startswith(one)) for one in wanted)
        and not any(path.startswith(one) for one in without)
    }
    missing = [one for one in wanted if not any(path == one or path.startswith(one) for path in chosen)]
    if missing:
        raise PackageError(
            f"the packages {', '.join(packages)} have no {', '.join(missing)}: another release of Debian?"
        )
    _add_libraries(chosen, contents)
    return [File(path, content.data, content.mode, content.link) for path, content in sorted(chosen.items())]


def _fetched(packages: Sequence[str], say: Say) -> dict[str, Content]:
    """Return the contents of packages and their libraries.

    With lists that are missing or too old after a refresh; out of reach of Debian's archive as they are installed here.
    """
    try:
        return _contents([*packages, *_libraries_of(packages)], say)
    except PackageError:
        say("refreshing the lists of Debian packages")
    try:
        _run("apt-get", "update", "--quiet")
        return _contents([*packages, *_libraries_of(packages)], say)
    except PackageError as error:
        found = installed(packages)
        if found is None:
            raise PackageError(f"{error}; nor are {', '.join(packages)} installed here") from None
        say("Debian's archive is out of reach: taking the packages as they are installed here")
        return found


def installed(packages: Sequence[str]) -> dict[str, Content] | None:
    """Return the contents of packages and their libraries from this machine; None when one of them is not installed."""
    try:
        names = [*packages, *_libraries_of(packages)]
        listed = _run("dpkg-query", "--listfiles", *names).splitlines()
    except PackageError:
        return None
    found = {}
    for line in listed:
        path = Path(line)
        if line.startswith("/") and path.is_symlink():
            found[line[1:]] = Content(b"", 0o777, os.readlink(path))  # noqa: PTH115 - the text of the link as it is
        elif line.startswith("/") and path.is_file():
            found[line[1:]] = Content(path.read_bytes(), path.stat().st_mode & 0o7777, "")
    return found


def _run(*words: str, folder: Path | None = None) -> str:
    try:
        done = subprocess.run(
            words, cwd=folder, capture_output=True, text=True, check=False, timeout=DOWNLOAD_SECONDS, env=_environment()
        )
    except FileNotFoundError:
        raise PackageError(
            f"{words[0]} is not on this machine: images are made from Debian packages on Debian only"
        ) from None
    except subprocess.TimeoutExpired:
        raise PackageError(
            f"{words[0]} takes longer than {DOWNLOAD_SECONDS} s: is the package registry reached?"
        ) from None
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.startswith("E:")] or [done.stderr.strip()[-200:]]
        raise PackageError(f"{' '.join(words[:2])}: {lines[0].removeprefix('E: ')}; does apt-get update work here?")
    return done.stdout


def _environment() -> dict[str, str]:
    return os.environ | {"LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}


def _libraries_of(packages: Sequence[str]) -> list[str]:
    options = [f"--no-{kind}" for kind in ("recommends", "suggests", "conflicts", "breaks", "replaces", "enhances")]
    listed = _run("apt-cache", "depends", "--recurse", *options, *packages)
    names = {line.strip() for line in listed.splitlines() if line and line[0].isalnum()}
    return sorted(name for name in names - set(packages) if _ONLY_LIBRARIES.match(name))


def _contents(packages: Sequence[str], say: Say) -> dict[str, Content]:
    """Download packages and return their entries by path, without a leading slash."""
    with tempfile.TemporaryDirectory(prefix="bouvier-deb-") as folder:
        place = Path(folder)
        place.chmod(0o755)
        say(f"downloading {len(packages)} Debian packages")
        _run("apt-get", "download", "--option", "APT::Sandbox::User=root", *packages, folder=place)
        found: dict[str, Content] = {}
        say(f"unpacking {len(packages)} Debian packages")
        for file in sorted(place.glob("*.deb")):
            found |= _unpacked(file)
        return found


def _unpacked(file: Path) -> dict[str, Content]:
    done = subprocess.run(["dpkg-deb", "--fsys-tarfile", str(file)], capture_output=True, check=False)
    if done.returncode:
        raise PackageError(f"{file.name} cannot be unpacked: {done.stderr.decode(errors='replace').strip()}")
    found = {}
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        for entry in archive:
            path = entry.name.removeprefix("./")
            if entry.issym():
                found[path] = Content(b"", 0o777, entry.linkname)
            elif entry.islnk():
                found[path] = found[entry.linkname.removeprefix("./")]
            elif entry.isfile():
                stream = archive.extractfile(entry)
                found[path] = Content(stream.read() if stream else b"", entry.mode, "")
    return found


def _add_libraries(chosen: dict[str, Content], contents: dict[str, Content]) -> None:
    """Add what the chosen programs and libraries need, and what that needs, in place."""
    by_name: dict[str, list[str]] = {}
    for path in contents:
        if _LIBRARY.search(path):
            by_name.setdefault(path.rpartition("/")[2], []).append(path)
    todo = list(chosen)
    while todo:
        path = todo.pop()
        for name in [*needed(chosen[path].data), *_target(path, chosen[path])]:
            places = by_name.get(name)
            if not places:
                raise PackageError(f"{path} needs {name}, which none of its packages brings")
            for place in places:
                if place not in chosen:
                    chosen[place] = contents[place]
                    todo.append(place)


def _target(path: str, content: Content) -> Iterable[str]:
    """Return the name of the library that a library's link leads to."""
    return [content.link.rpartition("/")[2]] if content.link and _LIBRARY.search(path) else []
