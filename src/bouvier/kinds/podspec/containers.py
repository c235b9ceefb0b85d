"""Validation of a pod's containers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bouvier.kinds import fields, names
from bouvier.kinds.fields import Errors
from bouvier.kinds.findings import show
from bouvier.kinds.podspec import environment, probes, resources, security
from bouvier.meta.errors import FieldError, forbidden_field, required

PULL_POLICIES = ("Always", "IfNotPresent", "Never")
_PROTOCOLS = ("SCTP", "TCP", "UDP")
_MESSAGE_POLICIES = ("FallbackToLogsOnError", "File")
_PROPAGATIONS = ("Bidirectional", "HostToContainer", "None")
_RESIZABLE = ("cpu", "memory")
_RESIZE_RESTARTS = ("NotRequired", "RestartContainer")
_EPHEMERAL_REFUSAL = "cannot be set for an Ephemeral Container"
_NOT_EPHEMERAL = (
    "ports",
    "livenessProbe",
    "readinessProbe",
    "startupProbe",
    "lifecycle",
    "resources",
    "resizePolicy",
    "restartPolicy",
)
_RECURSIVE_READ_ONLY = ("Disabled", "Enabled", "IfPossible")

Container = Mapping[str, Any]
Volumes = Mapping[str, Mapping[str, Any]]


def validate_containers(path: str, spec: Mapping[str, Any], volumes: Volumes) -> Errors:
    """Check the regular containers of a pod's spec."""
    containers = spec.get("containers") or []
    if not containers:
        yield required(path)
        return
    for index, container in enumerate(containers):
        place = f"{path}[{index}]"
        yield from _common(place, container, volumes)
        yield from _duplicate_name(place, container, containers[:index])
        yield from probes.validate_container_probes(place, container)
        yield from _resize_policy(f"{place}.resizePolicy", container, spec)
    yield from _host_port_conflicts(path, containers)


def validate_init_containers(path: str, spec: Mapping[str, Any], volumes: Volumes) -> Errors:
    """Check the init containers: only sidecars (`restartPolicy: Always`) have probes and a life cycle."""
    earlier: list[Container] = list(spec.get("containers") or [])
    for index, container in enumerate(spec.get("initContainers") or ()):
        place = f"{path}[{index}]"
        yield from _common(place, container, volumes)
        yield from _duplicate_name(place, container, earlier)
        earlier.append(container)
        yield from _resize_policy(f"{place}.resizePolicy", container, spec)
        if container.get("restartPolicy") == "Always":
            yield from probes.validate_container_probes(place, container)
            continue
        for field in ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe"):
            if container.get(field):
                detail = "may not be set for init containers without restartPolicy=Always"
                yield forbidden_field(f"{place}.{field}", detail)


def validate_ephemeral_containers(path: str, spec: Mapping[str, Any], volumes: Volumes) -> Errors:
    """Check the ephemeral containers: they have neither ports nor probes nor resources."""
    earlier: list[Container] = [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]
    for index, container in enumerate(spec.get("ephemeralContainers") or ()):
        place = f"{path}[{index}]"
        yield from _common(place, container, volumes)
        yield from _duplicate_name(place, container, earlier)
        earlier.append(container)
        yield from _ephemeral(place, container, spec)


def _ephemeral(path: str, container: Container, spec: Mapping[str, Any]) -> Errors:
    for field in _NOT_EPHEMERAL:
        if container.get(field):
            yield forbidden_field(f"{path}.{field}", _EPHEMERAL_REFUSAL)
    for index, mount in enumerate(container.get("volumeMounts") or ()):
        for field in ("subPath", "subPathExpr"):
            if mount.get(field):
                yield forbidden_field(f"{path}.volumeMounts[{index}].{field}", _EPHEMERAL_REFUSAL)
    target = container.get("targetContainerName")
    if target and all(target != other.get("name") for other in spec.get("containers") or ()):
        yield FieldError("FieldValueNotFound", f"{path}.targetContainerName", f"Not found: {show(target)}")


def _resize_policy(path: str, container: Container, spec: Mapping[str, Any]) -> Errors:
    seen: set[str] = set()
    for index, policy in enumerate(container.get("resizePolicy") or ()):
        name, restart = policy.get("resourceName"), policy.get("restartPolicy")
        if name in seen:
            yield FieldError("FieldValueDuplicate", f"{path}[{index}]", f"Duplicate value: {show(name)}")
        seen.add(name or "")
        yield from fields.one_of(path, name, _RESIZABLE)
        yield from fields.one_of(path, restart, _RESIZE_RESTARTS)
        if spec.get("restartPolicy") == "Never" and restart == "RestartContainer":
            yield fields.invalid(path, restart, "must be 'NotRequired' when `restartPolicy` is 'Never'")


def _common(path: str, container: Container, volumes: Volumes) -> Errors:
    yield from fields.named(f"{path}.name", container.get("name"), names.label)
    image = container.get("image") or ""
    if not image:
        yield required(f"{path}.image")
    elif image != image.strip():
        yield fields.invalid(f"{path}.image", image, "must not have leading or trailing whitespace")
    policy = container.get("terminationMessagePolicy")
    yield from fields.one_of(f"{path}.terminationMessagePolicy", policy, _MESSAGE_POLICIES)
    yield from _ports(f"{path}.ports", container.get("ports") or [])
    yield from environment.validate_env(f"{path}.env", container.get("env") or [])
    yield from environment.validate_env_from(f"{path}.envFrom", container.get("envFrom") or [])
    yield from _mounts(f"{path}.volumeMounts", container, volumes)
    yield from _devices(f"{path}.volumeDevices", container, volumes)
    yield from fields.one_of(f"{path}.imagePullPolicy", container.get("imagePullPolicy"), PULL_POLICIES)
    yield from resources.validate_container_resources(f"{path}.resources", container.get("resources"))
    yield from security.validate_container_context(f"{path}.securityContext", container.get("securityContext"))


def _duplicate_name(path: str, container: Container, earlier: Sequence[Container]) -> Errors:
    name = container.get("name")
    if name and any(name == other.get("name") for other in earlier):
        yield FieldError("FieldValueDuplicate", f"{path}.name", f"Duplicate value: {show(name)}")


def _ports(path: str, ports: Sequence[Mapping[str, Any]]) -> Errors:
    seen: set[str] = set()
    for index, port in enumerate(ports):
        place = f"{path}[{index}]"
        name = port.get("name")
        if name:
            messages = names.port_name(name)
            for message in messages:
                yield fields.invalid(f"{place}.name", name, message)
            if not messages and name in seen:
                yield FieldError("FieldValueDuplicate", f"{place}.name", f"Duplicate value: {show(name)}")
            seen.add(name)
        if not port.get("containerPort"):
            yield required(f"{place}.containerPort")
        else:
            yield from fields.port(f"{place}.containerPort", port["containerPort"])
        if port.get("hostPort"):
            yield from fields.port(f"{place}.hostPort", port["hostPort"])
        yield from fields.one_of(f"{place}.protocol", port.get("protocol"), _PROTOCOLS)


def _host_port_conflicts(path: str, containers: Sequence[Container]) -> Errors:
    taken: set[str] = set()
    for index, container in enumerate(containers):
        for number, port in enumerate(container.get("ports") or ()):
            if not port.get("hostPort"):
                continue
            claim = f"{port.get('protocol')}/{port.get('hostIP') or ''}/{port['hostPort']}"
            if claim in taken:
                place = f"{path}[{index}].ports[{number}].hostPort"
                yield FieldError("FieldValueDuplicate", place, f"Duplicate value: {show(claim)}")
            taken.add(claim)


def _mounts(path: str, container: Container, volumes: Volumes) -> Errors:
    taken: set[str] = set()
    for index, mount in enumerate(container.get("volumeMounts") or ()):
        place = f"{path}[{index}]"
        yield from _volume_reference(place, mount, volumes)
        target = mount.get("mountPath")
        if not target:
            yield required(f"{place}.mountPath")
        elif target in taken:
            yield fields.invalid(f"{place}.mountPath", target, "must be unique")
        taken.add(target or "")
        if mount.get("subPath") and mount.get("subPathExpr"):
            yield fields.invalid(
                f"{place}.subPathExpr", mount["subPathExpr"], "subPathExpr and subPath are mutually exclusive"
            )
        for field in ("subPath", "subPathExpr"):
            yield from local_path(f"{place}.{field}", mount.get(field))
        yield from fields.optional_one_of(f"{place}.mountPropagation", mount.get("mountPropagation"), _PROPAGATIONS)
        yield from _bidirectional(place, mount, container)
        choice = mount.get("recursiveReadOnly")
        yield from fields.optional_one_of(f"{place}.recursiveReadOnly", choice, _RECURSIVE_READ_ONLY)


def _bidirectional(path: str, mount: Mapping[str, Any], container: Container) -> Errors:
    is_privileged = (container.get("securityContext") or {}).get("privileged")
    if mount.get("mountPropagation") == "Bidirectional" and not is_privileged:
        detail = "Bidirectional mount propagation is available only to privileged containers"
        yield forbidden_field(f"{path}.mountPropagation", detail)


def _devices(path: str, container: Container, volumes: Volumes) -> Errors:
    for index, device in enumerate(container.get("volumeDevices") or ()):
        place = f"{path}[{index}]"
        yield from _volume_reference(place, device, volumes)
        if not device.get("devicePath"):
            yield required(f"{place}.devicePath")


def _volume_reference(path: str, mount: Mapping[str, Any], volumes: Volumes) -> Errors:
    name = mount.get("name")
    if not name:
        yield required(f"{path}.name")
    elif name not in volumes:
        yield FieldError("FieldValueNotFound", f"{path}.name", f"Not found: {show(name)}")


def local_path(path: str, value: str | None) -> Errors:
    """Check a path that must stay below the folder it is relative to."""
    if not value:
        return
    if value.startswith("/"):
        yield fields.invalid(path, value, "must be a relative path")
    yield from no_backsteps(path, value)


def no_backsteps(path: str, value: str) -> Errors:
    """Check that a path does not climb."""
    if ".." in value.split("/"):
        yield fields.invalid(path, value, "must not contain '..'")
