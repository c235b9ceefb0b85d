"""The one reading of options and `DIR/platform.json`: what every daemon of a platform needs to know.

The first start draws the platform id and chooses ports and address ranges; they are written to `platform.json` and read
from there ever after. Ports may be changed by naming them at a later start; address ranges may not, because running
pods and stored services carry them.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from bouvier.daemons.addresses import choose_ranges, parse_port_range, routes_of_host
from bouvier.daemons.claims import choosing, claim
from bouvier.store.etcd.address import parse_address
from bouvier.util.api_options import NUMBERS, number_of
from bouvier.util.host import own_address
from bouvier.util.places import Places
from bouvier.util.ports import first_free_port

DEFAULT_PORT = 6443
DEFAULT_NODE_PORT_RANGE = "30000-32767"
"""Kubernetes' own default."""
HTTP_PORTS = (80, 8080, 8880, 18080)
HTTPS_PORTS = (443, 8443, 8843, 18443)
"""Ports of the balancer, in order of preference; the first that are free at the first start are kept."""
CLUSTER_DOMAIN = "cluster.local"
OVERLAYS = ("route", "vxlan", "ipsec")
DEFAULT_OVERLAY = "vxlan"
"""Works on every network that carries UDP between the hosts, and costs next to nothing; not encrypted."""
LOOPBACK = "127.0.0.1"


class Platform(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The content of `platform.json`."""

    id: str
    """Six hex digits: part of bridge, table and container names, so that several platforms share a machine."""
    port: int
    pod_cidr: str
    service_cidr: str
    node_port_range: str
    http_port: int
    https_port: int
    engine: str = ""
    """`unix://…` of an engine that the administrator named; empty: the host's own or a private one."""
    overlay: str = DEFAULT_OVERLAY
    """How pods of different hosts reach each other: `route`, `vxlan` or `ipsec`."""
    address: str = ""
    """Address of this host for the others; empty: the one on its way out."""
    server: str = ""
    """URL of the API that this host has joined; empty: the API is served here."""
    node_name: str = ""
    """Name of this host's Node when it is not the machine's own."""
    store: str = ""
    """URL of the etcd cluster that holds all objects; empty: a file of this platform's own."""
    domain: str = CLUSTER_DOMAIN
    """Last part of every service's name."""
    api_options: dict[str, list[str]] = {}
    """Options of the API server by name (`util.api_options`), each with its values."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a start may ask for; empty or zero means: as before, or chosen at the first start."""

    port: int = 0
    http_port: int = 0
    https_port: int = 0
    pod_cidr: str = ""
    service_cidr: str = ""
    node_port_range: str = ""
    engine: str = ""
    overlay: str = ""
    address: str = ""
    store: str = ""
    api_options: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Those that were named; an empty text takes one back."""


@dataclass(frozen=True, slots=True)
class Settings(Places):
    """Everything that the daemons of one platform share, with all paths below the data directory."""

    platform: Platform
    engine_socket: Path
    """API socket of the engine that runs this host's containers."""
    node_name: str
    """Name of this host's Node object."""

    @property
    def api_address(self) -> str:
        """Address under which users reach the API: loopback unless the administrator named one."""
        return self.platform.address or LOOPBACK

    @property
    def host_address(self) -> str:
        """Address of this host for the other hosts."""
        return self.platform.address or own_address(urlsplit(self.platform.server).hostname or "")

    @property
    def is_agent(self) -> bool:
        """Tell whether this host has joined a platform whose API is served elsewhere."""
        return bool(self.platform.server)

    @property
    def platform_id(self) -> str:
        """Six hex digits that are this platform's in every global name."""
        return self.platform.id

    @property
    def api_url(self) -> str:
        """Address of the API as users type it."""
        return self.platform.server or f"https://{self.api_address}:{self.platform.port}"

    @property
    def node_ports(self) -> tuple[int, int]:
        """First and last node port."""
        return parse_port_range(self.platform.node_port_range)

    @property
    def kubernetes_address(self) -> str:
        """Cluster address of the service `kubernetes`: the first of the service range."""
        return str(IPv4Network(self.platform.service_cidr)[1])

    @property
    def dns_address(self) -> str:
        """Cluster address of the service `kube-dns`: the tenth of the service range."""
        return str(IPv4Network(self.platform.service_cidr)[10])

    @property
    def cluster_domain(self) -> str:
        """Last part of every service's name."""
        return self.platform.domain

    @property
    def has_private_engine(self) -> bool:
        """Tell whether the engine is one that this platform started for itself."""
        return self.engine_socket == self.private_engine_socket

    @property
    def cgroup_parent(self) -> str:
        """The cgroup below which all containers of the platform live."""
        own = f"-{self.node_name}" if self.is_agent else ""
        return f"/bouvier-{self.platform.id}{own}"


def first_platform(
    options: Options, routes: Sequence[IPv4Network], new_id: str, free_port: Callable[[Sequence[int]], int]
) -> Platform:
    """Decide the platform of a first start.

    Raises:
        ValueError: an option cannot be used.
    """
    ranges = choose_ranges(routes, options.pod_cidr, options.service_cidr)
    node_port_range = options.node_port_range or DEFAULT_NODE_PORT_RANGE
    parse_port_range(node_port_range)
    return Platform(
        id=new_id,
        port=options.port or DEFAULT_PORT,
        pod_cidr=ranges.pod_cidr,
        service_cidr=ranges.service_cidr,
        node_port_range=node_port_range,
        http_port=options.http_port or free_port(HTTP_PORTS),
        https_port=options.https_port or free_port(HTTPS_PORTS),
        engine=options.engine,
        overlay=_overlay(options.overlay or DEFAULT_OVERLAY),
        address=address_option(options.address),
        store=_store(options.store),
        api_options=merged_api_options({}, options.api_options),
    )


def merged_api_options(known: Mapping[str, Sequence[str]], asked: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return the options as before, but for those that were named now.

    Raises:
        ValueError: one that is a number is none.
    """
    together = {**known, **asked}
    for name in NUMBERS:
        number_of(together, name)
    return {name: list(values) for name, values in together.items() if any(values)}


def _store(url: str) -> str:
    if url:
        parse_address(url)
    return url


def _overlay(driver: str) -> str:
    if driver not in OVERLAYS:
        raise ValueError(f"--overlay {driver}: expected {', '.join(OVERLAYS[:-1])} or {OVERLAYS[-1]}")
    return driver


def address_option(text: str) -> str:
    """Return the value of `--address`.

    Raises:
        ValueError: it is no IPv4 address.
    """
    try:
        return str(IPv4Address(text)) if text else ""
    except ValueError:
        raise ValueError(f"--address {text}: expected an IPv4 address of this host") from None


def later_platform(platform: Platform, options: Options) -> Platform:
    """Decide the platform of a later start: ports and engine may change, ranges may not.

    Raises:
        ValueError: an option names another address range than the platform was made with.
    """
    for option, asked, kept in (
        ("--pod-cidr", options.pod_cidr, platform.pod_cidr),
        ("--service-cidr", options.service_cidr, platform.service_cidr),
        ("--store", options.store, platform.store or "a file of its own"),
    ):
        if asked and asked != kept:
            raise ValueError(
                f"{option} {asked}: this platform was made with {kept}; use another --data-dir for another one"
            )
    if options.node_port_range:
        parse_port_range(options.node_port_range)
    return msgspec.structs.replace(
        platform,
        port=options.port or platform.port,
        http_port=options.http_port or platform.http_port,
        https_port=options.https_port or platform.https_port,
        node_port_range=options.node_port_range or platform.node_port_range,
        engine=options.engine or platform.engine,
        overlay=_overlay(options.overlay or platform.overlay),
        address=address_option(options.address) or platform.address,
        api_options=merged_api_options(platform.api_options, options.api_options),
    )


def read_platform(places: Places) -> Platform | None:
    """Return the platform of a data directory, None before its first start.

    Raises:
        ValueError: `platform.json` is damaged.
    """
    try:
        return msgspec.json.decode(places.platform_file.read_bytes(), type=Platform)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError as error:
        raise ValueError(f"{places.platform_file}: {error}; restore it or move the data directory away") from None


def prepare_platform(places: Places, options: Options) -> Platform:
    """Return the platform for a start with `options`, writing `platform.json` when something is new.

    Raises:
        ValueError: an option or the file cannot be used.
    """
    known = read_platform(places)
    if known is not None and known.server:
        raise ValueError(
            f"{places.data_dir} belongs to a host that joined {known.server}: name another data directory, "
            f"or remove that one by: bouvier down --purge --data-dir {places.data_dir}"
        )
    if known is not None:
        platform = later_platform(known, options)
        if platform != known:
            write_platform(places, platform)
        _claim(places, platform)
        return platform
    with choosing() as claimed:
        platform = first_platform(options, [*routes_of_host(), *claimed], secrets.token_hex(3), first_free_port)
        write_platform(places, platform)
        _claim(places, platform)
    return platform


def _claim(places: Places, platform: Platform) -> None:
    claim(platform.id, places.data_dir, [platform.pod_cidr, platform.service_cidr])


def write_platform(places: Places, platform: Platform) -> None:
    """Write `platform.json` in one step."""
    places.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    text = json.dumps(msgspec.to_builtins(platform), indent=2) + "\n"
    draft = places.platform_file.with_suffix(".new")
    draft.write_text(text)
    draft.replace(places.platform_file)


def settings_for(places: Places, platform: Platform, engine_socket: Path) -> Settings:
    """Return the settings of a platform whose engine is known, making the folders that every daemon expects."""
    for folder in (places.run_dir, places.log_dir, places.pods_dir, places.store_file.parent):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Settings(
        data_dir=places.data_dir,
        platform=platform,
        engine_socket=engine_socket,
        node_name=platform.node_name or host_name(),
    )


def host_name() -> str:
    """Return this machine's name in the form that a Node's name takes; `BOUVIER_NODE_NAME` overrides it."""
    return (os.environ.get("BOUVIER_NODE_NAME") or socket.gethostname()).lower()


def load_settings(places: Places) -> Settings:
    """Return the settings of a platform that has been started before (for a daemon run by hand).

    Raises:
        ValueError: there is no platform in the data directory, or its file is damaged.
    """
    platform = read_platform(places)
    if platform is None:
        raise ValueError(f"there is no platform in {places.data_dir}: run `bouvier up` first")
    engine_note = places.run_dir / "engine"
    socket_path = engine_note.read_text().strip() if engine_note.exists() else str(places.private_engine_socket)
    return settings_for(places, platform, Path(socket_path))
