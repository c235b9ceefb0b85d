"""Security contexts as the engine understands them (pure)."""

from __future__ import annotations

from typing import Any

from bouvier.engine.specs import Security
from bouvier.meta.objects import Obj
from bouvier.node.pods.environment import ConfigError


def security_of(pod: Obj, container: Obj, image_user: str) -> Security:
    """Return who the container's processes are and what they may do.

    Raises:
        ConfigError: `runAsNonRoot` is set and the container would run as root, or a setting is not supported here.
    """
    own = container.get("securityContext") or {}
    shared = pod["spec"].get("securityContext") or {}
    user, group = _setting(own, shared, "runAsUser"), _setting(own, shared, "runAsGroup")
    if _setting(own, shared, "runAsNonRoot"):
        _refuse_root(container, user, image_user)
    capabilities = own.get("capabilities") or {}
    privileged = bool(own.get("privileged"))
    return Security(
        user=_user(user, group, image_user),
        groups=_groups(shared),
        privileged=privileged,
        add_capabilities=tuple(capabilities.get("add") or ()),
        drop_capabilities=tuple(capabilities.get("drop") or ()),
        read_only_root=bool(own.get("readOnlyRootFilesystem")),
        no_new_privileges=own.get("allowPrivilegeEscalation") is False and not privileged,
        seccomp=_seccomp(own, shared),
        unmasked_proc=own.get("procMount") == "Unmasked",
    )


def _setting(own: Obj, shared: Obj, name: str) -> Any:
    value = own.get(name)
    return shared.get(name) if value is None else value


def _user(user: int | None, group: int | None, image_user: str) -> str:
    if user is None and group is None:
        return ""
    name = str(user) if user is not None else (image_user.partition(":")[0] or "0")
    return name if group is None else f"{name}:{group}"


def _groups(shared: Obj) -> tuple[str, ...]:
    groups = [str(group) for group in shared.get("supplementalGroups") or ()]
    if shared.get("fsGroup") is not None:
        groups.append(str(shared["fsGroup"]))
    return tuple(dict.fromkeys(groups))


def _refuse_root(container: Obj, user: int | None, image_user: str) -> None:
    name = container["name"]
    if user is not None:
        if user == 0:
            raise ConfigError(f"container's runAsUser breaks non-root policy (container: {name})")
        return
    image_name = image_user.partition(":")[0]
    if image_name in {"", "0", "root"}:
        raise ConfigError(f"container has runAsNonRoot and image will run as root (container: {name})")
    if not image_name.isdecimal():
        raise ConfigError(
            f"container has runAsNonRoot and image has non-numeric user ({image_name}), "
            f"cannot verify user is non-root (container: {name})"
        )


def _seccomp(own: Obj, shared: Obj) -> str:
    profile = own.get("seccompProfile") or shared.get("seccompProfile") or {}
    kind = profile.get("type", "")
    if kind == "Localhost":
        raise ConfigError(
            "seccompProfile.type Localhost is not supported by this node: use RuntimeDefault or Unconfined"
        )
    return "unconfined" if kind == "Unconfined" else ""


def sysctls_of(pod: Obj) -> dict[str, str]:
    """Return the kernel parameters of the pod's namespaces."""
    entries = (pod["spec"].get("securityContext") or {}).get("sysctls") or ()
    return {entry["name"]: entry["value"] for entry in entries}
