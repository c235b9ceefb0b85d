"""Putting the API server together from its parts: the one place that knows them all."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from pathlib import Path

import structlog

from bouvier.apiserver import bootstrap
from bouvier.apiserver.admission.access import no_escalation
from bouvier.apiserver.admission.apikeys import key_owner
from bouvier.apiserver.admission.certificates import attestation, requester, signer_rights
from bouvier.apiserver.admission.chain import Admission
from bouvier.apiserver.admission.devices import admin_access
from bouvier.apiserver.admission.drivers import native_only
from bouvier.apiserver.admission.hooks import receiver_author
from bouvier.apiserver.admission.ingresses import default_ingress_class
from bouvier.apiserver.admission.limits import limit_ranges
from bouvier.apiserver.admission.namespaces import namespace_lifecycle
from bouvier.apiserver.admission.nodes import node_restriction
from bouvier.apiserver.admission.param_access import param_access
from bouvier.apiserver.admission.pods import default_tolerations, taint_new_node
from bouvier.apiserver.admission.podsecurity import PodSecurity
from bouvier.apiserver.admission.priorities import priority
from bouvier.apiserver.admission.quotas import Quotas
from bouvier.apiserver.admission.runtimeclasses import runtime_class, runtime_class_kept
from bouvier.apiserver.admission.serviceaccounts import service_account
from bouvier.apiserver.admission.services import ServiceAddresses
from bouvier.apiserver.admission.sources import local_sources
from bouvier.apiserver.admission.storage import default_class, expansion, in_use_protection
from bouvier.apiserver.admission.trustbundles import attest
from bouvier.apiserver.aggregation import identity
from bouvier.apiserver.aggregation.controller import AggregationController
from bouvier.apiserver.aggregation.directory import RemoteApis
from bouvier.apiserver.aggregation.identity import Identities
from bouvier.apiserver.aggregation.proxy import ApiProxy
from bouvier.apiserver.audit.setup import AuditSettings, open_audit
from bouvier.apiserver.authn.apikeys import ApiKeys
from bouvier.apiserver.authn.authenticator import Authenticator, Proofs
from bouvier.apiserver.authn.bootstrap_tokens import BootstrapTokens
from bouvier.apiserver.authn.oidc.tokens import OidcTokens
from bouvier.apiserver.authn.proxies import Proxies, ProxySettings
from bouvier.apiserver.authn.serviceaccounts import ServiceAccountTokens
from bouvier.apiserver.authn.sessions import Sessions
from bouvier.apiserver.authn.settings import Authentication
from bouvier.apiserver.authn.signing import Signer
from bouvier.apiserver.authn.tokens import ComponentTokens
from bouvier.apiserver.authn.webhook import token_webhook
from bouvier.apiserver.authz.authorizer import Authorizer
from bouvier.apiserver.cache.hub import CacheHub
from bouvier.apiserver.clusters.directory import LOCAL, ClusterDirectory
from bouvier.apiserver.clusters.lifecycle import ClusterLifecycle, cluster_lifecycle
from bouvier.apiserver.clusters.ranges import ClusterRanges
from bouvier.apiserver.context import Context
from bouvier.apiserver.crds.controller import DefinitionController
from bouvier.apiserver.crds.terminating import definition_lifecycle
from bouvier.apiserver.extension.calling import Caller
from bouvier.apiserver.extension.mutating import MutatingPolicies
from bouvier.apiserver.extension.mutation import Mutation
from bouvier.apiserver.extension.typechecking import PolicyStatus
from bouvier.apiserver.extension.validating import ValidatingPolicies
from bouvier.apiserver.extension.webhooks import Webhooks
from bouvier.apiserver.extras import key_uses, live, sessions, tunnel
from bouvier.apiserver.extras.legacy_secrets import LegacySecrets
from bouvier.apiserver.flow import bootstrap as flow_bootstrap
from bouvier.apiserver.flow.control import TOTAL_SEATS, FlowControl
from bouvier.apiserver.flow.gate import Gate
from bouvier.apiserver.flow.objects import FlowObjects
from bouvier.apiserver.flow.pages import flow_pages
from bouvier.apiserver.health import Health
from bouvier.apiserver.information import Information
from bouvier.apiserver.measuring import Measuring
from bouvier.apiserver.numbers.default_range import ensure_service_cidr
from bouvier.apiserver.numbers.numbers import ServiceNumbers
from bouvier.apiserver.numbers.ranges import ServiceRanges
from bouvier.apiserver.registry import KindKey, KindRegistry
from bouvier.apiserver.request import Answer, Request
from bouvier.apiserver.sealing import paths as sealing_paths
from bouvier.apiserver.sealing.configuration import read_configuration
from bouvier.apiserver.sealing.keyring import open_ring
from bouvier.apiserver.sealing.rotation import Rotation
from bouvier.apiserver.sealing.sealer import Sealer
from bouvier.apiserver.server import Server
from bouvier.apiserver.servers.presence import Presence
from bouvier.apiserver.transport import Transport
from bouvier.apiserver.tunnels import Tunnels
from bouvier.kinds.clusters_v1.clusters import hosts_group
from bouvier.kinds.kind import Kind
from bouvier.kinds.registry import builtin
from bouvier.meta.objects import Obj, is_deleting, uid_of
from bouvier.store.interface import Store

log = structlog.get_logger(__name__)
COMPACT_SECONDS = 300
"""As the original: every five minutes the history before the last five is dropped."""


def _tell_end(task: asyncio.Task[None]) -> None:
    """Log why background work ended that should go on for ever."""
    if not task.cancelled() and (error := task.exception()):
        log.error("background work ended", work=task.get_name(), exc_info=error)


def served_kinds() -> dict[KindKey, Kind]:
    """Return the built-in kinds."""
    return builtin()


@dataclass(frozen=True)
class ApiSettings:
    """What the API server must be told."""

    folder: Path
    """Where keys and tokens are kept."""
    service_cidr: str
    node_ports: tuple[int, int]
    kubernetes_address: str
    """Cluster address of the service `kubernetes`."""
    endpoint: tuple[str, int]
    """Where pods reach this server."""
    server_address: str
    """Host and port that discovery names to clients."""
    components: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    """User and groups of each platform process, by token file name."""
    clusters: tuple[str, ...] = ("local",)
    audit: AuditSettings = field(default_factory=AuditSettings)
    encryption_file: Path | None = None
    """An EncryptionConfiguration: what is sealed in the store, and how."""
    taken_ranges: Callable[[], Sequence[IPv4Network]] = tuple
    """Address ranges that new native clusters keep away from, the platform's own among them."""
    seats: int = TOTAL_SEATS
    """How much work may be in the server before requests wait for their turn."""
    authority_pem: str = ""
    """Certificate of the authority that vouches for the server and its clients."""
    authentication: Authentication = field(default_factory=Authentication)
    """Who is recognised beside the platform's own."""
    most_connections: int = 0
    """Connections open at once; 0 for the usual limit."""


def _sealer(settings: ApiSettings) -> Sealer:
    configuration = read_configuration(settings.encryption_file) if settings.encryption_file else None
    secret = {(group, plural) for (group, _, plural), kind in builtin().items() if kind.sealed}
    return Sealer(open_ring(settings.folder), secret, configuration)


class ApiServer:
    """A running API server."""

    def __init__(self, settings: ApiSettings, store: Store) -> None:
        self._settings = settings
        self._store = store
        self._tasks: list[asyncio.Task[None]] = []
        folder = settings.folder
        sealer = _sealer(settings)
        signer = Signer.from_file(folder / "sa.key")
        self.hub = CacheHub(store, sealer)
        self.tokens = ComponentTokens(folder / "tokens")
        for component, (user, groups) in settings.components.items():
            self.tokens.ensure(component, user, groups)
        kinds = KindRegistry(served_kinds())
        self.rotation = Rotation(store, sealer, self.hub.count)
        clusters = ClusterDirectory(self.hub)
        self._ranges = ClusterRanges(clusters, settings.service_cidr, self._taken_ranges)
        self._services = ServiceRanges(self.hub, self._ranges.services)
        numbers = ServiceNumbers(self.hub, self._services, settings.node_ports)
        plugins = (
            namespace_lifecycle,
            definition_lifecycle,
            limit_ranges,
            node_restriction,
            service_account,
            default_tolerations,
            priority,
            runtime_class,
            taint_new_node,
            default_class,
            default_ingress_class,
            in_use_protection,
            expansion,
            no_escalation,
            param_access,
            ServiceAddresses(self.hub, numbers).admit,
            requester,
            signer_rights,
            attestation,
            local_sources,
            cluster_lifecycle,
            self._ranges.admit,
            native_only,
            receiver_author,
            key_owner,
            admin_access,
            attest,
        )
        mutating, webhooks = MutatingPolicies(self.hub), Webhooks(self.hub)
        admission = Admission(
            plugins,
            mutator=Mutation(mutating, webhooks).mutate,
            completing=(limit_ranges, service_account, default_tolerations, priority),
            validators=(
                runtime_class_kept,
                PodSecurity(settings.authentication.pod_security()).admit,
                ValidatingPolicies(self.hub).admit,
                webhooks.admit,
                Quotas().admit,
            ),
        )
        tunnels = Tunnels()
        self._audit = open_audit(settings.audit)
        self.context = Context(
            store=store,
            hub=self.hub,
            sealer=sealer,
            kinds=kinds,
            authorizer=Authorizer(self.hub),
            accounts=ServiceAccountTokens(signer, self.hub),
            sessions=Sessions(signer),
            tunnels=tunnels,
            admission=admission,
            clusters=clusters,
            measuring=Measuring(tunnels),
            remote_apis=RemoteApis(self.hub),
            auditor=self._audit.auditor,
            audit_log=self._audit.log,
            numbers=numbers,
        )
        self._identities = Identities(folder / "front-proxy", clusters.uid_of)
        self._caller = webhooks.caller = Caller(self.context)
        proxy = ApiProxy(self._caller, self._identities)
        self._aggregation = AggregationController(self.context, self.context.remote_apis, proxy, self._caller)
        self._policies = PolicyStatus(self.context)
        self._presence = Presence(self.context, *settings.endpoint)
        self._definitions = DefinitionController(self.context, self._caller)
        self._clusters = ClusterLifecycle(self.context, self._fill)
        self.information = Information(kinds, signer, settings.server_address, Health(self._ask_store))
        joining = BootstrapTokens(self.hub)
        self.keys = ApiKeys(self.hub)
        self._own_proxies = ProxySettings(self._identities.home.authority_pem, (identity.COMMON_NAME,))
        self._proofs = Proofs(
            self.tokens,
            self.context.accounts,
            self.context.sessions,
            joining,
            self.keys,
            Proxies(settings.authentication.proxies(self._own_proxies)),
            OidcTokens(),
            token_webhook(settings.authentication),
        )
        authenticator = Authenticator(self._proofs)
        self._authenticator = authenticator
        self._read_authentication()
        self._read_authorization()
        self.context.authenticator = authenticator
        self._legacy = LegacySecrets(self.context, settings.authority_pem)
        self._extras: dict[str, Callable[[Request], Awaitable[Answer]]] = self._paths()
        self.flow = FlowControl(settings.seats)
        self._flow_objects = FlowObjects(self.context, self.flow)
        self.information.pages.update(flow_pages(self.flow, self._audit.metrics))
        gate = Gate(self.context, self.flow)
        self._server = Server(self.context, authenticator, self.information, self._extras, proxy, gate=gate)
        self.transport = Transport(self._server, self._proofs.proxies, settings.most_connections)
        clusters.on_change(self._end_requests)

    def _end_requests(self, name: str, cluster: Obj | None) -> None:
        if cluster is None or is_deleting(cluster):
            self.transport.leave(name)
        if cluster is not None and is_deleting(cluster):
            self._identities.forget(uid_of(cluster))

    def _taken_ranges(self) -> list[IPv4Network]:
        return [*self._settings.taken_ranges(), *self._services.everywhere()]

    def _paths(self) -> dict[str, Callable[[Request], Awaitable[Answer]]]:
        signing_in = sessions.SessionPaths(self.context)
        return {
            sessions.SESSION_PATH: signing_in.session,
            sessions.CODES_PATH: signing_in.codes,
            sealing_paths.PATH: sealing_paths.SealingPath(self.context, self.rotation).answer,
            live.PATH: live.LivePath(self.context).live,
            tunnel.PREFIX: tunnel.TunnelPath(self.context).tunnel,
        }

    def add_path(self, prefix: str, handler: Callable[[Request], Awaitable[Answer]]) -> None:
        """Serve a path of another room (the console's files)."""
        self._extras[prefix] = handler

    async def start(self) -> None:
        """Load the cache, create what every cluster starts with, and report ready."""
        await self.hub.load()
        self._run(self.hub.follow(), "watch-cache")
        for cluster in self._settings.clusters:
            await self._fill(cluster)
        await flow_bootstrap.ensure(self.context)
        self._run(self._flow_objects.run(), "flow control")
        await self._clusters.ensure_local()
        self._run(self._clusters.run(), "clusters")
        self._run(self._definitions.run(), "definitions")
        self._run(self._aggregation.run(), "aggregation")
        self._run(self._policies.run(), "policies")
        self._run(self._compact(), "compaction")
        self._run(key_uses.follow(self.context, self.keys), "uses of keys")
        self._run(self.context.measuring.run(), "measuring")
        self.rotation.resume()
        self._run(self._legacy.run(), "tokens in Secrets")
        self._run(self._proofs.oidc.run(), "keys of issuers")
        given = self._settings.authentication
        self._run(given.follow("authentication-config", self._read_authentication), "authentication configuration")
        self._run(given.follow("authorization-config", self._read_authorization), "authorization configuration")
        self._run(self._presence.run(), "presence")
        self.information.health.is_ready = True

    async def _fill(self, cluster: str) -> None:
        settings = self._settings
        known = self.context.clusters.get(cluster)
        is_native = cluster != LOCAL and known is not None and known["spec"]["driver"] == "native"
        group = hosts_group(known) if is_native and known is not None else ""
        services = self._ranges.services(cluster)
        address = str(services[1]) if is_native else settings.kubernetes_address
        await ensure_service_cidr(self.context, cluster, services)
        await bootstrap.fill(self.context, cluster, address, settings.endpoint, group, more=self._trusted(cluster))

    @property
    def proxies_authority_pem(self) -> str:
        """Certificate of the authority of trusted proxies: the TLS layer must know it."""
        return self._proofs.proxies.settings.authority_pem

    def _read_authentication(self) -> None:
        self._authenticator.configure(self._settings.authentication.configuration())

    def _read_authorization(self) -> None:
        self.context.authorizer.configure(self._settings.authentication.steps())

    def _trusted(self, cluster: str) -> list[Obj]:
        proxies = (
            self._proofs.proxies.settings if cluster == LOCAL else ProxySettings(allowed_names=(identity.COMMON_NAME,))
        )
        return identity.objects(self._identities.of(cluster), proxies, self._settings.authority_pem)

    async def _ask_store(self) -> None:
        await self._store.get("health")

    def _run(self, work: object, name: str) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work, name=name)  # type: ignore[arg-type]
        task.add_done_callback(_tell_end)
        self._tasks.append(task)

    async def _compact(self) -> None:
        previous = 0
        while True:
            await asyncio.sleep(COMPACT_SECONDS)
            if previous:
                await self._store.compact(previous)
                self.hub.compacted = previous
            previous = self._store.revision

    async def listen(self, host: str, port: int, context: ssl.SSLContext, socket: Path | None) -> int:
        """Open the ports and return the TCP one."""
        if socket is not None:
            await self.transport.listen_unix(socket)
        return await self.transport.listen_tls(host, port, context)

    async def stop(self) -> None:
        """Say goodbye to the other servers, end watches, finish requests and writes, close the store."""
        await self._presence.leave()
        self.information.health.is_ready = False
        for close in list(self.context.closing):
            close()
        await self.transport.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.rotation.stop()
        await self._caller.close()
        await self._audit.close()
        await self._store.close()
