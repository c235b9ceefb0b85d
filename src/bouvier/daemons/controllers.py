"""The controllers of a logical cluster, as one flat list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bouvier.client.events import Recorder
from bouvier.client.rest import Client
from bouvier.controllers.garbage.collector import GarbageCollector
from bouvier.controllers.garbage.namespace_defaults import NamespaceDefaultsController
from bouvier.controllers.garbage.namespaces import NamespaceController
from bouvier.controllers.nodes.addresses import POD_RANGES, NodeAddressController
from bouvier.controllers.nodes.lifecycle import GRACE_SECONDS, NodeLifecycleController
from bouvier.controllers.nodes.pod_gc import QUARANTINE_SECONDS, PodGarbageController
from bouvier.controllers.nodes.taint_eviction import TaintEvictionController
from bouvier.controllers.runtime.controller import Controller
from bouvier.controllers.services.addresses import BalancerAddressController
from bouvier.controllers.services.endpointslices import EndpointSliceController
from bouvier.controllers.workloads.deployment import DeploymentController
from bouvier.controllers.workloads.replicaset import ReplicaSetController
from bouvier.meta.resources import (
    DEPLOYMENTS,
    ENDPOINTS,
    ENDPOINTSLICES,
    INGRESSES,
    NAMESPACES,
    NODES,
    PODS,
    REPLICASETS,
    REPLICATIONCONTROLLERS,
    SERVICES,
)

CACHED = (
    DEPLOYMENTS,
    ENDPOINTS,
    ENDPOINTSLICES,
    INGRESSES,
    NAMESPACES,
    NODES,
    PODS,
    REPLICASETS,
    REPLICATIONCONTROLLERS,
    SERVICES,
)
"""Resources that other controllers cache whole, so that the garbage collector need not watch them again."""


@dataclass(frozen=True, slots=True)
class ControllerOptions:
    """What the controllers must be told."""

    ca_pem: str
    """Certificate of the API's authority, for `kube-root-ca.crt`."""
    pod_ranges: Sequence[str] = POD_RANGES
    """Ranges that are shared out to hosts, one for each IP family."""
    host_prefixes: dict[int, int] | None = None
    """Prefix length of a host's part by IP version, where it is not 24 and 64."""
    balancer_addresses: Sequence[str] = ()
    """Where balancers listen; empty: on the ready hosts."""
    grace_seconds: float = GRACE_SECONDS
    """Silence after which a host counts as lost."""
    quarantine_seconds: float = QUARANTINE_SECONDS
    """Time after which pods of a removed Node are removed."""


def build(client: Client, recorder: Recorder, options: ControllerOptions) -> list[Controller]:
    """Return all controllers; `runtime.manager.Manager` registers and runs them."""
    return [
        DeploymentController(client, recorder),
        ReplicaSetController(client, recorder, REPLICASETS),
        ReplicaSetController(client, recorder, REPLICATIONCONTROLLERS),
        EndpointSliceController(client),
        BalancerAddressController(client, options.balancer_addresses),
        NodeAddressController(client, recorder, options.pod_ranges, options.host_prefixes),
        NodeLifecycleController(client, recorder, options.grace_seconds),
        TaintEvictionController(client, recorder),
        PodGarbageController(client, quarantine_seconds=options.quarantine_seconds),
        NamespaceController(client),
        NamespaceDefaultsController(client, options.ca_pem),
        GarbageCollector(client, CACHED),
    ]
