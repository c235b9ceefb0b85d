"""Pod: containers that run together on one host."""

from __future__ import annotations

from bouvier.kinds.columns import at
from bouvier.kinds.core_v1.pod_columns import COLUMNS
from bouvier.kinds.kind import Kind, Part, Subresource
from bouvier.kinds.podspec import ephemeral, resizing
from bouvier.kinds.podspec.defaults import default_pod_only, default_pod_spec
from bouvier.kinds.podspec.quality import quality_of_service
from bouvier.kinds.podspec.runoptions.validation import validate_options
from bouvier.kinds.podspec.updates import validate_spec_update
from bouvier.kinds.podspec.validation import validate_pod_spec
from bouvier.kinds.podspec.warnings import warn_of_pod
from bouvier.kinds.subresources import PROXY_VERBS, WRITE_VERBS, status
from bouvier.meta.errors import FieldError, forbidden_field
from bouvier.meta.objects import Obj, condition_of
from bouvier.meta.resources import PODS

_STREAM_VERBS = ("create", "get")


GATED = {
    "type": "PodScheduled",
    "status": "False",
    "reason": "SchedulingGated",
    "message": "Scheduling is blocked due to non-empty scheduling gates",
}
"""Condition with which a pod that must not be placed yet begins."""


def default(obj: Obj) -> None:
    """Fill the defaults of the spec."""
    spec = obj.setdefault("spec", {})
    default_pod_spec(spec)
    default_pod_only(spec)


def prepare(obj: Obj) -> None:
    """Give a new pod its phase and quality-of-service class."""
    state = obj.setdefault("status", {})
    state.setdefault("phase", "Pending")
    if not state.get("qosClass"):
        state["qosClass"] = quality_of_service(obj.get("spec") or {})
    if (obj.get("spec") or {}).get("schedulingGates") and condition_of(obj, "PodScheduled") is None:
        state["conditions"] = [*(state.get("conditions") or ()), dict(GATED)]


def validate(obj: Obj) -> list[FieldError]:
    """Check the spec."""
    spec = obj.get("spec") or {}
    options = validate_options("metadata.annotations", obj["metadata"].get("annotations"), spec)
    return [*validate_pod_spec("spec", spec), *options]


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Check what changes in the spec."""
    return list(validate_spec_update("spec", new.get("spec") or {}, old.get("spec") or {}))


def validate_create(obj: Obj) -> list[FieldError]:
    """Refuse ephemeral containers: they are added to pods that run."""
    if (obj.get("spec") or {}).get("ephemeralContainers"):
        return [forbidden_field("spec.ephemeralContainers", "cannot be set on create")]
    return []


def grace_seconds(obj: Obj) -> int:
    """Return how long the pod's containers may take to stop, in seconds."""
    seconds = (obj.get("spec") or {}).get("terminationGracePeriodSeconds")
    return 30 if seconds is None else int(seconds)


def _addresses(obj: Obj) -> str:
    return str((obj.get("status") or {}).get("podIP") or "")


def _host_network(obj: Obj) -> str:
    return "true" if (obj.get("spec") or {}).get("hostNetwork") else "false"


def _pod(name: str, verbs: tuple[str, ...]) -> Subresource:
    return Subresource(name, "Pod", "", "v1", verbs)


KIND = Kind(
    resource=PODS,
    singular="pod",
    definition="io.k8s.api.core.v1.Pod",
    short_names=("po",),
    categories=("all",),
    subresources={
        "status": status(PODS),
        "log": _pod("log", ("get",)),
        "exec": Subresource("exec", "PodExecOptions", "", "v1", _STREAM_VERBS),
        "attach": Subresource("attach", "PodAttachOptions", "", "v1", _STREAM_VERBS),
        "portforward": Subresource("portforward", "PodPortForwardOptions", "", "v1", _STREAM_VERBS),
        "proxy": Subresource("proxy", "PodProxyOptions", "", "v1", PROXY_VERBS),
        "binding": Subresource("binding", "Binding", "", "v1", ("create",)),
        "eviction": Subresource("eviction", "Eviction", "policy", "v1", ("create",)),
        "ephemeralcontainers": _pod("ephemeralcontainers", WRITE_VERBS),
        "resize": _pod("resize", WRITE_VERBS),
    },
    columns=COLUMNS,
    selectable={
        "spec.nodeName": at("spec", "nodeName"),
        "spec.restartPolicy": at("spec", "restartPolicy"),
        "spec.schedulerName": at("spec", "schedulerName"),
        "spec.serviceAccountName": at("spec", "serviceAccountName"),
        "spec.hostNetwork": _host_network,
        "status.phase": at("status", "phase"),
        "status.podIP": _addresses,
        "status.nominatedNodeName": at("status", "nominatedNodeName"),
    },
    default=default,
    prepare=prepare,
    validate=validate,
    validate_update=validate_update,
    validate_create=validate_create,
    parts={
        "ephemeralcontainers": Part(ephemeral.take, ephemeral.validate_update),
        "resize": Part(resizing.take, resizing.validate_resize),
    },
    has_generation=True,
    grace=grace_seconds,
    has_open_status=True,
    warn=warn_of_pod,
)
