"""What the verbs work with: one bundle of services, made by the wiring, and one call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bouvier.apiserver.aggregation.directory import RemoteApis
from bouvier.apiserver.audit.auditor import Auditor
from bouvier.apiserver.audit.log_file import AuditLog
from bouvier.apiserver.authn.authenticator import Authenticator
from bouvier.apiserver.authn.serviceaccounts import ServiceAccountTokens
from bouvier.apiserver.authn.sessions import Sessions
from bouvier.apiserver.authz.authorizer import Authorizer
from bouvier.apiserver.cache.hub import CacheHub, StoreKey
from bouvier.apiserver.cache.resource import ResourceCache
from bouvier.apiserver.clusters.directory import ClusterDirectory
from bouvier.apiserver.measuring import Measuring
from bouvier.apiserver.registry import KindRegistry
from bouvier.apiserver.request import Request, Target
from bouvier.apiserver.sealing.sealer import Sealer
from bouvier.apiserver.tunnels import Tunnels
from bouvier.kinds.kind import Kind
from bouvier.meta.errors import ApiError, not_found
from bouvier.store.interface import Store

if TYPE_CHECKING:
    from bouvier.apiserver.admission.chain import Admission
    from bouvier.apiserver.numbers.numbers import ServiceNumbers


@dataclass
class Context:
    """The services of one API server process."""

    store: Store
    hub: CacheHub
    sealer: Sealer
    kinds: KindRegistry
    authorizer: Authorizer
    accounts: ServiceAccountTokens
    sessions: Sessions
    tunnels: Tunnels
    admission: Admission
    clusters: ClusterDirectory
    measuring: Measuring
    remote_apis: RemoteApis
    numbers: ServiceNumbers
    auditor: Auditor = field(default_factory=Auditor)
    audit_log: AuditLog | None = None
    """The file that audit queries read; None when there is none."""
    authenticator: Authenticator = field(init=False)
    """Given after construction: it needs services of the context."""
    followers: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How many watches are open now, by cluster and user."""
    closing: list[Callable[[], None]] = field(default_factory=list)
    """Called when the server stops, so that open watches end."""


@dataclass(slots=True)
class Call:
    """A request for a resource that passed authorization."""

    context: Context
    request: Request
    kind: Kind
    """The kind as it is stored."""
    target: Target
    requested: Kind | None = None
    """The version that the URL names, when it is not the stored one."""

    @property
    def view(self) -> Kind:
        """The version that the URL names."""
        return self.requested or self.kind

    @property
    def cluster(self) -> str:
        """Logical cluster of the request."""
        return self.request.cluster

    @property
    def cache(self) -> ResourceCache:
        """Cache of the resource."""
        resource = self.kind.resource
        return self.context.hub.resource(self.request.cluster, resource.group, resource.plural)

    @property
    def group_resource(self) -> str:
        """Resource as messages name it."""
        return self.kind.resource.group_resource

    @property
    def manager(self) -> str:
        """Who the writes are recorded for: `fieldManager`, else the client's name for itself."""
        given = self.request.query.get("fieldManager")
        return given or self.request.headers.get("User-Agent", "unknown").partition("/")[0][:128]

    @property
    def is_dry_run(self) -> bool:
        """Tell whether nothing may be stored; other values than `All` were refused with the options."""
        return bool(self.request.query_text) and self.request.query.get("dryRun") == "All"

    def key(self, name: str) -> StoreKey:
        """Return the store key of an object of this resource in the request's namespace."""
        resource = self.kind.resource
        namespace = self.target.namespace if resource.namespaced else ""
        return StoreKey(self.cluster, resource.group, resource.plural, namespace, name)

    def missing(self) -> ApiError:
        """Return the error for the named object that is not there."""
        return not_found(self.group_resource, self.target.name)
