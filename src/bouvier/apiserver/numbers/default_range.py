"""The ServiceCIDR `kubernetes`: the range that a cluster is born with, made when it is missing."""

from __future__ import annotations

from ipaddress import IPv4Network

from bouvier.apiserver.context import Call, Context
from bouvier.apiserver.internal import SELF, internal_request
from bouvier.apiserver.request import Target
from bouvier.apiserver.verbs.creating import create_object
from bouvier.apiserver.verbs.updating import change_object
from bouvier.kinds.networking_v1.servicecidrs import DEFAULT_NAME, READY
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj
from bouvier.meta.resources import SERVICECIDRS
from bouvier.util.clock import now_text

MESSAGE = "Kubernetes default Service CIDR is ready"


async def ensure_service_cidr(context: Context, cluster: str, network: IPv4Network) -> None:
    """Create it if it is missing, and say that it is ready if nobody has said anything; a range in place stays."""
    try:
        await create_object(_call(context, cluster), _object(network))
    except ApiError as error:
        if error.reason != "AlreadyExists":
            raise
    await change_object(_call(context, cluster, DEFAULT_NAME, "status"), lambda obj: _with_condition(obj, network))


def _call(context: Context, cluster: str, name: str = "", subresource: str = "") -> Call:
    kind = context.kinds.by_kind(cluster, SERVICECIDRS.group, SERVICECIDRS.version, SERVICECIDRS.kind)
    assert kind is not None
    target = Target(SERVICECIDRS.group, SERVICECIDRS.version, SERVICECIDRS.plural, "", name, subresource, "")
    return Call(context, internal_request(cluster, SELF), kind, target)


def _object(network: IPv4Network) -> Obj:
    return {
        "apiVersion": SERVICECIDRS.api_version,
        "kind": SERVICECIDRS.kind,
        "metadata": {"name": DEFAULT_NAME},
        "spec": {"cidrs": [str(network)]},
    }


def _with_condition(obj: Obj, network: IPv4Network) -> Obj:
    """Return it ready, unless it is being deleted, says something already, or names other ranges than ours."""
    if obj["metadata"].get("deletionTimestamp") or obj["spec"].get("cidrs") != [str(network)]:
        return obj
    conditions = (obj.get("status") or {}).get("conditions") or []
    if any(condition.get("type") == READY for condition in conditions):
        return obj
    ready = {"type": READY, "status": "True", "reason": "", "message": MESSAGE, "lastTransitionTime": now_text()}
    return obj | {"status": {"conditions": [*conditions, ready]}}
