"""The node authorizer: a host may read what its own pods need, and write what is about itself.

Beside what the original allows, a host may read the Secrets of type `kubernetes.io/tls` that Ingresses name (every host
serves them), and list the pods of namespaces in which it runs a pod (metadata service) or keeps a volume (reverts). While there is a
NetworkPolicy it may list all pods of the cluster: it enforces the policy by their labels and addresses.
Everything else that hosts do here is granted by the role `bouvier:host`.

Source: https://kubernetes.io/docs/reference/access-authn-authz/node/
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bouvier.apiserver.authz.node_graph import NodeGraph
from bouvier.apiserver.authz.pod_references import Reference, volume_secrets
from bouvier.apiserver.authz.rules import Attributes, Rule, allows
from bouvier.apiserver.cache.hub import CacheHub
from bouvier.apiserver.request import User
from bouvier.kinds.clusters_v1.clusters import HOSTS_GROUP, LOCAL
from bouvier.kinds.volumes.names import MADE_ON
from bouvier.meta.objects import Obj, annotations_of
from bouvier.meta.selectors import parse_field_selector

PREFIX = "system:node:"
TLS = "kubernetes.io/tls"
LEASES_IN = "kube-node-lease"
READ = ("get", "list", "watch")
_OWN = ("get", "create", "update", "patch", "delete")


def host_of(cluster: str, user: User) -> str:
    """Return the host as which somebody calls in a cluster, empty for everybody else."""
    if not user.name.startswith(PREFIX):
        return ""
    own = f"{HOSTS_GROUP}:{cluster}:"
    is_host = any((group == HOSTS_GROUP and cluster == LOCAL) or group.startswith(own) for group in user.groups)
    return user.name[len(PREFIX) :] if is_host else ""


class NodeAuthorizer:
    """Decides requests of hosts by what is bound to them."""

    def __init__(self, hub: CacheHub, rules: Sequence[Rule]) -> None:
        self._hub = hub
        self._rules = rules
        self._graph = NodeGraph(hub)
        self._judges: dict[tuple[str, str], Callable[[str, str, Attributes], str]] = {
            ("", "secrets"): self._configuration,
            ("", "configmaps"): self._configuration,
            ("", "persistentvolumeclaims"): self._named,
            ("", "persistentvolumeclaims/status"): self._claim_status,
            ("", "persistentvolumes"): self._volume,
            ("", "serviceaccounts"): self._named,
            ("", "serviceaccounts/token"): self._token,
            ("", "pods"): self._pods,
            ("", "nodes"): self._nodes,
            ("resource.k8s.io", "resourceclaims"): self._named,
            ("resource.k8s.io", "resourceslices"): self._slices,
            ("storage.k8s.io", "volumeattachments"): self._attachment,
            ("storage.k8s.io", "csinodes"): self._csi_node,
            ("coordination.k8s.io", "leases"): self._lease,
        }

    def refusal(self, cluster: str, user: User, wanted: Attributes) -> str | None:
        """Return why a host may not do this, empty when it may; None for who is no host, or what is not its matter."""
        host = host_of(cluster, user)
        if not host:
            return None
        judge = self._judges.get((wanted.group, wanted.resource))
        if judge is not None:
            return judge(cluster, host, wanted)
        return "" if any(allows(rule, wanted) for rule in self._rules) else None

    def _related(self, cluster: str, host: str, wanted: Attributes, plural: str = "") -> str:
        reference = Reference(plural or wanted.resource, wanted.namespace, wanted.name)
        if not wanted.name:
            return "No Object name found"
        if self._graph.needs(cluster, host, reference):
            return ""
        return _stranger(host)

    def _named(self, cluster: str, host: str, wanted: Attributes) -> str:
        """Judge reading one object that pods name."""
        if wanted.verb != "get":
            return "can only read resources of this type" if wanted.verb not in READ else "can only get individual ones"
        return self._related(cluster, host, wanted)

    def _configuration(self, cluster: str, host: str, wanted: Attributes) -> str:
        if wanted.verb not in READ:
            return "can only read resources of this type"
        refusal = self._related(cluster, host, wanted)
        if not refusal or not wanted.name or wanted.resource != "secrets":
            return refusal
        secret = Reference("secrets", wanted.namespace, wanted.name)
        if self._mounts_with(cluster, host, secret) or self._serves_with(cluster, secret, wanted):
            return ""
        return refusal

    def _mounts_with(self, cluster: str, host: str, secret: Reference) -> bool:
        """Tell whether a volume of one of the host's claims needs the Secret."""
        claims = self._hub.resource(cluster, "", "persistentvolumeclaims").entries
        for claim in self._graph.claims(cluster, host):
            entry = claims.get(f"{claim.namespace}/{claim.name}")
            volume = self._obj(cluster, "", "persistentvolumes", _volume_of(entry.decode())) if entry else None
            if volume is not None and secret in volume_secrets(volume):
                return True
        return False

    def _serves_with(self, cluster: str, secret: Reference, wanted: Attributes) -> bool:
        """Tell whether an Ingress shows the Secret's certificate; lists and watches must ask for that type."""
        ingresses = self._hub.resource(cluster, "networking.k8s.io", "ingresses").in_namespace(secret.namespace)
        named = (tls.get("secretName") for e in ingresses for tls in (e.decode().get("spec") or {}).get("tls") or ())
        if secret.name not in named:
            return False
        if wanted.verb != "get":
            return _pinned(wanted.field_selector, "type") == TLS
        entry = self._hub.resource(cluster, "", "secrets").entries.get(f"{secret.namespace}/{secret.name}")
        return entry is not None and entry.decode().get("type") == TLS

    def _claim_status(self, cluster: str, host: str, wanted: Attributes) -> str:
        if wanted.verb not in ("get", "update", "patch"):
            return "can only get/update/patch this type"
        return self._related(cluster, host, wanted, "persistentvolumeclaims")

    def _volume(self, cluster: str, host: str, wanted: Attributes) -> str:
        if wanted.verb != "get":
            return "can only read resources of this type" if wanted.verb not in READ else "can only get individual ones"
        volume = self._obj(cluster, "", "persistentvolumes", wanted.name)
        claim = ((volume or {}).get("spec") or {}).get("claimRef") or {}
        reference = Reference("persistentvolumeclaims", claim.get("namespace", ""), claim.get("name", ""))
        return "" if self._graph.needs(cluster, host, reference) else _stranger(host)

    def _token(self, cluster: str, host: str, wanted: Attributes) -> str:
        if wanted.verb != "create":
            return "can only create tokens for individual service accounts"
        return self._related(cluster, host, wanted, "serviceaccounts")

    def _pods(self, cluster: str, host: str, wanted: Attributes) -> str:
        if wanted.verb not in READ:
            return "" if any(allows(rule, wanted) for rule in self._rules) else "can only read, create and delete pods"
        own = self._graph.pods(cluster, host)
        if wanted.verb == "get":
            return "" if f"{wanted.namespace}/{wanted.name}" in own else _stranger(host)
        if _pinned(wanted.field_selector, "spec.nodeName") == host or f"{wanted.namespace}/{wanted.name}" in own:
            return ""
        if wanted.namespace and self._is_at_home(cluster, host, wanted.namespace):
            return ""
        if self._hub.resource(cluster, "networking.k8s.io", "networkpolicies").entries:
            return ""
        return "can only list/watch pods with spec.nodeName field selector"

    def _is_at_home(self, cluster: str, host: str, namespace: str) -> bool:
        """Tell whether the host runs a pod of a namespace, or keeps one of its volumes."""
        if any(pod.startswith(f"{namespace}/") for pod in self._graph.pods(cluster, host)):
            return True
        volumes = (e.decode() for e in self._hub.resource(cluster, "", "persistentvolumes").entries.values())
        return any(
            annotations_of(volume).get(MADE_ON) == host
            and (volume["spec"].get("claimRef") or {}).get("namespace") == namespace
            for volume in volumes
        )

    def _nodes(self, _cluster: str, host: str, wanted: Attributes) -> str:
        if wanted.verb in READ:
            return "" if wanted.name == host else f"node '{host}' cannot read '{wanted.name}', only its own Node object"
        return "" if any(allows(rule, wanted) for rule in self._rules) else "can only create, update and patch nodes"

    def _slices(self, cluster: str, host: str, wanted: Attributes) -> str:
        if wanted.verb == "create":
            return ""  # who may make which one is decided when the object is known
        if wanted.name:
            made = self._obj(cluster, "resource.k8s.io", "resourceslices", wanted.name)
            return "" if made and (made.get("spec") or {}).get("nodeName") == host else _stranger(host)
        if _pinned(wanted.field_selector, "spec.nodeName") == host:
            return ""
        return f"can only {wanted.verb} resourceslices with spec.nodeName field selector"

    def _attachment(self, cluster: str, host: str, wanted: Attributes) -> str:
        if wanted.verb != "get":
            return "can only get individual resources of this type"
        found = self._obj(cluster, "storage.k8s.io", "volumeattachments", wanted.name)
        return "" if found and (found.get("spec") or {}).get("nodeName") == host else _stranger(host)

    def _csi_node(self, _cluster: str, host: str, wanted: Attributes) -> str:
        if wanted.verb not in _OWN:
            return "can only get, create, update, patch, or delete a CSINode"
        if wanted.verb != "create" and wanted.name != host:
            return "can only access CSINode with the same name as the requesting node"
        return ""

    def _lease(self, _cluster: str, host: str, wanted: Attributes) -> str:
        if wanted.verb not in _OWN:
            return "can only get, create, update, patch, or delete a node lease"
        if wanted.namespace != LEASES_IN:
            return f'can only access leases in the "{LEASES_IN}" system namespace'
        if wanted.verb != "create" and wanted.name != host:
            return "can only access node lease with the same name as the requesting node"
        return ""

    def _obj(self, cluster: str, group: str, plural: str, name: str) -> Obj | None:
        entry = self._hub.resource(cluster, group, plural).entries.get(f"/{name}")
        return entry.decode() if entry is not None else None


def _volume_of(claim: Obj) -> str:
    return str((claim.get("spec") or {}).get("volumeName") or "")


def _stranger(host: str) -> str:
    return f"no relationship found between node '{host}' and this object"


def _pinned(selector: str, field: str) -> str:
    """Return the one value of a field that a selector asks for."""
    try:
        requirements = parse_field_selector(selector).requirements if selector else ()
    except ValueError:
        return ""
    return next((r.value for r in requirements if r.field == field and not r.negated), "")
