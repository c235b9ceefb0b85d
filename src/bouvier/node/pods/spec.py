"""Reading a pod's spec: small questions that several modules ask (pure)."""

from __future__ import annotations

from bouvier.kinds.podspec import quality
from bouvier.meta.objects import Obj
from bouvier.node.pods.identity import Role

HOSTNAME_CHARACTERS = 64
"""Longest host name of the kernel. Source: uname(2)."""


def containers_of(pod: Obj) -> list[Obj]:
    """Return the regular containers."""
    return pod["spec"].get("containers") or []


def init_containers_of(pod: Obj) -> list[Obj]:
    """Return the init containers, sidecars among them, in order."""
    return pod["spec"].get("initContainers") or []


def ephemeral_containers_of(pod: Obj) -> list[Obj]:
    """Return the containers that were added to look into the pod."""
    return pod["spec"].get("ephemeralContainers") or []


def all_containers_of(pod: Obj) -> list[tuple[Role, Obj]]:
    """Return every container with its role: init containers first, ephemeral ones last."""
    init = [(Role.INIT, container) for container in init_containers_of(pod)]
    regular = [(Role.CONTAINER, container) for container in containers_of(pod)]
    return init + regular + [(Role.EPHEMERAL, container) for container in ephemeral_containers_of(pod)]


def statuses_of(status: Obj) -> list[Obj]:
    """Return the statuses of all containers, in the order in which containers may have to be looked up."""
    fields = ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses")
    return [entry for field in fields for entry in status.get(field) or ()]


def container_status_of(pod: Obj, name: str) -> Obj | None:
    """Return the status that the API has of a container."""
    return next((entry for entry in statuses_of(pod.get("status") or {}) if entry["name"] == name), None)


def find_container(pod: Obj, name: str) -> tuple[Role, Obj] | None:
    """Return a container by name."""
    return next(((role, c) for role, c in all_containers_of(pod) if c["name"] == name), None)


def is_sidecar(container: Obj) -> bool:
    """Tell whether an init container keeps running beside the others."""
    return container.get("restartPolicy") == "Always"


def restart_policy(pod: Obj) -> str:
    """Return `Always`, `OnFailure` or `Never`."""
    return pod["spec"].get("restartPolicy") or "Always"


def uses_host_network(pod: Obj) -> bool:
    """Tell whether the pod has no network namespace of its own."""
    return bool(pod["spec"].get("hostNetwork"))


def grace_seconds(pod: Obj) -> int:
    """Return how long the pod may take to stop."""
    granted = pod["metadata"].get("deletionGracePeriodSeconds")
    if granted is None:
        granted = pod["spec"].get("terminationGracePeriodSeconds")
    return 30 if granted is None else int(granted)


def generation_of(pod: Obj) -> int:
    """Return the generation of the spec, 0 when it is not counted."""
    return int(pod["metadata"].get("generation") or 0)


def hostname_of(pod: Obj) -> str:
    """Return the host name inside the pod: at most 63 characters, not ending in `-` or `.`."""
    if override := pod["spec"].get("hostnameOverride"):
        return str(override)
    name = pod["spec"].get("hostname") or pod["metadata"]["name"]
    return str(name)[:63].rstrip("-.")


def kernel_hostname_of(pod: Obj, cluster_domain: str) -> str:
    """Return the host name that the kernel knows: with `setHostnameAsFQDN` the domain is part of it.

    Raises:
        ValueError: it is longer than the kernel takes.
    """
    hostname, domain = hostname_of(pod), domain_of(pod, cluster_domain)
    if not domain or not pod["spec"].get("setHostnameAsFQDN"):
        return hostname
    full = f"{hostname}.{domain}"
    if len(full) > HOSTNAME_CHARACTERS:
        figures = f"({HOSTNAME_CHARACTERS} characters is the max, {len(full)} characters requested)"
        text = f"failed to construct FQDN from pod hostname and cluster domain, FQDN {full} is too long {figures}"
        raise ValueError(text)
    return full


def domain_of(pod: Obj, cluster_domain: str) -> str:
    """Return the domain of a pod with a subdomain, empty for others."""
    subdomain = "" if pod["spec"].get("hostnameOverride") else pod["spec"].get("subdomain")
    return f"{subdomain}.{pod['metadata']['namespace']}.svc.{cluster_domain}" if subdomain else ""


def quality_of_service(pod: Obj) -> str:
    """Return the QoS class: `Guaranteed`, `Burstable` or `BestEffort`."""
    return quality.quality_of_service(pod["spec"])
