"""The builder of the server's host, with a client, an engine and rights of its own: `system:builder`."""

from __future__ import annotations

import os
from collections.abc import Mapping

from bouvier.builds.builder.builder import Builder
from bouvier.builds.builder.orders import BuildOrders
from bouvier.builds.builder.workshop import Workshop
from bouvier.client.endpoint import Endpoint
from bouvier.client.events import Recorder
from bouvier.client.rest import Client
from bouvier.daemons.images import RecipeMaker
from bouvier.daemons.registry import RegistryAccess
from bouvier.daemons.settings import Settings
from bouvier.engine.protocol import Engine


def builder_of(settings: Settings, engine: Engine, maker: RecipeMaker) -> tuple[Client, Builder, BuildOrders]:
    """Return the builder, what the tunnel asks of it, and its client, which the caller closes."""
    token = (settings.pki_dir / "tokens" / "builder.token").read_text().strip()
    endpoint = Endpoint(unix_socket=str(settings.apiserver_socket), token=token)
    client = Client.connect(endpoint, user_agent="bouvier-builder")
    shop = Workshop(
        client=client,
        engine=engine,
        recorder=Recorder(client, "build-controller", host=settings.node_name),
        registry=RegistryAccess(settings, client),
        maker=maker,
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
