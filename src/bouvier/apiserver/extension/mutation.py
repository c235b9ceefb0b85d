"""The order in which configured mutations run: policies, then webhooks, then again those that asked for it."""

from __future__ import annotations

from bouvier.apiserver.admission.chain import Operation
from bouvier.apiserver.extension.mutating import MutatingPolicies
from bouvier.apiserver.extension.webhooks import Webhooks


class Mutation:
    """Everything that users configured to change writes."""

    def __init__(self, policies: MutatingPolicies, webhooks: Webhooks) -> None:
        self._policies = policies
        self._webhooks = webhooks

    async def mutate(self, operation: Operation) -> bool:
        """Change a write; tell whether it was changed. Raises: ApiError when it is refused."""
        cluster = operation.call.cluster
        if not self._policies.are_any(cluster) and not self._webhooks.may_mutate(cluster):
            return False
        by_policies = await self._policies.mutate(operation)
        by_webhooks = await self._webhooks.mutate(operation)
        if by_policies or by_webhooks:
            await self._policies.mutate(operation, again=True)
            await self._webhooks.mutate(operation, again=True)
        return by_policies or by_webhooks
