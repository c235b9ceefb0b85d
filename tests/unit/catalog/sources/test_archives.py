"""Downloaded charts, kept on this host."""

import hashlib
from pathlib import Path

import pytest

from bouvier.catalog.entries import CatalogError
from bouvier.catalog.sources import archives
from bouvier.catalog.sources.archives import Archives

URL = "https://charts.example/a.tgz"


class Remote:
    """A repository that counts, and may be out of reach."""

    def __init__(self, data: bytes) -> None:
        self.data: bytes | None = data
        self.asked = 0

    async def download(self, url: str, _most_bytes: int) -> bytes:
        self.asked += 1
        if self.data is None:
            raise CatalogError(f"{url} does not answer")
        return self.data


@pytest.fixture
def remote(monkeypatch: pytest.MonkeyPatch) -> Remote:
    made = Remote(b"chart")
    monkeypatch.setattr(archives, "download", made.download)
    return made


async def test_what_has_a_digest_is_fetched_once(tmp_path: Path, remote: Remote) -> None:
    """The index says what it is: nobody needs to be asked again, unless the file was damaged."""
    digest = hashlib.sha256(b"chart").hexdigest()
    kept = Archives(tmp_path)
    assert [await kept.get(URL, digest, "a 1.0") for _ in range(3)] == [b"chart"] * 3
    assert remote.asked == 1

    next(tmp_path.glob("*.tgz")).write_bytes(b"damaged")
    assert await kept.get(URL, digest, "a 1.0") == b"chart"
    assert remote.asked == 2


async def test_without_a_digest_it_is_fetched_while_it_can_be(tmp_path: Path, remote: Remote) -> None:
    """It may have changed; out of reach, what was fetched last is taken."""
    kept = Archives(tmp_path)
    await kept.get(URL, "", "a 1.0")
    remote.data = b"newer"
    assert await kept.get(URL, "", "a 1.0") == b"newer"
    remote.data = None
    assert await kept.get(URL, "", "a 1.0") == b"newer"
    with pytest.raises(CatalogError, match="does not answer"):
        await kept.get(URL + "x", "", "b 1.0")


async def test_a_wrong_digest_is_refused_and_not_kept(tmp_path: Path, remote: Remote) -> None:
    """Both digests stand in the message."""
    with pytest.raises(CatalogError, match="a 1.0: its digest is sha256:"):
        await Archives(tmp_path).get(URL, "0" * 64, "a 1.0")
    assert list(tmp_path.iterdir()) == []
    assert remote.asked == 1


async def test_the_oldest_go_when_there_are_too_many(
    tmp_path: Path, remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder does not grow without end."""
    monkeypatch.setattr(archives, "MOST_BYTES", 20)
    kept = Archives(tmp_path)
    for number in range(10):
        remote.data = f"chart{number}".encode()
        await kept.get(f"{URL}{number}", "", "a")
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) <= 20
