"""Cluster: one logical cluster, a complete Kubernetes API under `/clusters/NAME/`, and what executes it.

The objects live in the logical cluster `local` only. What a driver needs to reach its orchestrator stands in the part
of the spec that bears the driver's name; credentials stand in a Secret that the spec names.
"""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any
from urllib.parse import urlsplit

from bouvier.kinds import fields
from bouvier.kinds.columns import AGE, NAME, cell, text
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.kinds.subresources import with_status
from bouvier.meta.errors import FieldError, forbidden_field, required
from bouvier.meta.objects import Obj, condition_of
from bouvier.meta.resources import CLUSTERS

HOSTS_GROUP = "system:nodes"
"""Group of the hosts of `local`; those of other clusters have one of their own that begins like this."""
LOCAL = "local"
"""The cluster that is also served at the root; it is always there."""
DRIVERS = ("native", "kubernetes", "swarm", "mesos")
CONTAINERIZERS = ("mesos", "docker")
OVERLAYS = ("route", "vxlan", "ipsec")
SMALLEST_PREFIX = 24

_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
_NUMBERS = {"type": "object", "additionalProperties": {"type": "string"}}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


_HOST = _object(
    name=_TEXT, ready={"type": "boolean"}, schedulable={"type": "boolean"}, capacity=_NUMBERS, allocatable=_NUMBERS
)
_TEXTS = {"type": "array", "items": _TEXT}
_GROUP = _object(name=_TEXT, services=_TEXTS, networks=_TEXTS, configs=_TEXTS, secrets=_TEXTS)
_CONDITION = _object(
    type=_TEXT,
    status=_TEXT,
    reason=_TEXT,
    message=_TEXT,
    lastTransitionTime=_TEXT,
    observedGeneration={"type": "integer"},
)
SCHEMA = _object(
    spec=_object(
        driver={"type": "string", "enum": list(DRIVERS)},
        strict={"type": "boolean"},
        native=_object(podCIDR=_TEXT, serviceCIDR=_TEXT, overlay={"type": "string", "enum": list(OVERLAYS)}),
        swarm=_object(engine=_TEXT, forwarderImage=_TEXT),
        mesos=_object(
            masters=_TEXTS,
            marathon=_TEXTS,
            containerizer={"type": "string", "enum": list(CONTAINERIZERS)},
            forwarderImage=_TEXT,
        ),
        kubernetes=_object(kubeconfigSecret=_object(namespace=_TEXT, name=_TEXT)),
    )
    | {"required": ["driver"]},
    status=_object(
        version=_TEXT,
        hosts={"type": "array", "items": _HOST},
        capacity=_NUMBERS,
        allocatable=_NUMBERS,
        capabilities={"type": "array", "items": _TEXT},
        groups={"type": "array", "items": _GROUP},
        conditions={"type": "array", "items": _CONDITION},
        observedGeneration={"type": "integer"},
    ),
) | {"required": ["spec"]}


def _errors(obj: Obj) -> Errors:
    spec = obj.get("spec") or {}
    driver = spec.get("driver", "")
    for other in DRIVERS:
        if other != driver and spec.get(other):
            yield forbidden_field(f"spec.{other}", f"may only be set when spec.driver is {other}")
    part = spec.get(driver) or {}
    if driver == "native":
        yield from _range_errors(part)
    if driver == "swarm":
        yield from _engine_errors("spec.swarm.engine", part.get("engine", ""))
    if driver == "mesos":
        yield from _mesos_errors(part)
    if driver == "kubernetes" and not (part.get("kubeconfigSecret") or {}).get("name"):
        yield required("spec.kubernetes.kubeconfigSecret.name", "the Secret that holds the kubeconfig")


def _range_errors(part: Obj) -> Errors:
    parsed = []
    for name in ("podCIDR", "serviceCIDR"):
        value = part.get(name, "")
        try:
            network = IPv4Network(value) if value else None
        except ValueError:
            yield fields.invalid(f"spec.native.{name}", value, "must be an IPv4 range such as 10.60.0.0/16")
            continue
        if network is not None and network.prefixlen > SMALLEST_PREFIX:
            yield fields.invalid(f"spec.native.{name}", value, f"must hold at least a /{SMALLEST_PREFIX}")
        parsed.append(network)
    if len(parsed) == 2 and parsed[0] and parsed[1] and parsed[0].overlaps(parsed[1]):
        yield fields.invalid("spec.native.serviceCIDR", part["serviceCIDR"], "must not overlap spec.native.podCIDR")


def hosts_group(cluster: Obj) -> str:
    """Return the group of the hosts of a native cluster; another cluster of the same name has another one."""
    metadata = cluster["metadata"]
    return f"{HOSTS_GROUP}:{metadata['name']}:{metadata['uid'][:8]}"


def _engine_errors(path: str, value: str) -> Errors:
    if not value:
        yield required(path, "the socket of a Swarm manager, as unix:///path/to/docker.sock")
    elif not value.startswith("unix:///"):
        yield fields.invalid(path, value, "must be unix:///path/to/docker.sock")


def _mesos_errors(part: Obj) -> Errors:
    if not part.get("masters"):
        yield required("spec.mesos.masters", "at least one master, as http://HOST:5050")
    for name in ("masters", "marathon"):
        for index, value in enumerate(part.get(name) or ()):
            parsed = urlsplit(value)
            path = f"spec.mesos.{name}[{index}]"
            if parsed.scheme not in ("http", "https") or not parsed.hostname:
                yield fields.invalid(path, value, "must be an address such as http://HOST:5050")
            elif parsed.username is not None:
                yield fields.invalid(path, value, "must not hold a password: masters with credentials cannot be driven")


def validate(obj: Obj) -> list[FieldError]:
    """Check that the driver's own part is there, and no other's."""
    return list(_errors(obj))


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse to hand a cluster to another driver, or to change ranges that pods and services carry."""
    after, before = new.get("spec") or {}, old.get("spec") or {}
    found = list(fields.immutable("spec.driver", after.get("driver"), before.get("driver")))
    for name, value in (before.get("native") or {}).items():
        found += fields.immutable(f"spec.native.{name}", (after.get("native") or {}).get(name), value)
    return found


def _ready(obj: Obj) -> str:
    condition = condition_of(obj, "Ready") or {}
    return "Ready" if condition.get("status") == "True" else str(condition.get("reason") or "Pending")


def _hosts(obj: Obj) -> int:
    return len((obj.get("status") or {}).get("hosts") or ())


KIND = Kind(
    resource=CLUSTERS,
    singular="cluster",
    definition="",
    schema=SCHEMA,
    subresources=with_status(CLUSTERS),
    columns=(
        NAME,
        text("Driver", "spec", "driver"),
        cell("Status", _ready),
        text("Version", "status", "version"),
        cell("Hosts", _hosts, kind="integer"),
        text("CPU", "status", "capacity", "cpu"),
        text("Memory", "status", "capacity", "memory"),
        AGE,
    ),
    validate=validate,
    validate_update=validate_update,
    name_rule="label",
    has_generation=True,
)
