"""The first stage of a Build: its source in a folder."""

from __future__ import annotations

import asyncio
import base64
import shutil
from pathlib import Path

from bouvier.builds.builder.failure import BuildFailed
from bouvier.builds.builder.log import BuildLog
from bouvier.builds.builder.workshop import Workshop
from bouvier.builds.sources import git
from bouvier.builds.sources.context import SourceError, inside, unpack
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, namespace_of, uid_of
from bouvier.meta.resources import SECRETS

UPLOAD_SECONDS = 60.0
"""How long the source of a Build that was started with an upload may take to begin arriving and to arrive."""
_POLL_SECONDS = 0.1


async def fetch_source(shop: Workshop, build: Obj, log: BuildLog) -> tuple[Path, git.Commit | None]:
    """Return the folder to build from, and the commit that it is.

    Raises:
        BuildFailed: the source cannot be had.
    """
    source = build["spec"].get("source") or {}
    folder = shop.work_dir(uid_of(build)) / "source"
    commit = None
    try:
        if source.get("type") == "Git":
            commit = await _clone(shop, build, folder, log)
        elif source.get("type") == "Binary":
            await _take_upload(shop, build, folder, log)
        folder.mkdir(parents=True, exist_ok=True)
        if source.get("contextDir"):
            folder = inside(folder, source["contextDir"])
    except (git.GitError, SourceError) as error:
        log.line(f"error: {error}")
        raise BuildFailed("FetchSourceFailed", str(error)) from None
    return folder, commit


async def _clone(shop: Workshop, build: Obj, folder: Path, log: BuildLog) -> git.Commit:
    source = build["spec"]["source"]
    wanted = source["git"]
    proxies = {"httpProxy": "http_proxy", "httpsProxy": "https_proxy", "noProxy": "no_proxy"}
    repository = git.Repository(
        uri=wanted["uri"],
        ref=wanted.get("ref") or "",
        commit=((build["spec"].get("revision") or {}).get("git") or {}).get("commit") or "",
        credentials=await _credentials(shop, build),
        environment={variable: wanted[field] for field, variable in proxies.items() if wanted.get(field)},
    )
    log.line(f'Cloning "{repository.uri}" ...')
    private = shop.work_dir(uid_of(build)) / "private"
    commit = await git.fetch(repository, folder, private, log.line)
    log.line(f"\tCommit:\t{commit.id} ({commit.message})")
    log.line(f"\tAuthor:\t{commit.author['name']} <{commit.author['email']}>")
    return commit


async def _credentials(shop: Workshop, build: Obj) -> git.Credentials:
    name = (build["spec"]["source"].get("sourceSecret") or {}).get("name")
    if not name:
        return git.Credentials()
    try:
        secret = await shop.client.get(SECRETS, name, namespace_of(build))
    except ApiError as error:
        raise BuildFailed("FetchSourceFailed", f"sourceSecret: {error.message}") from None
    try:
        return credentials_in(secret)
    except ValueError as error:
        raise BuildFailed("FetchSourceFailed", f"sourceSecret {name}: {error}") from None


def credentials_in(secret: Obj) -> git.Credentials:
    """Return the credentials that a source secret holds.

    Raises:
        ValueError: its content is not base64.
    """
    data = {key: base64.b64decode(value) for key, value in (secret.get("data") or {}).items()}
    return git.Credentials(
        username=data.get("username", b"").decode(errors="replace").strip(),
        password=data.get("password", b"").decode(errors="replace").strip(),
        ssh_key=data.get("ssh-privatekey", b""),
        known_hosts=data.get("known_hosts", b""),
        ca=data.get("ca.crt", b""),
    )


async def _take_upload(shop: Workshop, build: Obj, folder: Path, log: BuildLog) -> None:
    upload = shop.upload_file(uid_of(build))
    deadline = asyncio.get_running_loop().time() + UPLOAD_SECONDS
    while not upload.exists():
        if asyncio.get_running_loop().time() > deadline:
            raise SourceError(f"no source was uploaded within {UPLOAD_SECONDS:.0f} s: start the build again")
        await asyncio.sleep(_POLL_SECONDS)
    single = (build["spec"]["source"].get("binary") or {}).get("asFile")
    log.line(f"Receiving source of {upload.stat().st_size} bytes ...")
    if not single:
        await asyncio.to_thread(unpack, upload, folder)
        return
    await asyncio.to_thread(_place, upload, folder / Path(single).name)


def _place(upload: Path, target: Path) -> None:
    target.parent.mkdir(parents=True)
    shutil.copyfile(upload, target)
