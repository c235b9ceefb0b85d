"""Kinds that nobody acts upon in clusters of other orchestrators are refused there by name."""

from __future__ import annotations

from bouvier.apiserver.admission.chain import Operation, concerns
from bouvier.apiserver.clusters.directory import LOCAL
from bouvier.meta.errors import ApiError

NATIVE = {
    ("hooks.bouvier.io", "receivers"): "hooks",
    ("autoscaling.bouvier.io", "scalingschedules"): "schedules",
}
"""Acted upon where the platform's own controllers run."""
HOME = {
    ("billing.bouvier.io", "budgets"): "budgets",
    ("flowcontrol.apiserver.k8s.io", "flowschemas"): "flow schemas",
    ("flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations"): "priority levels",
}
"""Acted upon in `local` only: the ledger knows no other cluster yet, and flow control rules the server that all share."""


@concerns(*NATIVE, *HOME)
async def native_only(operation: Operation) -> None:
    """Refuse objects that would never have an effect."""
    cluster = operation.call.cluster
    if operation.verb != "create" or cluster == LOCAL:
        return
    if operation.resource in HOME:
        raise _refusal(HOME[operation.resource], f"the cluster {LOCAL}")
    if operation.resource in NATIVE:
        found = operation.call.context.clusters.get(cluster)
        driver = found["spec"].get("driver") if found else "native"
        if driver != "native":
            raise _refusal(NATIVE[operation.resource], f"native clusters; {cluster} is executed by {driver}")


def _refusal(what: str, where: str) -> ApiError:
    return ApiError("Forbidden", f"{what} have an effect only in {where}")
