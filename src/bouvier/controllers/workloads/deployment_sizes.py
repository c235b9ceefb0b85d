"""Numbers of a Deployment: how many replicas it wants, may exceed and may lack.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment
"""

from __future__ import annotations

from collections.abc import Iterable

from bouvier.meta.intstr import resolve
from bouvier.meta.objects import Obj

DEFAULT_SHARE = "25%"


def spec_replicas(obj: Obj) -> int:
    """Return `spec.replicas`, 1 where it is not set."""
    replicas = obj["spec"].get("replicas")
    return 1 if replicas is None else int(replicas)


def total_replicas(replica_sets: Iterable[Obj]) -> int:
    """Return how many pods the ReplicaSets ask for together."""
    return sum(spec_replicas(rs) for rs in replica_sets)


def actual_replicas(replica_sets: Iterable[Obj], field: str = "replicas") -> int:
    """Return the sum of one count in the ReplicaSets' status."""
    return sum((rs.get("status") or {}).get(field) or 0 for rs in replica_sets)


def is_rolling(deployment: Obj) -> bool:
    """Tell whether the Deployment replaces its pods a few at a time."""
    return bool((deployment["spec"].get("strategy") or {}).get("type", "RollingUpdate") == "RollingUpdate")


def max_surge(deployment: Obj) -> int:
    """Return how many pods beyond the wish may exist during an update."""
    return _limits(deployment)[0] if is_rolling(deployment) else 0


def max_unavailable(deployment: Obj) -> int:
    """Return how many of the wanted pods may be missing during an update."""
    if not is_rolling(deployment):
        return 0
    return min(_limits(deployment)[1], spec_replicas(deployment))


def min_available(deployment: Obj) -> int:
    """Return how many available pods an update must leave."""
    return spec_replicas(deployment) - max_unavailable(deployment)


def _limits(deployment: Obj) -> tuple[int, int]:
    options = (deployment["spec"].get("strategy") or {}).get("rollingUpdate") or {}
    desired = spec_replicas(deployment)
    surge = resolve(options.get("maxSurge", DEFAULT_SHARE), desired, round_up=True)
    unavailable = resolve(options.get("maxUnavailable", DEFAULT_SHARE), desired, round_up=False)
    if surge == 0 and unavailable == 0:
        return 0, 1  # both rounded to nothing: an update must still be able to move
    return surge, unavailable
