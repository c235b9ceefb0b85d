"""The controllers' process: every controller as one flat list, and the scheduler beside them."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import uvloop

from bouvier.autoscaling.controller import AutoscalerController
from bouvier.autoscaling.schedules import ScheduleController
from bouvier.billing.budgets import BudgetController
from bouvier.billing.recorder import UsageRecorder
from bouvier.builds.configs import BuildConfigController
from bouvier.builds.deploying import ImageTriggerController
from bouvier.builds.routes import RouteController
from bouvier.client.endpoint import Endpoint
from bouvier.client.events import Recorder
from bouvier.client.informer import InformerSet
from bouvier.client.lease import Elector
from bouvier.client.rest import Client
from bouvier.clusters.runner import ClusterRunner, RunnerOptions
from bouvier.controllers.access.aggregation import AggregationController
from bouvier.controllers.certificates.requests import CertificateController
from bouvier.controllers.certificates.tokens import JoinTokenController
from bouvier.controllers.cronjobs.controller import CronJobController
from bouvier.controllers.daemonsets.controller import DaemonSetController
from bouvier.controllers.disruption.controller import DisruptionController
from bouvier.controllers.garbage.collector import GarbageCollector
from bouvier.controllers.garbage.namespace_defaults import NamespaceDefaultsController
from bouvier.controllers.garbage.namespaces import NamespaceController
from bouvier.controllers.jobs.controller import JobController
from bouvier.controllers.jobs.orphans import JobOrphanController
from bouvier.controllers.jobs.ttl import JobTtlController
from bouvier.controllers.migrations.controller import MigrationController
from bouvier.controllers.nodes.addresses import POD_RANGES, NodeAddressController
from bouvier.controllers.nodes.lifecycle import GRACE_SECONDS, NodeLifecycleController
from bouvier.controllers.nodes.pod_gc import QUARANTINE_SECONDS, PodGarbageController
from bouvier.controllers.nodes.taint_eviction import TaintEvictionController
from bouvier.controllers.numbers.cidrs import ServiceCidrController
from bouvier.controllers.numbers.claims import ClaimRepair
from bouvier.controllers.quotas.controller import QuotaController
from bouvier.controllers.runtime.controller import Controller
from bouvier.controllers.runtime.manager import Manager
from bouvier.controllers.services.addresses import BalancerAddressController
from bouvier.controllers.services.endpointslices import EndpointSliceController
from bouvier.controllers.services.mirroring import EndpointSliceMirroringController
from bouvier.controllers.statefulsets.controller import StatefulSetController
from bouvier.controllers.storage.binder import VolumeBinder
from bouvier.controllers.storage.ephemeral import EphemeralVolumes
from bouvier.controllers.storage.protection import StorageProtection
from bouvier.controllers.storage.snapshots import SnapshotController
from bouvier.controllers.workloads.deployment import DeploymentController
from bouvier.controllers.workloads.replicaset import ReplicaSetController
from bouvier.daemons.catalog import catalog_controllers
from bouvier.daemons.compose import StackRenderer
from bouvier.daemons.facts import platform_of, publish_facts
from bouvier.daemons.logs import set_up_logs
from bouvier.daemons.readiness import announce_ready
from bouvier.daemons.settings import Settings
from bouvier.daemons.signals import until_stopped
from bouvier.hooks.controller import ReceiverController
from bouvier.kinds.clusters_v1.clusters import hosts_group
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj
from bouvier.meta.resources import (
    CLUSTERROLES,
    CONTROLLERREVISIONS,
    CRONJOBS,
    DAEMONSETS,
    DEPLOYMENTS,
    ENDPOINTS,
    ENDPOINTSLICES,
    INGRESSES,
    JOBS,
    LEASES,
    NAMESPACES,
    NODES,
    PERSISTENTVOLUMECLAIMS,
    PERSISTENTVOLUMES,
    POD_DISRUPTION_BUDGETS,
    PODS,
    REPLICASETS,
    REPLICATIONCONTROLLERS,
    RESOURCEQUOTAS,
    SERVICES,
    STATEFULSETS,
    STORAGECLASSES,
    VOLUMESNAPSHOTCONTENTS,
    VOLUMESNAPSHOTS,
)
from bouvier.scheduler.daemon import Scheduler
from bouvier.stacks.controller import StackController
from bouvier.util.pki import Authority

CACHED = (
    CLUSTERROLES,
    CONTROLLERREVISIONS,
    CRONJOBS,
    DAEMONSETS,
    DEPLOYMENTS,
    ENDPOINTS,
    ENDPOINTSLICES,
    INGRESSES,
    JOBS,
    NAMESPACES,
    NODES,
    PERSISTENTVOLUMECLAIMS,
    PERSISTENTVOLUMES,
    POD_DISRUPTION_BUDGETS,
    PODS,
    REPLICASETS,
    REPLICATIONCONTROLLERS,
    RESOURCEQUOTAS,
    SERVICES,
    STATEFULSETS,
    STORAGECLASSES,
    VOLUMESNAPSHOTCONTENTS,
    VOLUMESNAPSHOTS,
)
"""Resources that other controllers cache whole, so that the garbage collector need not watch them again."""


LOST_HOST_SECONDS = 24.0
"""Two missed renewals of a lease that is renewed every 10 s, and some seconds; see `apiserver.admission.pods`."""
LEADER_LEASE, LEADER_NAMESPACE = "bouvier-controllers", "kube-system"
STANDBY_LOOK_SECONDS = 0.5
GC_THRESHOLDS = (50_000, 20, 50)
"""Caches hold many objects that live long; the default of 700 makes decoding five times slower (measured)."""


@dataclass(frozen=True, slots=True)
class ControllerOptions:
    """What the controllers must be told."""

    ca_pem: str
    """Certificate of the API's authority, for `kube-root-ca.crt`."""
    authority: Authority | None = None
    """Signs certificates of hosts; None: nobody here does."""
    hosts_group: str = ""
    """Group of the hosts of another cluster than `local`."""
    pod_ranges: Sequence[str] = POD_RANGES
    """Ranges that are shared out to hosts, one for each IP family."""
    host_prefixes: dict[int, int] | None = None
    """Prefix length of a host's part by IP version, where it is not 24 and 64."""
    balancer_addresses: Sequence[str] = ()
    """Where balancers listen; empty: on the ready hosts."""
    grace_seconds: float = GRACE_SECONDS
    """Silence after which a host counts as lost."""
    ledger: Path | None = None
    """The usage ledger to write; None records nothing."""
    hooks: Client | None = None
    """Who carries hooks out; None: the controllers' own client, which must then be allowed to impersonate."""
    quarantine_seconds: float = QUARANTINE_SECONDS
    """Time after which pods of a removed Node are removed."""


def build(client: Client, recorder: Recorder, options: ControllerOptions) -> list[Controller]:
    """Return all controllers; `runtime.manager.Manager` registers and runs them."""
    return [
        DeploymentController(client, recorder),
        ReplicaSetController(client, recorder, REPLICASETS),
        ReplicaSetController(client, recorder, REPLICATIONCONTROLLERS),
        DaemonSetController(client, recorder),
        StatefulSetController(client, recorder),
        JobController(client, recorder),
        JobOrphanController(client),
        CronJobController(client, recorder),
        JobTtlController(client),
        DisruptionController(client, recorder),
        QuotaController(client),
        MigrationController(client),
        AggregationController(client),
        EndpointSliceController(client),
        EndpointSliceMirroringController(client),
        ClaimRepair(client, recorder),
        ServiceCidrController(client),
        BalancerAddressController(client, options.balancer_addresses),
        NodeAddressController(client, recorder, options.pod_ranges, options.host_prefixes),
        NodeLifecycleController(client, recorder, options.grace_seconds),
        TaintEvictionController(client, recorder),
        PodGarbageController(client, quarantine_seconds=options.quarantine_seconds),
        NamespaceController(client),
        NamespaceDefaultsController(client, options.ca_pem),
        GarbageCollector(client, CACHED),
        JoinTokenController(client),
        *((CertificateController(client, options.authority, options.hosts_group),) if options.authority else ()),
        AutoscalerController(client, recorder),
        ScheduleController(client, recorder),
        *([UsageRecorder(client, options.ledger), BudgetController(client, recorder)] if options.ledger else []),
        StackController(client, recorder),
        BuildConfigController(client),
        ImageTriggerController(client, recorder),
        RouteController(client),
        ReceiverController(options.hooks or client, Recorder(options.hooks or client, "bouvier-hooks")),
        VolumeBinder(client, recorder),
        StorageProtection(client),
        EphemeralVolumes(client, recorder),
        SnapshotController(client, recorder),
    ]


def main(settings: Settings) -> int:
    """Run the controllers and the scheduler until told to stop."""
    set_up_logs()
    gc.set_threshold(*GC_THRESHOLDS)
    uvloop.run(until_stopped(_run(settings)))
    return 0


def _connect(settings: Settings, component: str, cluster: str = "local") -> Client:
    token = (settings.pki_dir / "tokens" / f"{component}.token").read_text().strip()
    endpoint = Endpoint(unix_socket=str(settings.apiserver_socket), token=token, cluster=cluster)
    return Client.connect(endpoint, user_agent=f"bouvier-{component}")


async def _run_native(cluster: Obj, client: Client, options: ControllerOptions, settings: Settings) -> None:
    """Run everything that a native cluster other than `local` needs besides its hosts."""
    platform = platform_of(cluster, settings.platform)
    # The ledger knows one cluster so far, and who carries out the hooks of `local` must not work on another's objects.
    own = replace(options, hosts_group=hosts_group(cluster), pod_ranges=(platform.pod_cidr,), ledger=None, hooks=None)
    informers = InformerSet(client)
    manager = Manager(informers, build(client, Recorder(client, "bouvier-controllers"), own))
    scheduler = Scheduler(client, informers, Recorder(client, "default-scheduler"))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(informers.run(), name="informers")
        tasks.create_task(manager.run(), name="manager")
        tasks.create_task(scheduler.run(), name="scheduler")
        tasks.create_task(publish_facts(client, platform), name="facts")


async def _run(settings: Settings) -> None:
    """Work at once where the objects lie in a file; where several servers share them, while this one is elected."""
    async with contextlib.AsyncExitStack() as stack:
        clients = {}
        for name in ("controllers", "scheduler", "catalog", "hooks"):
            clients[name] = _connect(settings, name)
            stack.push_async_callback(clients[name].close)
        if not settings.platform.store:
            await _work(settings, clients)
            return
        elector = Elector(clients["controllers"], LEADER_LEASE, identity_of(settings))
        standing_by = asyncio.create_task(_announce_other(elector, clients["controllers"]), name="standing by")
        try:
            await elector.run(lambda: _work(settings, clients))
        finally:
            standing_by.cancel()


def identity_of(settings: Settings) -> str:
    """Return this server's name in the election: the same over restarts, another one on every other server."""
    return f"{settings.node_name}_{settings.host_address}:{settings.platform.port}"


async def _announce_other(elector: Elector, client: Client) -> None:
    """Report ready once another server leads: standing by is all there is to do then."""
    while not elector.is_leader:
        with contextlib.suppress(ApiError, ConnectionError):
            lease = await client.get(LEASES, LEADER_LEASE, LEADER_NAMESPACE)
            if elector.is_led_by_other(lease):
                announce_ready()
                return
        await asyncio.sleep(STANDBY_LOOK_SECONDS)


async def _work(settings: Settings, clients: Mapping[str, Client]) -> None:
    """Run everything that one server does for the whole platform."""
    client, scheduling = clients["controllers"], clients["scheduler"]
    # Both read the same caches, so that every object is held once in this process.
    informers = InformerSet(client)
    options = ControllerOptions(
        ca_pem=(settings.pki_dir / "ca.crt").read_text(),
        authority=Authority.open(settings.pki_dir, "ca", "bouvier-ca"),
        pod_ranges=(settings.platform.pod_cidr,),
        grace_seconds=LOST_HOST_SECONDS,
        ledger=settings.ledger_file,
        hooks=clients["hooks"],
    )
    controllers = build(client, Recorder(client, "bouvier-controllers"), options)
    catalog = catalog_controllers(clients["catalog"], settings.catalogs_dir, StackRenderer())
    manager = Manager(informers, [*controllers, *catalog])
    scheduler = Scheduler(scheduling, informers, Recorder(scheduling, "default-scheduler"))
    clusters = ClusterRunner(
        lambda cluster: _connect(settings, "clusters", cluster),
        RunnerOptions(options.ca_pem, lambda cluster, client: _run_native(cluster, client, options, settings)),
    )
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(clusters.run(), name="clusters")
        tasks.create_task(informers.run(), name="informers")
        tasks.create_task(manager.run(), name="manager")
        tasks.create_task(scheduler.run(), name="scheduler")
        tasks.create_task(publish_facts(client, settings.platform), name="platform facts")
        await informers.wait_synced()
        announce_ready()
