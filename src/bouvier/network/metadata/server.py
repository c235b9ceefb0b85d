"""The metadata service of a host: HTTP, for this host's own pods only, each told from its own place.

Pods call `http://rancher-metadata/` or 169.254.169.250; a rule on their bridge leads that to the bridge's own address.
Who asks is known by the source address, which a pod cannot change: its lease names the pod. Nothing can be written, and
objects of other namespaces are never looked at.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any, Protocol

from aiohttp import web

from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, namespace_of
from bouvier.meta.resources import NODES, PODS
from bouvier.network.addresses.leases import Lease
from bouvier.network.metadata import answers
from bouvier.network.metadata.tree import tree_of
from bouvier.network.service_watch import ServiceWatch

PORT = 9250
"""On the bridge's own address; pods see port 80 of `dns.rancher.METADATA_ADDRESS`."""
FRESH_SECONDS = 1.0
"""Objects that were read are good for so long: containers ask in bursts, at their start."""
WAIT_SECONDS = 60
"""Longest `?wait=true`, as Cattle's."""
KEPT_NAMESPACES = 100
_log = logging.getLogger(__name__)


class Reads(Protocol):
    """Reading collections of the API."""

    async def list_all(self, resource: Resource, namespace: str = "") -> Any:
        """Return all objects as `.items`."""


@dataclass(frozen=True, slots=True)
class MetadataSettings:
    """Where the service listens."""

    listen: IPv4Address
    port: int = PORT


class MetadataServer:
    """Answers this host's pods."""

    def __init__(
        self, settings: MetadataSettings, reads: Reads, watch: ServiceWatch, leases: Callable[[], Iterable[Lease]]
    ) -> None:
        self.settings = settings
        self.listening = asyncio.Event()
        """Set while the socket is open."""
        self._reads = reads
        self._watch = watch
        self._leases = leases
        self._known: dict[str, tuple[float, list[Obj]]] = {}

    async def run(self) -> None:
        """Serve until cancelled.

        Raises:
            OSError: the address cannot be listened on.
        """
        runner = web.ServerRunner(web.Server(self._answer))
        await runner.setup()
        try:
            site = web.TCPSite(runner, str(self.settings.listen), self.settings.port, shutdown_timeout=1.0)
            await site.start()
            self.listening.set()
            await asyncio.get_running_loop().create_future()
        finally:
            self.listening.clear()
            await runner.cleanup()

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        if request.method not in ("GET", "HEAD"):
            return _plain(405, "metadata can be read only")
        lease = next((one for one in self._leases() if str(one.address) == request.remote), None)
        if lease is None:
            return _plain(403, "only the pods of this host are answered")
        try:
            return await self._tell(request, lease)
        except (ApiError, ConnectionError, TimeoutError) as error:
            _log.info("metadata cannot be read now: %s", error)
            return _plain(503, f"the API cannot be reached now, ask again: {error}")

    async def _tell(self, request: web.BaseRequest, lease: Lease) -> web.Response:
        version, parts = answers.split(request.rel_url.raw_path)
        if version and version not in answers.VERSIONS:
            return _plain(404, f"there is no version {version}: use one of {', '.join(answers.VERSIONS)}")
        if not version:
            return _rendered(request, {name: {} for name in answers.VERSIONS})
        if parts == ["version"]:
            return await self._version(request, lease)
        tree = await self.tree(lease, version)
        found = answers.MISSING if tree is None else answers.find(tree, parts)
        return _plain(404, "Not found") if found is answers.MISSING else _rendered(request, found)

    async def _version(self, request: web.BaseRequest, lease: Lease) -> web.Response:
        """Answer with a mark of everything; with `?wait=true&value=MARK` as soon as it is another one, or in the end."""
        query = request.rel_url.query
        seconds = query.get("maxWait", "")
        ends = time.monotonic() + min(int(seconds) if seconds.isdecimal() else WAIT_SECONDS, WAIT_SECONDS)
        while True:
            mark = hashlib.sha256(answers.as_json(await self.tree(lease, "latest"))).hexdigest()[:16]
            if query.get("wait") != "true" or mark != query.get("value") or time.monotonic() >= ends:
                return _rendered(request, mark)
            await asyncio.sleep(FRESH_SECONDS)

    async def tree(self, lease: Lease, version: str) -> dict[str, Any] | None:
        """Return what a pod of this host may know."""
        pods = await self._read(PODS, lease.namespace)
        if all(pod["metadata"]["uid"] != lease.uid for pod in pods):
            self._known.pop(f"{PODS.plural}/{lease.namespace}", None)  # newer than what is kept
            pods = await self._read(PODS, lease.namespace)
        nodes = await self._read(NODES, "")
        known = (self._watch.service(key) for key in self._watch.keys())  # noqa: SIM118 - not a mapping
        services = [service for service in known if service and namespace_of(service) == lease.namespace]
        return tree_of(lease.uid, pods, services, nodes, version)

    async def _read(self, resource: Resource, namespace: str) -> list[Obj]:
        key, now = f"{resource.plural}/{namespace}", time.monotonic()
        since, items = self._known.get(key, (0.0, []))
        if key in self._known and now - since < FRESH_SECONDS:
            return items
        items = list((await self._reads.list_all(resource, namespace)).items)
        if len(self._known) >= KEPT_NAMESPACES:
            self._known.clear()
        self._known[key] = (now, items)
        return items


def _rendered(request: web.BaseRequest, value: Any) -> web.Response:
    if "application/json" in request.headers.get("Accept", ""):
        return web.Response(body=answers.as_json(value), content_type="application/json")
    return web.Response(body=answers.as_text(value), content_type="text/plain", charset="utf-8")


def _plain(status: int, text: str) -> web.Response:
    return web.Response(status=status, text=text)
