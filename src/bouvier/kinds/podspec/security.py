"""Validation of security contexts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bouvier.kinds import fields
from bouvier.kinds.fields import Errors
from bouvier.meta.errors import required

_MAX_ID = 2**31 - 1
_SYSCTL_LENGTH = 253
_SEGMENT = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
_SYSCTL = re.compile(rf"({_SEGMENT}[\\./])*{_SEGMENT}")
_OF_IPC = ("kernel.shm", "kernel.msg", "kernel.sem", "fs.mqueue.")
_PROC_MOUNTS = ("Default", "Unmasked")
_SECCOMP = ("Localhost", "RuntimeDefault", "Unconfined")
_GROUP_POLICIES = ("Always", "OnRootMismatch")
_SUPPLEMENTAL = ("Merge", "Strict")

Context = Mapping[str, Any]


def validate_container_context(path: str, context: Context | None) -> Errors:
    """Check a container's security context."""
    if not context:
        return
    yield from _ids(path, context, ("runAsUser", "runAsGroup"))
    yield from fields.optional_one_of(f"{path}.procMount", context.get("procMount"), _PROC_MOUNTS)
    yield from _seccomp(f"{path}.seccompProfile", context.get("seccompProfile"))
    if context.get("allowPrivilegeEscalation") is False:
        if context.get("privileged"):
            detail = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"
            yield fields.invalid(path, context, detail)
        added = (context.get("capabilities") or {}).get("add") or ()
        if "SYS_ADMIN" in added or "CAP_SYS_ADMIN" in added:
            detail = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN"
            yield fields.invalid(path, context, detail)


def validate_pod_context(path: str, spec: Mapping[str, Any]) -> Errors:
    """Check the pod's security context and its shared namespaces."""
    context = spec.get("securityContext") or {}
    yield from _ids(path, context, ("fsGroup", "runAsUser", "runAsGroup"))
    for index, group in enumerate(context.get("supplementalGroups") or ()):
        yield from _identifier(f"{path}.supplementalGroups[{index}]", group)
    if spec.get("shareProcessNamespace") and spec.get("hostPID"):
        detail = "ShareProcessNamespace and HostPID cannot both be enabled"
        yield fields.invalid(f"{path}.shareProcessNamespace", True, detail)  # noqa: FBT003 -- the value shown
    yield from _sysctls(f"{path}.sysctls", context.get("sysctls") or (), spec)
    policy = context.get("fsGroupChangePolicy")
    yield from fields.optional_one_of(f"{path}.fsGroupChangePolicy", policy, _GROUP_POLICIES)
    policy = context.get("supplementalGroupsPolicy")
    yield from fields.optional_one_of(f"{path}.supplementalGroupsPolicy", policy, _SUPPLEMENTAL)
    yield from _seccomp(f"{path}.seccompProfile", context.get("seccompProfile"))


def _shared_with_host(name: str, spec: Mapping[str, Any]) -> str:
    """Return the field that makes a kernel parameter the host's own, empty when the pod has its own."""
    name = name.replace("/", ".")
    if name.startswith("net.") and spec.get("hostNetwork"):
        return "hostNetwork"
    return "hostIPC" if name.startswith(_OF_IPC) and spec.get("hostIPC") else ""


def _sysctls(path: str, sysctls: Any, spec: Mapping[str, Any]) -> Errors:
    for index, sysctl in enumerate(sysctls):
        name = sysctl.get("name")
        if not name:
            yield required(f"{path}[{index}].name")
        elif len(name) > _SYSCTL_LENGTH or not _SYSCTL.fullmatch(name):
            detail = f"must have at most {_SYSCTL_LENGTH} characters and match regex {_SYSCTL.pattern}"
            yield fields.invalid(f"{path}[{index}].name", name, detail)
        elif taken := _shared_with_host(name, spec):
            detail = f"may not be specified when '{taken}' is set to true"
            yield fields.invalid(f"{path}[{index}].name", name, detail)
    yield from fields.unique(path, (sysctl.get("name") for sysctl in sysctls), "name")


def _ids(path: str, context: Context, names: tuple[str, ...]) -> Errors:
    for name in names:
        yield from _identifier(f"{path}.{name}", context.get(name))


def _identifier(path: str, value: int | None) -> Errors:
    if value is not None and not 0 <= value <= _MAX_ID:
        yield fields.invalid(path, value, f"must be between 0 and {_MAX_ID}, inclusive")


def _seccomp(path: str, profile: Context | None) -> Errors:
    if profile is None:
        return
    kind, local = profile.get("type"), profile.get("localhostProfile")
    yield from fields.one_of(f"{path}.type", kind, _SECCOMP)
    if kind == "Localhost" and not local:
        yield required(f"{path}.localhostProfile", "must be set when seccomp type is Localhost")
    elif kind != "Localhost" and local is not None:
        yield fields.invalid(f"{path}.localhostProfile", local, "can only be set when seccomp type is Localhost")
