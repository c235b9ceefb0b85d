"""Writing the status of ValidatingAdmissionPolicies: which generation was seen, and what its expressions get wrong."""

from __future__ import annotations

import asyncio

import structlog

from bouvier.apiserver.cache.hub import StoreKey
from bouvier.apiserver.context import Call, Context
from bouvier.apiserver.extension.configured import GROUP
from bouvier.apiserver.internal import SELF, internal_request
from bouvier.apiserver.request import Target
from bouvier.apiserver.verbs.updating import change_object
from bouvier.kinds.admissionregistration_v1.typing import Find, expression_warnings
from bouvier.kinds.kind import Kind
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj

log = structlog.get_logger(__name__)
PLURAL = "validatingadmissionpolicies"


class PolicyStatus:
    """Follows the policies of every logical cluster."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._changed: asyncio.Queue[StoreKey] = asyncio.Queue()
        context.hub.listen(GROUP, PLURAL, self._observe)

    def _observe(self, key: StoreKey, value: bytes | None) -> None:
        if value is not None:
            self._changed.put_nowait(key)

    async def run(self) -> None:
        """Bring each changed policy's status up to date until cancelled."""
        while True:
            key = await self._changed.get()
            try:
                await self._reconcile(key)
            except ApiError as error:
                log.info("a policy's status was not written", name=key.name, why=error.message)

    async def _reconcile(self, key: StoreKey) -> None:
        entry = self._context.hub.resource(key.cluster, GROUP, PLURAL).entries.get(f"/{key.name}")
        policy = None if entry is None else entry.decode()
        if policy is None or _seen(policy) == policy["metadata"].get("generation"):
            return
        # Types of large kinds take some milliseconds to build the first time.
        warnings = await asyncio.to_thread(expression_warnings, policy, self._finder(key.cluster))
        generation = policy["metadata"].get("generation")

        def checked(obj: Obj) -> Obj:
            checking = {"expressionWarnings": warnings} if warnings else {}
            obj["status"] = {**(obj.get("status") or {}), "observedGeneration": generation, "typeChecking": checking}
            return obj

        kind = self._context.kinds.find(key.cluster, GROUP, "v1", PLURAL)
        assert kind is not None
        target = Target(GROUP, "v1", PLURAL, "", key.name, "status", "")
        await change_object(Call(self._context, internal_request(key.cluster, SELF), kind, target), checked)

    def _finder(self, cluster: str) -> Find:
        def find(group: str, version: str, plural: str) -> Kind | None:
            return self._context.kinds.find(cluster, group, version, plural)

        return find


def _seen(policy: Obj) -> int | None:
    status = policy.get("status") or {}
    return status.get("observedGeneration") if "typeChecking" in status else None
