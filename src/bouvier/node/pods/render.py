"""A pod's sandbox and containers as specs for the engine (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bouvier.engine.specs import ContainerSpec, Mount, Resolver, Resources, SandboxSpec
from bouvier.kinds.podspec.runoptions.native import native_of, options_of
from bouvier.kinds.podspec.runoptions.option import Place
from bouvier.meta.objects import Obj
from bouvier.node.pods import identity
from bouvier.node.pods.actions import CreateContainer
from bouvier.node.pods.environment import ConfigError
from bouvier.node.pods.expansion import expand
from bouvier.node.pods.limits import cgroup_parent, container_resources, shares
from bouvier.node.pods.needs import full_image_name
from bouvier.node.pods.security import security_of, sysctls_of
from bouvier.node.pods.spec import kernel_hostname_of, uses_host_network
from bouvier.node.ports import PodPort, PodRef

STACK_LABEL, SERVICE_LABEL = "stacks.bouvier.io/stack", "stacks.bouvier.io/service"
"""Labels that stacks put on their pods."""


@dataclass(frozen=True, slots=True)
class HostFacts:
    """What specs need to know of the host."""

    platform: str
    pause_image: str
    cgroup_root: str
    cgroup_driver: str
    memory_bytes: int
    cluster_domain: str = "cluster.local"


def pod_ref(pod: Obj) -> PodRef:
    """Return the pod as the network knows it."""
    metadata = pod["metadata"]
    ports = [
        PodPort(port["containerPort"], port["hostPort"], port.get("protocol") or "TCP", port.get("hostIP") or "")
        for container in pod["spec"].get("containers") or ()
        for port in container.get("ports") or ()
        if port.get("hostPort")
    ]
    labels = metadata.get("labels") or {}
    return PodRef(
        metadata["namespace"],
        metadata["name"],
        metadata["uid"],
        tuple(ports),
        labels.get(STACK_LABEL, ""),
        labels.get(SERVICE_LABEL, ""),
    )


def sandbox_spec(
    pod: Obj,
    attempt: int,
    facts: HostFacts,
    resolver: Resolver | None,
    mounts: tuple[Mount, ...],
    *,
    runtime: str = "",
) -> SandboxSpec:
    """Return the spec of a pod's sandbox; `runtime` is the one of the engine's that its class names.

    Raises:
        ValueError: its host name would be too long.
    """
    spec = pod["spec"]
    return SandboxSpec(
        name=identity.sandbox_name(facts.platform, pod, attempt),
        image=facts.pause_image,
        labels=identity.sandbox_labels(facts.platform, pod, attempt),
        hostname=kernel_hostname_of(pod, facts.cluster_domain),
        resolver=resolver,
        host_network=uses_host_network(pod),
        host_pid=bool(spec.get("hostPID")),
        host_ipc=bool(spec.get("hostIPC")),
        sysctls=sysctls_of(pod),
        cgroup_parent=cgroup_parent(pod, facts.cgroup_root, facts.cgroup_driver),
        runtime=runtime,
        resources=Resources(cpu_shares=shares(0)),
        mounts=mounts,
        native=_sandbox_native(pod),
    )


def container_spec(
    pod: Obj,
    container: Obj,
    action: CreateContainer,
    facts: HostFacts,
    *,
    environment: Mapping[str, str],
    mounts: list[Mount],
    image_user: str,
    target: str = "",
    runtime: str = "",
) -> ContainerSpec:
    """Return the spec of one container; `target` is the id of the one whose processes it is to see.

    Raises:
        ConfigError: its security context contradicts itself or the image.
    """
    spec = pod["spec"]
    command, arguments = container.get("command"), container.get("args")
    labels = identity.container_labels(
        facts.platform,
        pod,
        container,
        action.role,
        attempt=action.attempt,
        level=action.level,
        sandbox=action.sandbox,
    )
    return ContainerSpec(
        name=identity.container_name(facts.platform, pod, container["name"], action.attempt),
        image=full_image_name(container["image"]),
        labels=labels,
        sandbox=action.sandbox,
        share_processes=bool(spec.get("shareProcessNamespace")),
        processes_of=target,
        host_network=uses_host_network(pod),
        host_pid=bool(spec.get("hostPID")),
        host_ipc=bool(spec.get("hostIPC")),
        entrypoint=_expanded(command, environment),
        arguments=_expanded(arguments, environment),
        environment=tuple(f"{name}={value}" for name, value in environment.items()),
        working_directory=container.get("workingDir") or "",
        mounts=tuple(mounts),
        security=security_of(pod, container, image_user),
        resources=container_resources(pod, container, facts.memory_bytes),
        cgroup_parent=cgroup_parent(pod, facts.cgroup_root, facts.cgroup_driver),
        runtime=runtime,
        stdin=bool(container.get("stdin")),
        stdin_once=bool(container.get("stdinOnce")),
        terminal=bool(container.get("tty")),
        stop_signal=(container.get("lifecycle") or {}).get("stopSignal") or "",
        native=_native(pod, container),
    )


def _native(pod: Obj, container: Obj) -> dict[str, Any]:
    try:
        return native_of(options_of(pod["metadata"].get("annotations"), container["name"]))
    except ValueError as error:
        raise ConfigError(f"annotation of container {container['name']}: {error}") from error


def _sandbox_native(pod: Obj) -> dict[str, Any]:
    """Return what the first container that says so asks of the pod's sandbox."""
    native: dict[str, Any] = {}
    for container in reversed(pod["spec"].get("containers") or []):
        options = options_of(pod["metadata"].get("annotations"), container["name"])
        native |= native_of(options, Place.SANDBOX)
    return native


def _expanded(words: list[str] | None, environment: Mapping[str, str]) -> tuple[str, ...] | None:
    return tuple(expand(word, environment) for word in words) if words else None


def needs_image_user(pod: Obj, container: Obj) -> bool:
    """Tell whether the image's own user matters for the container's security."""
    own = container.get("securityContext") or {}
    shared = pod["spec"].get("securityContext") or {}
    user = own.get("runAsUser", shared.get("runAsUser"))
    wanted = own.get("runAsNonRoot", shared.get("runAsNonRoot")) or own.get("runAsGroup", shared.get("runAsGroup"))
    return user is None and wanted is not None


def with_mounts(spec: ContainerSpec, *mounts: Mount) -> ContainerSpec:
    """Return the spec with further mounts, except where the pod mounts something itself."""
    taken = {mount.target for mount in spec.mounts}
    return replace(spec, mounts=spec.mounts + tuple(mount for mount in mounts if mount.target not in taken))
