"""What concerns the whole pod: names, resolvers, the host's namespaces, time to stop."""

from __future__ import annotations

from typing import Any

from bouvier.stacks.compose.fields import Fields
from bouvier.stacks.compose.values import dns_label, whole_seconds

GRACE_SECONDS = 10
"""Compose's own time to stop."""


def pod_settings(fields: Fields) -> dict[str, Any]:
    """Return the fields of the pod that one service asks for.

    Raises:
        StackError: a value is not understood.
    """
    spec: dict[str, Any] = {}
    hostname = fields.text("hostname")
    if hostname:
        spec["hostname"] = dns_label(hostname)
    try:
        spec["terminationGracePeriodSeconds"] = whole_seconds(fields.take("stop_grace_period", GRACE_SECONDS))
    except ValueError as error:
        raise fields.error("stop_grace_period", str(error)) from None
    if fields.flag("init"):
        spec["shareProcessNamespace"] = True
    spec |= _resolvers(fields)
    aliases = _host_aliases(fields)
    if aliases:
        spec["hostAliases"] = aliases
    return spec | _host_namespaces(fields) | _security(fields)


def _resolvers(fields: Fields) -> dict[str, Any]:
    options = [str(one).partition(":") for one in fields.items("dns_opt")]
    config = {
        "nameservers": [str(one) for one in fields.items("dns")],
        "searches": [str(one) for one in fields.items("dns_search") if one != "."],
        "options": [{"name": name, **({"value": value} if value else {})} for name, _, value in options],
    }
    config = {key: value for key, value in config.items() if value}
    return {"dnsConfig": config} if config else {}


def _host_aliases(fields: Fields) -> list[dict[str, Any]]:
    given = fields.take("extra_hosts", {})
    if isinstance(given, dict):
        pairs = [
            (name, str(one)) for name, value in given.items() for one in (value if isinstance(value, list) else [value])
        ]
    else:
        pairs = [_host_pair(str(one)) for one in given]
    names: dict[str, list[str]] = {}
    for name, address in pairs:
        if address == "host-gateway":
            fields.ignore("extra_hosts", f"{name}: the host has no fixed address inside pods")
            continue
        names.setdefault(address.strip("[]"), []).append(name)
    return [{"ip": address, "hostnames": hosts} for address, hosts in names.items()]


def _host_pair(text: str) -> tuple[str, str]:
    name, equals, address = text.partition("=")
    return (name, address) if equals else (text.partition(":")[0], text.partition(":")[2])


def _host_namespaces(fields: Fields) -> dict[str, Any]:
    spec: dict[str, Any] = {}
    mode = fields.text("network_mode")
    if mode == "host":
        spec |= {"hostNetwork": True, "dnsPolicy": "ClusterFirstWithHostNet"}
    elif mode == "none":
        raise fields.error("network_mode", "a pod always has a network", "leave it out")
    elif mode not in ("", "bridge", "default", "managed") and ":" not in mode:
        fields.ignore("network_mode", f"{mode}: there is one flat network")
    for key, field in (("pid", "hostPID"), ("ipc", "hostIPC")):
        value = fields.text(key)
        if value == "host":
            spec[field] = True
        elif value.startswith(("service:", "container:")) and key == "pid":
            spec["shareProcessNamespace"] = True
        elif value and key == "pid":
            fields.ignore(key, f"{value} is not possible in a pod")
    return spec


def _security(fields: Fields) -> dict[str, Any]:
    security: dict[str, Any] = {}
    sysctls = fields.pairs("sysctls")
    if sysctls:
        security["sysctls"] = [{"name": name, "value": value} for name, value in sysctls.items()]
    groups = []
    for index, group in enumerate(fields.items("group_add")):
        if str(group).isdecimal():
            groups.append(int(group))
        else:
            fields.ignore(f"group_add[{index}]", f"{group}: pods take numbers only")
    if groups:
        security["supplementalGroups"] = groups
    return {"securityContext": security} if security else {}
