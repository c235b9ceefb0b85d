"""What all parts of one agent share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from bouvier.client.events import Recorder
from bouvier.client.informer import Informer
from bouvier.client.rest import Client
from bouvier.engine.protocol import Engine
from bouvier.engine.specs import RegistryAuth
from bouvier.kinds.usage.amounts import Amounts
from bouvier.meta.objects import Obj
from bouvier.node.images.store import ImageStore
from bouvier.node.pods.observe import EngineView
from bouvier.node.pods.render import HostFacts
from bouvier.node.pods.status import Host
from bouvier.node.ports import PodAddresses, PodNetwork
from bouvier.node.references import References
from bouvier.node.settings import NodeSettings
from bouvier.node.storage.drivers import Drivers

PlatformAuth = Callable[[Obj, str], Awaitable[RegistryAuth | None]]
"""Returns the credentials with which a pod may have an image, None where the image comes from elsewhere."""


@dataclass(slots=True)
class Shared:
    """The services of one agent, and what it knows of its host."""

    settings: NodeSettings
    client: Client
    engine: Engine
    network: PodNetwork
    recorder: Recorder
    view: EngineView
    images: ImageStore
    references: References
    drivers: Drivers
    services: Informer
    http: aiohttp.ClientSession
    """For probes and hooks: a fresh connection each time."""
    facts: HostFacts
    host: Host
    allocatable: Mapping[str, str]
    starting: asyncio.Semaphore
    """Bounds how many containers are started at once."""
    platform_auth: PlatformAuth | None = None
    """Credentials for images of the platform's own registry."""
    attached: dict[str, PodAddresses] = field(default_factory=dict)
    """Addresses that pods had when the agent started, by uid."""

    granted: dict[str, Amounts] = field(default_factory=dict)
    """What each pod of the host was granted, by uid."""

    def pod_dir(self, uid: str) -> Path:
        """Return the folder of a pod's files."""
        return self.settings.data_dir / "pods" / uid

    def secrets_dir(self, uid: str) -> Path:
        """Return the folder of a pod's secret files."""
        return (self.settings.secrets_dir or self.settings.data_dir / "pods") / uid / "secrets"

    def services_for(self, pod: Obj) -> list[Obj]:
        """Return the services that a pod's environment may name."""
        namespace = pod["metadata"]["namespace"]
        near = self.services.items(namespace)
        api = self.services.get("default/kubernetes")
        return near if api is None or namespace == "default" else [*near, api]
