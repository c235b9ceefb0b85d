"""Kinds enough for kubectl to work with, independent of which kinds the product serves."""

from bouvier.kinds.kind import Column, Kind, Subresource
from bouvier.meta.gvk import Resource

_ROWS = """
v1 namespaces Namespace - core.v1
v1 nodes Node - core.v1
v1 pods Pod namespaced core.v1
v1 services Service namespaced core.v1
v1 configmaps ConfigMap namespaced core.v1
v1 secrets Secret namespaced core.v1
v1 serviceaccounts ServiceAccount namespaced core.v1
v1 events Event namespaced core.v1
v1 resourcequotas ResourceQuota namespaced core.v1
apps/v1 deployments Deployment namespaced apps.v1
batch/v1 jobs Job namespaced batch.v1
batch/v1 cronjobs CronJob namespaced batch.v1
networking.k8s.io/v1 ingresses Ingress namespaced networking.v1
policy/v1 poddisruptionbudgets PodDisruptionBudget namespaced policy.v1
scheduling.k8s.io/v1 priorityclasses PriorityClass - scheduling.v1
rbac.authorization.k8s.io/v1 roles Role namespaced rbac.v1
rbac.authorization.k8s.io/v1 rolebindings RoleBinding namespaced rbac.v1
rbac.authorization.k8s.io/v1 clusterroles ClusterRole - rbac.v1
rbac.authorization.k8s.io/v1 clusterrolebindings ClusterRoleBinding - rbac.v1
authorization.k8s.io/v1 selfsubjectaccessreviews SelfSubjectAccessReview - authorization.v1
authorization.k8s.io/v1 selfsubjectrulesreviews SelfSubjectRulesReview - authorization.v1
authentication.k8s.io/v1 selfsubjectreviews SelfSubjectReview - authentication.v1
"""
_SHORT = {"pods": ("po",), "deployments": ("deploy",), "configmaps": ("cm",), "services": ("svc",)}
_NAME = Column("Name", lambda obj: obj["metadata"]["name"], format="name")


def sample_kinds():
    return [_kind(*row.split()) for row in _ROWS.strip().splitlines()] + [widget()]


def widget():
    """A kind made at run time, with a structural schema."""
    schema = {
        "type": "object",
        "description": "A widget of the workshop.",
        "properties": {
            "spec": {
                "type": "object",
                "required": ["size"],
                "properties": {
                    "size": {"type": "integer", "description": "Size in inches.", "minimum": 1},
                    "port": {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]},
                },
            }
        },
    }
    resource = Resource("example.com", "v1", "widgets", "Widget")
    return Kind(resource, "widget", "", short_names=("wd",), categories=("all",), columns=(_NAME,), schema=schema)


def _kind(api_version, plural, name, scope, package):
    group, _, version = api_version.rpartition("/")
    resource = Resource(group, version, plural, name, namespaced=scope == "namespaced")
    is_review = name.endswith("Review")
    verbs = {"verbs": ("create",)} if is_review else {}
    return Kind(
        resource,
        name.lower(),
        f"io.k8s.api.{package}.{name}",
        short_names=_SHORT.get(plural, ()),
        columns=(_NAME,),
        subresources=_subresources(resource),
        **verbs,
    )


def _subresources(resource):
    own = (resource.kind, resource.group, resource.version, ("get", "patch", "update"))
    if resource.plural == "deployments":
        return {
            "status": Subresource("status", *own),
            "scale": Subresource("scale", "Scale", "autoscaling", "v1", ("get", "patch", "update")),
        }
    if resource.plural == "serviceaccounts":
        return {"token": Subresource("token", "TokenRequest", "authentication.k8s.io", "v1", ("create",))}
    if resource.plural == "pods":
        eviction = Subresource("eviction", "Eviction", "policy", "v1", ("create",))
        return {"status": Subresource("status", *own), "eviction": eviction}
    return {}
