"""The checks of the level baseline: known ways out of a container are closed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from bouvier.kinds.podsecurity.violations import (
    Check,
    Part,
    Violation,
    containers,
    many,
    named_containers,
    quoted,
    security,
    setters,
)

_CAPABILITIES = frozenset(
    {
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    }
)
_SYSCTLS = frozenset(
    {
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.ping_group_range",
        "net.ipv4.tcp_syncookies",
    }
)
_SYSCTLS_27 = _SYSCTLS | {"net.ipv4.ip_local_reserved_ports"}
_SYSCTLS_29 = _SYSCTLS_27 | {
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
}
_SYSCTLS_32 = _SYSCTLS_29 | {"net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"}
_SELINUX = frozenset({"", "container_init_t", "container_kvm_t", "container_t"})
_APPARMOR = "container.apparmor.security.beta.kubernetes.io/"


def _bad_containers(spec: Part, is_bad: Callable[[Part], bool]) -> list[str]:
    return [container["name"] for container in containers(spec) if is_bad(container)]


def _app_armor(metadata: Part, spec: Part) -> Violation | None:
    bad_notes = sorted(
        f'{key}="{value}"'
        for key, value in (metadata.get("annotations") or {}).items()
        if key.startswith(_APPARMOR) and value not in ("", "runtime/default") and not value.startswith("localhost/")
    )
    values: set[str] = set()

    def is_bad(context: Part) -> bool:
        kind = (context.get("appArmorProfile") or {}).get("type", "RuntimeDefault")
        if kind in ("RuntimeDefault", "Localhost"):
            return False
        values.add(kind)
        return True

    bad = setters(spec, is_bad)
    if not bad and not bad_notes:
        return None
    details = [f"{' and '.join(bad)} must not set AppArmor profile type to {quoted(sorted(values))}"] if bad else []
    reason = many("forbidden AppArmor profile", "forbidden AppArmor profiles", len(values) + len(bad_notes))
    return Violation(reason, ", ".join([*details, *bad_notes]))


def _capabilities(_metadata: Part, spec: Part) -> Violation | None:
    added: set[str] = set()

    def is_bad(container: Part) -> bool:
        wrong = set((security(container).get("capabilities") or {}).get("add") or ()) - _CAPABILITIES
        added.update(wrong)
        return bool(wrong)

    bad = _bad_containers(spec, is_bad)
    if not bad:
        return None
    detail = f"{named_containers(bad)} must not include {quoted(sorted(added))} in securityContext.capabilities.add"
    return Violation("non-default capabilities", detail)


def _host_namespaces(_metadata: Part, spec: Part) -> Violation | None:
    shared = [f"{field}=true" for field in ("hostNetwork", "hostPID", "hostIPC") if spec.get(field)]
    return Violation("host namespaces", ", ".join(shared)) if shared else None


def _host_paths(_metadata: Part, spec: Part) -> Violation | None:
    bad = [volume["name"] for volume in spec.get("volumes") or () if volume.get("hostPath") is not None]
    return Violation("hostPath volumes", f"{many('volume', 'volumes', len(bad))} {quoted(bad)}") if bad else None


def _host_ports(_metadata: Part, spec: Part) -> Violation | None:
    ports: set[int] = set()

    def is_bad(container: Part) -> bool:
        found = {port["hostPort"] for port in container.get("ports") or () if port.get("hostPort")}
        ports.update(found)
        return bool(found)

    bad = _bad_containers(spec, is_bad)
    if not bad:
        return None
    listed = ", ".join(sorted(map(str, ports)))
    verb, noun = many("uses", "use", len(bad)), many("hostPort", "hostPorts", len(ports))
    return Violation("hostPort", f"{named_containers(bad)} {verb} {noun} {listed}")


def _hosts_asked(container: Part) -> Iterator[str]:
    lifecycle = container.get("lifecycle") or {}
    handlers = [container.get(name) for name in ("livenessProbe", "readinessProbe", "startupProbe")]
    handlers += [lifecycle.get(name) for name in ("postStart", "preStop")]
    for handler in handlers:
        for action in ("httpGet", "tcpSocket"):
            host = ((handler or {}).get(action) or {}).get("host")
            if host:
                yield host


def _host_probes(_metadata: Part, spec: Part) -> Violation | None:
    hosts: set[str] = set()

    def is_bad(container: Part) -> bool:
        found = set(_hosts_asked(container))
        hosts.update(found)
        return bool(found)

    bad = sorted(_bad_containers(spec, is_bad))
    if not bad:
        return None
    noun = many("probe or lifecycle host", "probe or lifecycle hosts", len(hosts))
    detail = f"{named_containers(bad)} {many('uses', 'use', len(bad))} {noun} {quoted(sorted(hosts))}"
    return Violation("probe or lifecycle host", detail)


def _privileged(_metadata: Part, spec: Part) -> Violation | None:
    bad = _bad_containers(spec, lambda container: bool(security(container).get("privileged")))
    if not bad:
        return None
    return Violation("privileged", f"{named_containers(bad)} must not set securityContext.privileged=true")


def _proc_mount(_metadata: Part, spec: Part) -> Violation | None:
    values: set[str] = set()

    def is_bad(container: Part) -> bool:
        value = security(container).get("procMount") or "Default"
        if value != "Default":
            values.add(value)
        return bool(value != "Default")

    bad = _bad_containers(spec, is_bad)
    if not bad:
        return None
    detail = f"{named_containers(bad)} must not set securityContext.procMount to {quoted(sorted(values))}"
    return Violation("procMount", detail)


def _seccomp(_metadata: Part, spec: Part) -> Violation | None:
    values: set[str] = set()

    def is_bad(context: Part) -> bool:
        kind = (context.get("seccompProfile") or {}).get("type", "RuntimeDefault")
        if kind in ("RuntimeDefault", "Localhost"):
            return False
        values.add(kind)
        return True

    bad = setters(spec, is_bad)
    if not bad:
        return None
    detail = f"{' and '.join(bad)} must not set securityContext.seccompProfile.type to {quoted(sorted(values))}"
    return Violation("seccompProfile", detail)


def _se_linux(allowed: frozenset[str]) -> Callable[[Part, Part], Violation | None]:
    def run(_metadata: Part, spec: Part) -> Violation | None:
        types: set[str] = set()
        named: dict[str, bool] = {"user": False, "role": False}

        def is_bad(context: Part) -> bool:
            options = context.get("seLinuxOptions") or {}
            wrong = {options.get("type") or ""} - allowed
            types.update(wrong)
            for field in named:
                named[field] |= bool(options.get(field))
            return bool(wrong or options.get("user") or options.get("role"))

        bad = setters(spec, is_bad)
        if not bad:
            return None
        data = [f"{many('type', 'types', len(types))} {quoted(sorted(types))}"] if types else []
        data += [f"{field} may not be set" for field, is_set in named.items() if is_set]
        detail = f"{' and '.join(bad)} set forbidden securityContext.seLinuxOptions: {'; '.join(data)}"
        return Violation("seLinuxOptions", detail)

    return run


def _sysctls(allowed: frozenset[str]) -> Callable[[Part, Part], Violation | None]:
    def run(_metadata: Part, spec: Part) -> Violation | None:
        given: list[Any] = security(spec).get("sysctls") or []
        bad = [one["name"] for one in given if one["name"] not in allowed]
        return Violation("forbidden sysctls", ", ".join(bad)) if bad else None

    return run


def _host_process(_metadata: Part, spec: Part) -> Violation | None:
    bad = setters(spec, lambda context: bool((context.get("windowsOptions") or {}).get("hostProcess")))
    if not bad:
        return None
    detail = f"{' and '.join(bad)} must not set securityContext.windowsOptions.hostProcess=true"
    return Violation("hostProcess", detail)


CHECKS = (
    Check("appArmorProfile", 0, _app_armor),
    Check("capabilities_baseline", 0, _capabilities),
    Check("hostNamespaces", 0, _host_namespaces),
    Check("hostPathVolumes", 0, _host_paths),
    Check("hostPorts", 0, _host_ports),
    Check("hostProbesAndHostLifecycle", 34, _host_probes),
    Check("privileged", 0, _privileged),
    Check("procMount", 0, _proc_mount),
    Check("seLinuxOptions", 0, _se_linux(_SELINUX)),
    Check("seLinuxOptions", 31, _se_linux(_SELINUX | {"container_engine_t"})),
    Check("seccompProfile_baseline", 19, _seccomp),
    Check("sysctls", 0, _sysctls(_SYSCTLS)),
    Check("sysctls", 27, _sysctls(_SYSCTLS_27)),
    Check("sysctls", 29, _sysctls(_SYSCTLS_29)),
    Check("sysctls", 32, _sysctls(_SYSCTLS_32)),
    Check("windowsHostProcess", 0, _host_process),
)
