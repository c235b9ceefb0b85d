"""Small downloads over HTTP(S), with limits of size and time."""

from __future__ import annotations

from bouvier.catalog.entries import CatalogError

DEADLINE_SECONDS = 60
PROBE_SECONDS = 10
_CHUNK_BYTES = 64 * 1024


async def answers(url: str) -> bool:
    """Tell whether there is something at a URL, without fetching it."""
    import aiohttp  # noqa: PLC0415 - as below

    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PROBE_SECONDS)) as session,
            session.get(url) as answer,
        ):
            return answer.status == 200
    except (TimeoutError, aiohttp.ClientError, OSError):
        return False


async def download(url: str, most_bytes: int) -> bytes:
    """Return what a URL answers.

    Raises:
        CatalogError: it does not answer, answers something else than 200, or too much.
    """
    if not url.startswith(("http://", "https://")):
        raise CatalogError(f"{url}: only http and https can be downloaded")
    import aiohttp  # noqa: PLC0415 - 10 MB that only platforms with a remote repository need

    parts: list[bytes] = []
    size = 0
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=DEADLINE_SECONDS)) as session,
            session.get(url, headers={"Accept-Encoding": "identity"}) as answer,
        ):
            if answer.status != 200:
                raise CatalogError(f"{url} answers {answer.status} {answer.reason}")
            async for chunk in answer.content.iter_chunked(_CHUNK_BYTES):
                size += len(chunk)
                if size > most_bytes:
                    raise CatalogError(f"{url} is larger than {most_bytes >> 20} MiB")
                parts.append(chunk)
    except TimeoutError:
        raise CatalogError(f"{url} does not answer within {DEADLINE_SECONDS} s") from None
    except (aiohttp.ClientError, OSError) as error:
        raise CatalogError(f"{url}: {error}") from None
    return b"".join(parts)
