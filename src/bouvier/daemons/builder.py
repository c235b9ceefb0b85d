"""The builder of the server's host, with a client, an engine and rights of its own: `system:builder`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

from bouvier.builds.builder.builder import Builder
from bouvier.builds.builder.orders import BuildOrders
from bouvier.builds.builder.workshop import Workshop
from bouvier.cli.images.debian import PackageError
from bouvier.cli.images.load import LoadError, has_named, load_image
from bouvier.cli.images.recipes import RECIPES, RecipeError
from bouvier.cli.images.servers import ON_DEMAND
from bouvier.client.endpoint import Endpoint
from bouvier.client.events import Recorder
from bouvier.client.rest import Client
from bouvier.daemons.registry import RegistryAccess
from bouvier.daemons.settings import Settings
from bouvier.engine.protocol import Engine


class ImageMaker:
    """Makes the images that this machine has recipes for, one at a time."""

    def __init__(self, engine_socket: Path) -> None:
        self._socket = engine_socket
        self._busy = asyncio.Lock()

    async def ensure(self, image: str) -> bool:
        """Make an image that the engine lacks; tell whether there is a recipe for it.

        Raises:
            OSError: it cannot be made; the text says why.
        """
        recipe = RECIPES.get(image) or ON_DEMAND.get(image)
        if recipe is None:
            return False
        async with self._busy:
            if not await asyncio.to_thread(has_named, self._socket, image):
                try:
                    await asyncio.to_thread(lambda: load_image(self._socket, recipe()))
                except (LoadError, RecipeError, PackageError) as error:
                    raise OSError(str(error)) from error
        return True


def builder_of(settings: Settings, engine: Engine) -> tuple[Client, Builder, BuildOrders]:
    """Return the builder, what the tunnel asks of it, and its client, which the caller closes."""
    token = (settings.pki_dir / "tokens" / "builder.token").read_text().strip()
    endpoint = Endpoint(unix_socket=str(settings.apiserver_socket), token=token)
    client = Client.connect(endpoint, user_agent="bouvier-builder")
    shop = Workshop(
        client=client,
        engine=engine,
        recorder=Recorder(client, "build-controller", host=settings.node_name),
        registry=RegistryAccess(settings, client),
        toolbox=ImageMaker(settings.engine_socket),
        folder=settings.data_dir / "builds",
        host=settings.node_name,
        platform=settings.platform_id,
        settings=package_indexes(os.environ),
    )
    builder = Builder(shop)
    return client, builder, BuildOrders(shop, builder)


def package_indexes(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the settings of pip, npm and proxies that this host's own users have, as build arguments."""
    wanted = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST", "PIP_NO_INDEX", "npm_config_registry")
    found = {name: environ[name] for name in wanted if environ.get(name)}
    proxies = ("http_proxy", "https_proxy", "no_proxy")
    return found | {name: value for name, value in environ.items() if name.lower() in proxies and value}
