"""Which images this host has, and fetching those it has not.

The list is kept in memory and read again when the engine reports a change, so that starting a pod costs no question.
One image is fetched once however many pods wait for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bouvier.engine.errors import EngineError, ImageMissing
from bouvier.engine.protocol import Engine
from bouvier.engine.specs import RegistryAuth
from bouvier.engine.states import ImageInfo
from bouvier.node.pods.needs import full_image_name
from bouvier.node.ports import ImageMaker

_SETTLE_SECONDS = 0.05
"""A pull or build reports several changes at once."""


class ImageStore:
    """The images of one engine."""

    def __init__(self, engine: Engine, maker: ImageMaker | None = None) -> None:
        self._engine, self._maker = engine, maker
        self._by_name: dict[str, ImageInfo] = {}
        self._pulls: dict[str, asyncio.Task[None]] = {}
        self._stale = asyncio.Event()
        self.known = asyncio.Event()
        """Set once the first list is in."""
        self.on_change: Callable[[], None] = lambda: None
        """Called when images came or went."""

    def has(self, image: str) -> bool:
        """Tell whether an image is present; by name, digest or id."""
        return full_image_name(image) in self._by_name or image in self._by_name

    def get(self, image: str) -> ImageInfo | None:
        """Return what the list says of an image."""
        return self._by_name.get(full_image_name(image)) or self._by_name.get(image)

    def all(self) -> list[ImageInfo]:
        """Return every image once."""
        return list({image.id: image for image in self._by_name.values()}.values())

    def changed(self) -> None:
        """Note that the list is out of date."""
        self._stale.set()

    async def run(self) -> None:
        """Keep the list up to date until cancelled."""
        while True:
            await self._stale.wait()
            await asyncio.sleep(_SETTLE_SECONDS)
            self._stale.clear()
            try:
                await self.refresh()
            except EngineError:
                self._stale.set()
                await asyncio.sleep(1)

    async def refresh(self) -> None:
        """Read the list now."""
        found: dict[str, ImageInfo] = {}
        for image in await self._engine.images():
            found[image.id] = image
            found.update(dict.fromkeys(image.names, image))
        if found != self._by_name:
            self._by_name = found
            self.on_change()
        self.known.set()

    async def user_of(self, image: str) -> str:
        """Return the user that the image's configuration names."""
        found = await self._engine.image(full_image_name(image))
        return found.user if found else ""

    def id_shown(self, image: str, image_id: str) -> str:
        """Return what `imageID` in a status says: a digest where the image came from a registry, else its id."""
        found = self._by_name.get(image_id) or self.get(image)
        return found.digests[0] if found and found.digests else image_id

    def is_made_here(self, image: str) -> bool:
        """Tell whether an image is made on this host in place of being pulled: no registry may answer in its name."""
        return self._maker is not None and self._maker.knows(image)

    async def pull(self, image: str, auths: list[RegistryAuth]) -> None:
        """Fetch an image, or wait for whoever fetches it already.

        Raises:
            EngineError: it cannot be had; the text says what was tried.
        """
        task = self._pulls.get(image)
        if task is None:
            task = self._pulls[image] = asyncio.get_running_loop().create_task(self._pull(image, auths), name="pull")
            task.add_done_callback(lambda _: self._pulls.pop(image, None))
        await asyncio.shield(task)

    async def _pull(self, image: str, auths: list[RegistryAuth]) -> None:
        if self._maker is not None and self._maker.knows(image):
            await self._maker.make(image)
            await self.refresh()
            return
        name = full_image_name(image)
        for auth in auths[:-1]:
            try:
                await self._pull_with(name, auth)
            except ImageMissing:
                continue
            return
        await self._pull_with(name, auths[-1] if auths else None)

    async def _pull_with(self, name: str, auth: RegistryAuth | None) -> None:
        async for _ in self._engine.pull(name, auth):
            pass
        await self.refresh()
