"""Chart repositories over HTTP(S): the index, and what only the charts themselves say of their newest versions.

An index has no questions, values or READMEs; they come from the newest version of each chart, which is fetched ahead and is
then there when the repository is not. Of large repositories only a part is fetched ahead.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace

from bouvier.catalog.documents.yaml_reading import YamlError
from bouvier.catalog.entries import CatalogError, Entry, EntryVersion
from bouvier.catalog.helm import folders, repository
from bouvier.catalog.helm.errors import ChartError
from bouvier.catalog.helm.loading import load_files, unpack
from bouvier.catalog.questions import QuestionError
from bouvier.catalog.sources.archives import Archives
from bouvier.catalog.sources.download import download

MOST_INDEX_BYTES = 32 * 1024 * 1024
MOST_AHEAD = 60
"""Charts whose newest version is fetched ahead."""
AHEAD_SECONDS = 60.0
AT_ONCE = 4


async def read_repository(url: str, archives: Archives) -> tuple[str, list[Entry], list[str]]:
    """Return a digest of the index, the entries, and a line for each that cannot be used.

    Raises:
        CatalogError: there is no index.
    """
    text = await _index_text(url)
    entries, problems = await asyncio.to_thread(repository.read_index, text.decode(errors="replace"))
    limit = asyncio.Semaphore(AT_ONCE)
    deadline = asyncio.get_running_loop().time() + AHEAD_SECONDS

    async def filled(entry: Entry) -> Entry:
        async with limit:
            try:
                async with asyncio.timeout_at(deadline):
                    return await _filled(url, entry, archives)
            except (CatalogError, ChartError, QuestionError, YamlError) as error:
                problems.append(f"{entry.name}: {error}")
            except TimeoutError:
                pass  # its index entry is enough to install it
            return entry

    ahead = await asyncio.gather(*(filled(entry) for entry in entries[:MOST_AHEAD]))
    return hashlib.sha256(text).hexdigest()[:12], [*ahead, *entries[MOST_AHEAD:]], sorted(problems)


async def read_index_of(url: str) -> list[Entry]:
    """Return what a repository's index offers.

    Raises:
        CatalogError: there is no index.
    """
    text = await _index_text(url)
    return (await asyncio.to_thread(repository.read_index, text.decode(errors="replace")))[0]


async def _index_text(url: str) -> bytes:
    return await download(repository.absolute(url, repository.INDEX), MOST_INDEX_BYTES)


async def archive_of(url: str, name: str, version: EntryVersion, archives: Archives) -> bytes:
    """Return the archive of one version.

    Raises:
        CatalogError: it cannot be had, or is not what the index says.
    """
    return await archives.get(repository.absolute(url, version.url), version.digest, f"{name} {version.version}")


async def _filled(url: str, entry: Entry, archives: Archives) -> Entry:
    """Return an entry with what its newest chart says."""
    newest = entry.versions[0]
    data = await archive_of(url, entry.name, newest, archives)
    return await asyncio.to_thread(_with_chart, entry, data)


def _with_chart(entry: Entry, data: bytes) -> Entry:
    chart = load_files(unpack(data), entry.name)
    newest = entry.versions[0]
    versions = [replace(newest, questions=folders.version_of(chart).questions), *entry.versions[1:]]
    full = folders.entry_of(chart, versions)
    return replace(full, name=entry.name, description=full.description or entry.description)
