"""Validation of a pod's spec as a whole, in the order in which Kubernetes reports errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from bouvier.kinds import fields, names
from bouvier.kinds.fields import Errors
from bouvier.kinds.metadata import validate_annotations
from bouvier.kinds.podspec import claims, containers, placement, resources, security, volumes
from bouvier.kinds.podspec.runoptions.validation import validate_options
from bouvier.meta.errors import forbidden_field, not_supported, required
from bouvier.meta.selectors import from_object

RESTART_POLICIES = ("Always", "Never", "OnFailure")
_DNS_POLICIES = ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None")
_PREEMPTION = ("Never", "PreemptLowerPriority")
_MAX_INT32 = 2**31 - 1
_SYSTEMS = ("linux", "windows")
_MAX_NAMESERVERS = 3
_MAX_SEARCHES = 32

_REMEMBERED = 1024
"""Specs of about 1 kB: 1 MB. As many templates as are in use at a time on a large cluster."""
_RIGHT: set[bytes] = set()

Spec = Mapping[str, Any]


def validate_pod_spec(path: str, spec: Spec) -> Errors:
    """Check the spec of a pod or of a template's pod.

    Specs found right are remembered by their text: the same template comes back with every update of its Deployment,
    ReplicaSets and pods, and looking it up costs a hundredth of the checks.
    """
    text = orjson.dumps(spec)
    if text in _RIGHT:
        return
    found = list(_pod_spec(path, spec))
    if not found:
        if len(_RIGHT) >= _REMEMBERED:
            _RIGHT.clear()
        _RIGHT.add(text)
    yield from found


def _pod_spec(path: str, spec: Spec) -> Errors:
    declared = spec.get("volumes") or []
    known = {volume.get("name", ""): volume for volume in declared}
    yield from volumes.validate_volumes(f"{path}.volumes", declared)
    yield from containers.validate_containers(f"{path}.containers", spec, known)
    yield from containers.validate_init_containers(f"{path}.initContainers", spec, known)
    yield from containers.validate_ephemeral_containers(f"{path}.ephemeralContainers", spec, known)
    yield from _host_network(path, spec)
    yield from fields.one_of(f"{path}.restartPolicy", spec.get("restartPolicy"), RESTART_POLICIES)
    yield from fields.one_of(f"{path}.dnsPolicy", spec.get("dnsPolicy"), _DNS_POLICIES)
    yield from fields.labels(f"{path}.nodeSelector", spec.get("nodeSelector"))
    yield from security.validate_pod_context(f"{path}.securityContext", spec)
    yield from _pull_secrets(f"{path}.imagePullSecrets", spec.get("imagePullSecrets") or [])
    yield from placement.validate_affinity(f"{path}.affinity", spec.get("affinity"))
    yield from _dns_config(path, spec)
    yield from placement.validate_gates(path, spec)
    yield from placement.validate_spread(
        f"{path}.topologySpreadConstraints", spec.get("topologySpreadConstraints") or []
    )
    yield from _names(path, spec)
    yield from placement.validate_tolerations(f"{path}.tolerations", spec.get("tolerations") or [])
    yield from placement.validate_host_aliases(f"{path}.hostAliases", spec.get("hostAliases") or [])
    yield from _priority(path, spec)
    yield from resources.non_negative_quantities(f"{path}.overhead", spec.get("overhead"))
    yield from claims.validate_claims(path, spec)
    yield from _system(path, spec)


def _system(path: str, spec: Spec) -> Errors:
    system = spec.get("os")
    if system is not None:
        yield from fields.one_of(f"{path}.os.name", system.get("name"), _SYSTEMS)


def _host_network(path: str, spec: Spec) -> Errors:
    if not spec.get("hostNetwork"):
        return
    for field in ("containers", "initContainers"):
        for index, container in enumerate(spec.get(field) or ()):
            for number, port in enumerate(container.get("ports") or ()):
                if port.get("hostPort") and port["hostPort"] != port.get("containerPort"):
                    place = f"{path}.{field}[{index}].ports[{number}].containerPort"
                    detail = "must match `hostPort` when `hostNetwork` is true"
                    yield fields.invalid(place, port.get("containerPort"), detail)


def _pull_secrets(path: str, references: Sequence[Mapping[str, Any]]) -> Errors:
    for index, reference in enumerate(references):
        if not reference.get("name"):
            yield required(f"{path}[{index}].name")


def _dns_config(path: str, spec: Spec) -> Errors:
    config = spec.get("dnsConfig")
    place = f"{path}.dnsConfig"
    if spec.get("dnsPolicy") == "None":
        if config is None:
            yield required(place, "must provide `dnsConfig` when `dnsPolicy` is None")
            return
        if not config.get("nameservers"):
            detail = "must provide at least one DNS nameserver when `dnsPolicy` is None"
            yield required(f"{place}.nameservers", detail)
    for kind, limit in (("nameservers", _MAX_NAMESERVERS), ("searches", _MAX_SEARCHES)):
        values = (config or {}).get(kind) or []
        if len(values) > limit:
            word = "nameservers" if kind == "nameservers" else "search paths"
            yield fields.invalid(f"{place}.{kind}", values, f"must not have more than {limit} {word}")
    for index, server in enumerate((config or {}).get("nameservers") or ()):
        if not placement.is_address(server):
            yield fields.invalid(f"{place}.nameservers[{index}]", server, placement.ADDRESS_MESSAGE)
    for index, option in enumerate((config or {}).get("options") or ()):
        if not option.get("name"):
            yield required(f"{place}.options[{index}]", "must not be empty")


def _names(path: str, spec: Spec) -> Errors:
    if spec.get("serviceAccountName"):
        yield from fields.each(f"{path}.serviceAccountName", spec["serviceAccountName"], names.subdomain)
    if spec.get("nodeName"):
        yield from fields.each(f"{path}.nodeName", spec["nodeName"], names.subdomain)
    seconds = spec.get("activeDeadlineSeconds")
    if seconds is not None and not 1 <= seconds <= _MAX_INT32:
        detail = f"must be between 1 and {_MAX_INT32}, inclusive"
        yield fields.invalid(f"{path}.activeDeadlineSeconds", seconds, detail)
    for field in ("hostname", "subdomain"):
        if spec.get(field):
            yield from fields.each(f"{path}.{field}", spec[field], names.label)


def _priority(path: str, spec: Spec) -> Errors:
    if spec.get("priorityClassName"):
        yield from fields.each(f"{path}.priorityClassName", spec["priorityClassName"], names.subdomain)
    if spec.get("runtimeClassName"):
        yield from fields.each(f"{path}.runtimeClassName", spec["runtimeClassName"], names.subdomain)
    yield from fields.optional_one_of(f"{path}.preemptionPolicy", spec.get("preemptionPolicy"), _PREEMPTION)


def validate_template(path: str, template: Mapping[str, Any] | None) -> Errors:
    """Check a `v1.PodTemplateSpec`."""
    template = template or {}
    metadata = template.get("metadata") or {}
    spec = template.get("spec") or {}
    yield from fields.labels(f"{path}.labels", metadata.get("labels"))
    yield from validate_annotations(f"{path}.annotations", metadata.get("annotations"))
    yield from validate_options(f"{path}.metadata.annotations", metadata.get("annotations"), spec)
    yield from validate_pod_spec(f"{path}.spec", spec)
    if spec.get("ephemeralContainers"):
        yield forbidden_field(f"{path}.spec.ephemeralContainers", "ephemeral containers not allowed in pod template")


def validate_workload_template(path: str, template: Mapping[str, Any] | None, selector: Any, kind: str) -> Errors:
    """Check the template of a controller whose pods run for ever and carry the selector's labels.

    `selector` is a `metav1.LabelSelector`; None selects nothing, so it matches no labels. `kind` names the controller
    in messages.
    """
    template = template or {}
    labels = (template.get("metadata") or {}).get("labels")
    if not _matches(selector, labels or {}):
        yield fields.invalid(f"{path}.metadata.labels", labels, "`selector` does not match template `labels`")
    yield from validate_template(path, template)
    spec = template.get("spec") or {}
    if spec.get("restartPolicy") not in (None, "Always"):
        yield not_supported(f"{path}.spec.restartPolicy", spec["restartPolicy"], ["Always"])
    if spec.get("activeDeadlineSeconds") is not None:
        detail = f"activeDeadlineSeconds in {kind} is not Supported"
        yield forbidden_field(f"{path}.spec.activeDeadlineSeconds", detail)


def _matches(selector: Any, labels: dict[str, str]) -> bool:
    try:
        return from_object(selector).matches(labels)
    except ValueError:
        return True  # the selector itself is reported where it stands
