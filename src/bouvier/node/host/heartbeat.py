"""Keeping the Node object and its Lease alive.

The Lease is renewed at every beat; the Node status is written when it differs from the stored one (others write to it too:
the controller that calls a silent host unknown, administrators who add resources), and every few minutes.
Source: https://kubernetes.io/docs/reference/node/node-status/#heartbeats
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from bouvier.client.rest import MERGE, STRATEGIC, Client
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, uid_of
from bouvier.meta.resources import LEASES, NODES
from bouvier.node.host.status import HostView, is_news, node_labels, node_object, node_status
from bouvier.node.settings import NodeSettings
from bouvier.util.clock import now_micro_text, now_text

LEASE_NAMESPACE = "kube-node-lease"
LEASE_SECONDS = 40
"""The kubelet's: after four missed beats the host counts as lost."""
_RETRY_SECONDS = 1.0
_QUIET_SECONDS = 0.5
"""News that come together are written together."""

_log = logging.getLogger(__name__)


class Heartbeat:
    """Writes one Node and its Lease."""

    def __init__(self, client: Client, settings: NodeSettings, look: Callable[[], HostView]) -> None:
        self._client = client
        self._settings = settings
        self._look = look
        self._node: Obj = {}
        self._written_at = 0.0
        self._news = asyncio.Event()
        self.registered = asyncio.Event()
        """Set once the Node is in the API with its first status."""

    def changed(self) -> None:
        """Look for news before the next beat."""
        self._news.set()

    async def run(self) -> None:
        """Register the Node, then beat until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._report_for_ever(), name="node status")
            tasks.create_task(self._renew_lease_for_ever(), name="node lease")

    async def _report_for_ever(self) -> None:
        while True:
            try:
                await self._report()
                self.registered.set()
                await self._pause(self._settings.heartbeat_seconds)
            except (ApiError, ConnectionError) as error:
                _log.warning("cannot write node %s: %s", self._settings.node_name, error)
                await asyncio.sleep(_RETRY_SECONDS)

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
            await asyncio.sleep(_QUIET_SECONDS)
        except TimeoutError:
            pass
        self._news.clear()

    async def _report(self) -> None:
        view = self._look()
        self._node = await self._known() or await self._register(view)
        status = node_status(self._settings, view, self._node, now_text())
        due = time.monotonic() - self._written_at >= self._settings.report_seconds
        if due or is_news(self._node.get("status") or {}, status):
            await self._write(status)

    async def _known(self) -> Obj | None:
        """Return the Node as stored, if it was registered before and is still there."""
        if not self._node:
            return None
        try:
            return await self._client.get(NODES, self._settings.node_name)
        except ApiError as error:
            if error.reason != "NotFound":
                raise
            return None

    async def _write(self, status: Obj) -> None:
        name = self._settings.node_name
        whole = status | {"addresses": [*status["addresses"], {"$patch": "replace"}]}
        self._node = await self._client.patch(NODES, name, {"status": whole}, kind=STRATEGIC, subresource="status")
        self._written_at = time.monotonic()

    async def _register(self, view: HostView) -> Obj:
        """Create the Node, or take over the one that is there."""
        try:
            return await self._client.create(NODES, node_object(self._settings, view))
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise
        labels = {"metadata": {"labels": node_labels(self._settings, view.info)}}
        return await self._client.patch(NODES, self._settings.node_name, labels, kind=MERGE)

    # Lease

    async def _renew_lease_for_ever(self) -> None:
        await self.registered.wait()
        while True:
            try:
                await self._renew_lease()
                await asyncio.sleep(self._settings.heartbeat_seconds)
            except (ApiError, ConnectionError) as error:
                _log.warning("cannot renew the lease of node %s: %s", self._settings.node_name, error)
                await asyncio.sleep(_RETRY_SECONDS)

    async def _renew_lease(self) -> None:
        name, renewed = self._settings.node_name, {"spec": {"renewTime": now_micro_text()}}
        try:
            await self._client.patch(LEASES, name, renewed, namespace=LEASE_NAMESPACE)
        except ApiError as error:
            if error.reason != "NotFound":
                raise
            await self._client.create(LEASES, self._lease())

    def _lease(self) -> Obj:
        name = self._settings.node_name
        owner = {"apiVersion": "v1", "kind": "Node", "name": name, "uid": uid_of(self._node)}
        return {
            "apiVersion": LEASES.api_version,
            "kind": LEASES.kind,
            "metadata": {"name": name, "namespace": LEASE_NAMESPACE, "ownerReferences": [owner]},
            "spec": {"holderIdentity": name, "leaseDurationSeconds": LEASE_SECONDS, "renewTime": now_micro_text()},
        }
