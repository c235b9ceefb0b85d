"""Images that a host makes in place of pulling them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bouvier.daemons.images import RecipeMaker
from bouvier.engine.errors import EngineError
from bouvier.engine.states import ImageInfo
from bouvier.node.images.store import ImageStore


class Engine:
    """An engine that notes what it is asked to pull."""

    def __init__(self) -> None:
        self.pulled: list[str] = []

    async def images(self) -> list[ImageInfo]:
        return []

    async def pull(self, name: str, _auth: object) -> AsyncIterator[str]:
        self.pulled.append(name)
        yield name


class Maker:
    def __init__(self) -> None:
        self.made: list[str] = []

    def knows(self, image: str) -> bool:
        return image == "bouvier/redis:7"

    async def make(self, image: str) -> None:
        self.made.append(image)


async def test_what_is_made_here_is_never_pulled() -> None:
    """No registry can answer in its name; everything else comes from one."""
    engine, maker = Engine(), Maker()
    store = ImageStore(engine, maker)  # type: ignore[arg-type]
    await store.pull("bouvier/redis:7", [])
    await store.pull("other/redis:7", [])
    assert maker.made == ["bouvier/redis:7"]
    assert engine.pulled == ["other/redis:7"]


async def test_why_an_image_cannot_be_made(tmp_path: Path) -> None:
    """The command's error, without its progress."""
    maker = RecipeMaker(tmp_path / "nowhere.sock")
    assert maker.knows("bouvier/busybox:1")
    assert not maker.knows("bouvier/own:1")
    with pytest.raises(EngineError, match="does not answer"):
        await maker.make("bouvier/busybox:1")
