"""The defaults that Kubernetes fills into a pod's spec.

Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bouvier.kinds.podspec.pod_level import default_pod_level
from bouvier.meta.quantities import canonical

Spec = dict[str, Any]

_FILE_MODE = 0o644
"""Mode of files from ConfigMaps, Secrets, the downward API and projections."""
_TOKEN_SECONDS = 3600
_CONTAINER_LISTS = ("initContainers", "containers", "ephemeralContainers")
_HANDLERS = ("postStart", "preStop")
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")


def default_pod_spec(spec: Spec) -> None:
    """Fill the defaults that pods and templates of pods have in common."""
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("terminationGracePeriodSeconds", 30)
    spec.setdefault("dnsPolicy", "ClusterFirst")
    spec.setdefault("securityContext", {})
    spec.setdefault("schedulerName", "default-scheduler")
    _default_service_account(spec)
    for container in containers_of(spec):
        _default_container(container)
    for volume in spec.get("volumes") or ():
        _default_volume(volume)
    canonical_quantities(spec.get("overhead"))
    default_resources(spec.get("resources"))


def default_pod_only(spec: Spec) -> None:
    """Fill the defaults that pods have but templates have not."""
    spec.setdefault("enableServiceLinks", True)
    for container in containers_of(spec):
        _requests_from_limits(container.get("resources"))
        if spec.get("hostNetwork"):
            _host_ports(container)
    default_pod_level(spec)


def containers_of(spec: Spec) -> Iterator[dict[str, Any]]:
    """Yield init, regular and ephemeral containers."""
    for field in _CONTAINER_LISTS:
        yield from spec.get(field) or ()


def default_resources(resources: dict[str, Any] | None) -> None:
    """Write the quantities of a resources block in canonical form."""
    for field in ("limits", "requests"):
        canonical_quantities((resources or {}).get(field))


def canonical_quantities(quantities: dict[str, Any] | None) -> None:
    """Write every quantity of a map in canonical form: `1000m` becomes `1`, `1` becomes `"1"`."""
    if quantities:
        quantities.update({name: canonical(value) for name, value in quantities.items()})


def canonical_field(holder: dict[str, Any], field: str) -> None:
    """Write the quantity of one field in canonical form, if it is there."""
    if holder.get(field) is not None:
        holder[field] = canonical(holder[field])


def _default_service_account(spec: Spec) -> None:
    """Keep the deprecated field `serviceAccount` equal to the one that replaced it."""
    name = spec.get("serviceAccountName") or spec.get("serviceAccount")
    if name:
        spec["serviceAccountName"] = spec["serviceAccount"] = name


def pull_policy(image: str) -> str:
    """Return the policy of an image without one: `Always` for the tag `latest` and for no tag at all."""
    if "@" in image:
        return "IfNotPresent"
    _, _, tag = image.rpartition("/")[2].partition(":")
    return "Always" if tag in ("", "latest") else "IfNotPresent"


def _default_container(container: dict[str, Any]) -> None:
    if not container.get("imagePullPolicy"):
        container["imagePullPolicy"] = pull_policy(container.get("image", ""))
    if not container.get("terminationMessagePath"):
        container["terminationMessagePath"] = "/dev/termination-log"
    if not container.get("terminationMessagePolicy"):
        container["terminationMessagePolicy"] = "File"
    default_resources(container.setdefault("resources", {}))
    for port in container.get("ports") or ():
        port.setdefault("protocol", "TCP")
    for variable in container.get("env") or ():
        _default_field_source(variable.get("valueFrom"))
    for field in _PROBES:
        _default_probe(container.get(field))
    for field in _HANDLERS:
        _default_http((container.get("lifecycle") or {}).get(field))


def _default_field_source(source: dict[str, Any] | None) -> None:
    source = source or {}
    if source.get("fieldRef"):
        source["fieldRef"].setdefault("apiVersion", "v1")
    if source.get("resourceFieldRef"):
        reference = source["resourceFieldRef"]
        reference["divisor"] = canonical(reference.get("divisor") or "0")


def _default_probe(probe: dict[str, Any] | None) -> None:
    if probe is None:
        return
    for field, value in (
        ("timeoutSeconds", 1),
        ("periodSeconds", 10),
        ("successThreshold", 1),
        ("failureThreshold", 3),
    ):
        if not probe.get(field):
            probe[field] = value
    _default_http(probe)
    if probe.get("grpc") is not None:
        probe["grpc"].setdefault("service", "")


def _default_http(handler: dict[str, Any] | None) -> None:
    request = (handler or {}).get("httpGet")
    if request is None:
        return
    if not request.get("path"):
        request["path"] = "/"
    if not request.get("scheme"):
        request["scheme"] = "HTTP"


def _default_volume(volume: dict[str, Any]) -> None:
    if not any(key != "name" for key in volume):
        volume["emptyDir"] = {}
    for field in ("secret", "configMap", "downwardAPI", "projected"):
        if volume.get(field) is not None:
            volume[field].setdefault("defaultMode", _FILE_MODE)
    if volume.get("hostPath") is not None:
        volume["hostPath"].setdefault("type", "")
    if volume.get("emptyDir") is not None:
        canonical_field(volume["emptyDir"], "sizeLimit")
    if volume.get("image") is not None and not volume["image"].get("pullPolicy"):
        volume["image"]["pullPolicy"] = pull_policy(volume["image"].get("reference", ""))
    for item in (volume.get("downwardAPI") or {}).get("items") or ():
        _default_field_source(item)
    for source in (volume.get("projected") or {}).get("sources") or ():
        _default_projection(source)
    _default_claim_template((volume.get("ephemeral") or {}).get("volumeClaimTemplate"))


def _default_projection(source: dict[str, Any]) -> None:
    if source.get("serviceAccountToken") is not None:
        source["serviceAccountToken"].setdefault("expirationSeconds", _TOKEN_SECONDS)
    for item in (source.get("downwardAPI") or {}).get("items") or ():
        _default_field_source(item)


def _default_claim_template(template: dict[str, Any] | None) -> None:
    if template:
        spec = template.setdefault("spec", {})
        spec.setdefault("volumeMode", "Filesystem")
        default_resources(spec.get("resources"))


def _requests_from_limits(resources: dict[str, Any] | None) -> None:
    limits = (resources or {}).get("limits")
    if not limits or resources is None:
        return
    requests = resources.setdefault("requests", {})
    for name, value in limits.items():
        requests.setdefault(name, value)


def _host_ports(container: dict[str, Any]) -> None:
    for port in container.get("ports") or ():
        if not port.get("hostPort"):
            port["hostPort"] = port.get("containerPort", 0)
