"""The pod of a run: host names, DNS, namespaces shared with the host, restart policy, node choice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bouvier.cli.docker_run.annotated import is_annotated
from bouvier.cli.docker_run.container import build_container
from bouvier.cli.docker_run.request import RunRequest
from bouvier.cli.docker_run.values import parse_pairs
from bouvier.cli.docker_run.volumes import mounts_of, write_mounts

RESTART_POLICIES = {"no": "Never", "on-failure": "OnFailure", "always": "Always", "unless-stopped": "Always"}


def build_pod_spec(request: RunRequest, name: str, environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the pod's spec.

    Raises:
        ValueError: an option's value is not understood or not supported.
    """
    container = build_container(request, name, environ)
    spec: dict[str, Any] = {"containers": [container]}
    write_mounts(mounts_of(request), container, spec)
    spec |= _namespaces(request) | _names(request) | _dns(request)
    if request.stop_timeout is not None:
        spec["terminationGracePeriodSeconds"] = request.stop_timeout
    if request.init:
        spec["shareProcessNamespace"] = True
    if request.platform:
        spec["nodeSelector"] = _platform(request.platform)
    security = _pod_security(request)
    if security:
        spec["securityContext"] = security
    policy = restart_policy(request)
    if policy != "Always":
        spec["restartPolicy"] = policy
    return spec


def restart_policy(request: RunRequest) -> str:
    """Return the pod's restart policy; without `--restart` a run is kept alive, unless it is to be removed at its end.

    Raises:
        ValueError: a policy that is not known.
    """
    policy, _, retries = request.restart.partition(":")
    if not policy:
        return "Never" if request.rm else "Always"
    if policy not in RESTART_POLICIES:
        raise ValueError(f"--restart {request.restart}: expected one of {', '.join(RESTART_POLICIES)}")
    if retries and (policy != "on-failure" or not retries.isdecimal()):
        raise ValueError(f"--restart {request.restart}: only on-failure takes a number: on-failure:3")
    if request.rm and policy != "no":
        raise ValueError(f"--rm and --restart {request.restart} contradict each other: leave one out")
    return RESTART_POLICIES[policy]


def _namespaces(request: RunRequest) -> dict[str, Any]:
    spec: dict[str, Any] = {}
    if request.network == "host":
        spec["hostNetwork"] = True
    elif request.network not in ("", "bridge", "default"):
        raise ValueError(
            f"--network {request.network}: pods are all in one network; leave it out, or use host; "
            "containers that share an address belong in one pod, see: bouvier convert --to yaml"
        )
    for value, field in ((request.pid, "hostPID"), (request.ipc, "hostIPC")):
        if value == "host":
            spec[field] = True
    return spec


def _names(request: RunRequest) -> dict[str, Any]:
    spec: dict[str, Any] = {"hostname": request.hostname} if request.hostname else {}
    names_by_address: dict[str, list[str]] = {}
    for text in request.add_host:
        name, separator, address = text.replace("=", ":", 1).partition(":")
        if not separator or not name or not address:
            raise ValueError(f"--add-host {text}: expected NAME:ADDRESS")
        if address == "host-gateway":
            raise ValueError(f"--add-host {text}: the host's address differs from host to host; name it by number")
        names_by_address.setdefault(address.strip("[]"), []).append(name)
    if names_by_address:
        spec["hostAliases"] = [{"ip": ip, "hostnames": names} for ip, names in names_by_address.items()]
    return spec


def _dns(request: RunRequest) -> dict[str, Any]:
    options = []
    for text in request.dns_option:
        name, colon, value = text.partition(":")
        options.append({"name": name, "value": value} if colon else {"name": name})
    config = {"nameservers": list(request.dns), "searches": list(request.dns_search), "options": options}
    filled = {field: value for field, value in config.items() if value}
    if not filled:
        return {}
    return {"dnsConfig": filled} | ({"dnsPolicy": "None"} if request.dns else {})


def _platform(text: str) -> dict[str, str]:
    system, _, architecture = text.partition("/")
    selector = {"kubernetes.io/os": system}
    if architecture:
        selector["kubernetes.io/arch"] = architecture.partition("/")[0]
    return selector


def _pod_security(request: RunRequest) -> dict[str, Any]:
    security: dict[str, Any] = {}
    groups = [int(group) for group in request.group_add if not is_annotated("group-add", group)]
    if groups:
        security["supplementalGroups"] = groups
    if request.sysctl:
        security["sysctls"] = [{"name": n, "value": v} for n, v in parse_pairs("--sysctl", request.sysctl).items()]
    return security
