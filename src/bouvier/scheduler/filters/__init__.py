"""Hard requirements: one module per filter, each with its explanation. Pure.

`HOST` filters depend on hosts only; the answers of `POD` filters change with every pod that is placed. Hosts are
refused by the first filter in the order of `ALL_FILTERS`, which is Kubernetes' order.
"""

from bouvier.scheduler.filters import fit, node_affinity, pod_affinity, ports, spread, taints, unschedulable, volumes
from bouvier.scheduler.filters.base import Filter, Reason

HOST_FILTERS: tuple[Filter, ...] = (unschedulable, taints, node_affinity)
POD_FILTERS: tuple[Filter, ...] = (ports, fit, volumes, spread, pod_affinity)
ALL_FILTERS = HOST_FILTERS + POD_FILTERS

__all__ = ["ALL_FILTERS", "HOST_FILTERS", "POD_FILTERS", "Filter", "Reason"]
