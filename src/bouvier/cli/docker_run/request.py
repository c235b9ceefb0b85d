"""What one `bouvier run` asks for: every option that is honoured, as typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bouvier.kinds.podspec.runoptions.extended import EXTENDED


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """Options of one run; texts as typed, lists in order."""

    image: str
    command: tuple[str, ...] = ()
    name: str = ""
    namespace: str = "default"
    replicas: int | None = None
    add_host: tuple[str, ...] = ()
    annotation: tuple[str, ...] = ()
    cap_add: tuple[str, ...] = ()
    cap_drop: tuple[str, ...] = ()
    cpu_shares: int | None = None
    cpus: str = ""
    detach: bool = False
    dns: tuple[str, ...] = ()
    dns_option: tuple[str, ...] = ()
    dns_search: tuple[str, ...] = ()
    entrypoint: str | None = None
    env: tuple[str, ...] = ()
    env_file: tuple[str, ...] = ()
    expose: tuple[str, ...] = ()
    """Ports, as docker's; anything else is a host name to serve under."""
    group_add: tuple[str, ...] = ()
    health_cmd: str = ""
    health_interval: str = ""
    health_retries: int | None = None
    health_start_interval: str = ""
    health_start_period: str = ""
    health_timeout: str = ""
    hostname: str = ""
    init: bool = False
    interactive: bool = False
    ipc: str = ""
    label: tuple[str, ...] = ()
    label_file: tuple[str, ...] = ()
    memory: str = ""
    memory_reservation: str = ""
    mount: tuple[str, ...] = ()
    network: str = ""
    no_healthcheck: bool = False
    pid: str = ""
    platform: str = ""
    privileged: bool = False
    publish: tuple[str, ...] = ()
    pull: str = ""
    quiet: bool = False
    read_only: bool = False
    restart: str = ""
    rm: bool = False
    security_opt: tuple[str, ...] = ()
    shm_size: str = ""
    stop_timeout: int | None = None
    sysctl: tuple[str, ...] = ()
    tmpfs: tuple[str, ...] = ()
    tty: bool = False
    user: str = ""
    volume: tuple[str, ...] = ()
    workdir: str = ""
    attach: tuple[str, ...] = ()
    cidfile: str = ""
    disable_content_trust: bool = False
    link: tuple[str, ...] = ()
    network_alias: tuple[str, ...] = ()
    publish_all: bool = False
    sig_proxy: bool = True
    use_api_socket: bool = False
    extended: Mapping[str, Any] = field(default_factory=dict)
    """Options without a field of Kubernetes, by docker's name, typed as the table of options says."""


def request_of(image: str, command: tuple[str, ...], options: Mapping[str, Any]) -> RunRequest:
    """Return the request for options by attribute name; those not given are empty."""
    plain = dict(options)
    extended = {}
    for option in EXTENDED:
        value = plain.pop(option.attribute, None)
        if value not in (None, "", (), False):
            extended[option.name] = list(value) if isinstance(value, tuple) else value
    return RunRequest(image=image, command=command, extended=extended, **plain)
