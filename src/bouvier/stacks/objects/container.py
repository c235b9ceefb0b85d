"""One container from one service."""

from __future__ import annotations

from typing import Any

from bouvier.stacks.compose.fields import Fields
from bouvier.stacks.compose.values import dns_label, literal, size, words
from bouvier.stacks.objects.ports import Port
from bouvier.stacks.objects.probes import compose_probes, rancher_probes

PULL_LABEL = "io.rancher.container.pull_image"
_PULL = {"always": "Always", "never": "Never", "missing": "IfNotPresent", "if_not_present": "IfNotPresent"}

Container = dict[str, Any]


def container_of(fields: Fields, rancher: Fields, name: str, ports: list[Port], labels: dict[str, Any]) -> Container:
    """Return the container, without its mounts.

    Raises:
        StackError: a value is not understood.
    """
    image = fields.text("image")
    if not image:
        raise fields.error("", "a service needs an image")
    container: Container = {"name": dns_label(name), "image": image}
    policy = fields.text("pull_policy")
    if labels.get(PULL_LABEL) == "always" or policy:
        container["imagePullPolicy"] = _pull_policy(fields, policy or "always")
    for key, field in (("entrypoint", "command"), ("command", "args")):
        value = fields.take(key)
        if value:
            container[field] = [literal(word) for word in words(value)]
    variables = fields.pairs("environment")
    if variables:
        container["env"] = [{"name": key, "value": literal(value)} for key, value in variables.items()]
    if ports:
        container["ports"] = [_port(port) for port in ports]
    container |= _switches(fields)
    resources = _resources(fields, rancher)
    if resources:
        container["resources"] = resources
    security = _security(fields)
    if security:
        container["securityContext"] = security
    return container | compose_probes(fields) | rancher_probes(rancher)


def _pull_policy(fields: Fields, policy: str) -> str:
    if policy not in _PULL:
        raise fields.error("pull_policy", f"{policy} is none of " + ", ".join(_PULL))
    return _PULL[policy]


def _port(port: Port) -> dict[str, Any]:
    entry: dict[str, Any] = {"containerPort": port.target, "protocol": port.protocol}
    if port.mode == "host" and port.published:
        entry["hostPort"] = port.published
        if port.host_ip:
            entry["hostIP"] = port.host_ip
    return entry


def _switches(fields: Fields) -> Container:
    made: Container = {}
    if fields.has("working_dir"):
        made["workingDir"] = fields.text("working_dir")
    if fields.flag("tty"):
        made["tty"] = True
    if fields.flag("stdin_open"):
        made["stdin"] = True
    return made


def _resources(fields: Fields, rancher: Fields) -> dict[str, dict[str, str]]:
    """Return requests and limits; `deploy.resources` comes before the keys of version 2."""
    given = fields.inner("deploy").inner("resources")
    made: dict[str, dict[str, str]] = {}
    try:
        for part, field in (("limits", "limits"), ("reservations", "requests")):
            amounts = given.inner(part)
            if amounts.has("cpus"):
                made.setdefault(field, {})["cpu"] = _cpus(amounts.text("cpus"))
            if amounts.has("memory"):
                made.setdefault(field, {})["memory"] = size(amounts.take("memory"))
            amounts.finish(
                {
                    "pids": "the number of processes is not limited",
                    "devices": "devices are not shared out",
                    "generic_resources": "devices are not shared out",
                }
            )
        for key, field, resource in (("mem_limit", "limits", "memory"), ("mem_reservation", "requests", "memory")):
            if fields.has(key):
                made.setdefault(field, {}).setdefault(resource, size(fields.take(key)))
        if fields.has("cpus"):
            made.setdefault("limits", {}).setdefault("cpu", _cpus(fields.text("cpus")))
        if fields.has("cpu_shares"):
            shares = fields.number("cpu_shares") or 2
            made.setdefault("requests", {}).setdefault("cpu", f"{max(1, shares * 1000 // 1024)}m")
    except ValueError as error:
        raise fields.error("", str(error)) from None
    reserved = rancher.number("milli_cpu_reservation")
    if reserved:
        made.setdefault("requests", {})["cpu"] = f"{reserved}m"
    return made


def _cpus(text: str) -> str:
    amount = float(text)
    return f"{max(1, round(amount * 1000))}m"


def _security(fields: Fields) -> dict[str, Any]:
    security: dict[str, Any] = {}
    if fields.flag("privileged"):
        security["privileged"] = True
    if fields.flag("read_only"):
        security["readOnlyRootFilesystem"] = True
    capabilities = {
        field: [str(one).upper().removeprefix("CAP_") for one in fields.items(key)]
        for key, field in (("cap_add", "add"), ("cap_drop", "drop"))
        if fields.has(key)
    }
    if capabilities:
        security["capabilities"] = capabilities
    for index, option in enumerate(fields.items("security_opt")):
        if str(option).replace("=", ":") in ("no-new-privileges", "no-new-privileges:true"):
            security["allowPrivilegeEscalation"] = False
        else:
            fields.ignore(f"security_opt[{index}]", f"{option} has no effect")
    return security | _user(fields)


def _user(fields: Fields) -> dict[str, Any]:
    text = fields.text("user")
    if not text:
        return {}
    user, _, group = text.partition(":")
    if not user.isdecimal() or (group and not group.isdecimal()):
        fields.ignore("user", f"{text}: pods take numbers only; the image's own user is used")
        return {}
    return {"runAsUser": int(user), **({"runAsGroup": int(group)} if group else {})}
