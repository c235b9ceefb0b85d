"""The API server process: store, keys, certificates and sockets for one platform.

It listens with TLS on every address of the host (pods and other hosts reach it there) and on a unix socket that
only the platform's own processes may open.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gc
import resource
import signal
import ssl
import subprocess
import sys
from collections.abc import Sequence
from ipaddress import IPv4Network
from pathlib import Path

import uvloop
import yaml

from bouvier.apiserver.audit.setup import audit_settings
from bouvier.apiserver.authn.settings import Authentication
from bouvier.apiserver.build import ApiServer, ApiSettings
from bouvier.apiserver.clusters.directory import LOCAL
from bouvier.apiserver.clusters.ranges import ranges_of
from bouvier.apiserver.flow.control import TOTAL_SEATS
from bouvier.apiserver.paas.registry import PATH as REGISTRY_PATH
from bouvier.apiserver.paas.registry import REPORTER, RegistryPaths
from bouvier.apiserver.sealing.sealer import SealError
from bouvier.daemons import costs, explanation, hooks
from bouvier.daemons.addresses import routes_of_host
from bouvier.daemons.claims import choosing, claim
from bouvier.daemons.cluster_proxy import ClusterProxy
from bouvier.daemons.console_paths import console_paths
from bouvier.daemons.joining import CA_PATH, authority_path
from bouvier.daemons.logs import set_up_logs
from bouvier.daemons.named_files import NONE
from bouvier.daemons.readiness import announce_ready
from bouvier.daemons.registry import registry_address, token_keys
from bouvier.daemons.server_paths import ServerPaths
from bouvier.daemons.settings import Settings
from bouvier.store.etcd.address import parse_address
from bouvier.store.interface import Store
from bouvier.store.sqlite.store import SqliteStore
from bouvier.util.api_options import number_of
from bouvier.util.pki import LEAF_DAYS, Authority, days_left, hosts_of, write_private

HOME_CONTEXT = "bouvier"
"""Name of the context of `local`."""
RENEW_DAYS = LEAF_DAYS / 3
GC_THRESHOLDS = (50_000, 20, 50)
"""The cache holds bytes, which the collector does not visit; the default of 700 only costs time (measured three
times slower decoding)."""
LISTEN_ADDRESS = "0.0.0.0"


def main(settings: Settings) -> int:
    """Run the API server until it is told to stop."""
    set_up_logs()
    gc.set_threshold(*GC_THRESHOLDS)
    try:
        uvloop.run(_serve(settings))
    except SealError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


async def _serve(settings: Settings) -> None:
    _raise_descriptors()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    authority = Authority.open(settings.pki_dir, "ca", "bouvier-ca")
    context = _tls(settings, authority)
    store = await _open_store(settings)
    server = ApiServer(_api_settings(settings, authority), store)
    context.load_verify_locations(cadata=server.proxies_authority_pem)
    platform = settings.platform
    for prefix, handler in console_paths(platform.http_port, platform.https_port, authority.pem).items():
        server.add_path(prefix, handler)
    server.add_path(CA_PATH, authority_path(authority))
    for prefix, handler in ServerPaths(server.context, settings).handlers().items():
        server.add_path(prefix, handler)
    server.context.clusters.proxy = ClusterProxy(server.context.clusters).handle
    server.add_path(explanation.PATH, explanation.ExplainPath(server.context).explain)
    server.add_path(costs.PATH, costs.CostPaths(server.context, settings.ledger_file).report)
    registry = RegistryPaths(server.context, token_keys(settings, authority), registry_address(settings))
    server.add_path(REGISTRY_PATH, registry.answer)
    server.add_path(hooks.PREFIX, hooks.HookPath(server.context).call)
    await server.start()
    await server.listen(LISTEN_ADDRESS, settings.platform.port, context, settings.apiserver_socket)
    _keep_kubeconfig(settings, authority, server)
    _keep_ranges(settings, authority, server, context)
    gc.collect()
    gc.freeze()
    announce_ready()
    await stop.wait()
    await server.stop()


def _raise_descriptors() -> None:
    """Use as many descriptors as the administrator allows: each connection takes one, and many systems begin with 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def _open_store(settings: Settings) -> Store:
    if not settings.platform.store:
        return await SqliteStore.open(settings.store_file)
    from bouvier.store.etcd.store import EtcdStore  # noqa: PLC0415 - gRPC costs 20 MB, and must not be loaded before a fork

    return await EtcdStore.open(parse_address(settings.platform.store))


def _keep_kubeconfig(settings: Settings, authority: Authority, server: ApiServer) -> None:
    """Write the kubeconfig now and whenever a logical cluster comes or goes."""
    clusters = server.context.clusters
    known: list[str] = []

    def write() -> None:
        names = clusters.names()
        if names != known:
            known[:] = names
            _write_kubeconfig(settings, authority, names)

    write()
    clusters.on_change(lambda _name, _cluster: write())


def _keep_ranges(settings: Settings, authority: Authority, server: ApiServer, context: ssl.SSLContext) -> None:
    """Claim the ranges of native clusters on this machine, and answer TLS under their addresses of the API."""
    clusters = server.context.clusters
    own = [settings.platform.pod_cidr, settings.platform.service_cidr]

    def follow() -> None:
        ranges = [network for cluster in clusters.all() for network in ranges_of(cluster)]
        claim(settings.platform_id, settings.data_dir, [*own, *map(str, ranges)])
        _certify(settings, authority, context, {str(network[1]) for network in ranges})

    follow()
    clusters.on_change(lambda _name, _cluster: follow())


def _taken(settings: Settings) -> list[IPv4Network]:
    """Return the ranges that new clusters keep away from."""
    with choosing() as claimed:
        return [IPv4Network(settings.platform.pod_cidr), *claimed, *routes_of_host()]


def _api_settings(settings: Settings, authority: Authority) -> ApiSettings:
    node = settings.node_name
    return ApiSettings(
        folder=settings.pki_dir,
        service_cidr=settings.platform.service_cidr,
        node_ports=settings.node_ports,
        kubernetes_address=settings.kubernetes_address,
        endpoint=(settings.host_address, settings.platform.port),
        taken_ranges=lambda: _taken(settings),
        server_address=f"{settings.api_address}:{settings.platform.port}",
        audit=audit_settings(settings.platform.api_options, settings.audit_log),
        encryption_file=_encryption_file(settings),
        components={
            "controllers": ("system:kube-controller-manager", ()),
            "scheduler": ("system:kube-scheduler", ()),
            "clusters": ("system:cluster-driver", ()),
            "catalog": ("system:catalog", ()),
            "builder": ("system:builder", ()),
            "registry": (REPORTER, ()),
            "hooks": ("system:hooks", ()),
            "node": (f"system:node:{node}", ("system:nodes",)),
        },
        authority_pem=authority.pem.decode(),
        authentication=Authentication(settings.platform.api_options),
        seats=number_of(settings.platform.api_options, "max-requests-inflight") or TOTAL_SEATS,
        most_connections=number_of(settings.platform.api_options, "max-connections"),
    )


def _encryption_file(settings: Settings) -> Path | None:
    files = settings.platform.api_options.get("encryption-provider-config") or [NONE]
    return None if files[-1] == NONE else Path(files[-1])


def _addresses() -> list[str]:
    """Return every address of this host."""
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        shown = subprocess.run(["ip", "-4", "-br", "addr"], capture_output=True, text=True, check=True, timeout=5)
        return [
            word.partition("/")[0] for line in shown.stdout.splitlines() for word in line.split()[2:] if "/" in word
        ]
    return []


def _tls(settings: Settings, authority: Authority) -> ssl.SSLContext:
    """Return the server's TLS settings."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _certify(settings, authority, context, set())
    context.load_verify_locations(cadata=authority.pem.decode())
    context.verify_mode = ssl.CERT_OPTIONAL
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.num_tickets = 0  # no client of the API resumes sessions, and tickets are a third of a handshake's cost
    return context


def _certify(settings: Settings, authority: Authority, context: ssl.SSLContext, more: set[str]) -> None:
    """Load the server's certificate, renewed in time and when there are new addresses; open connections keep theirs."""
    domain = settings.cluster_domain
    hosts = {
        "127.0.0.1",
        "localhost",
        settings.node_name,
        settings.kubernetes_address,
        settings.api_address,
        settings.host_address,
    }
    hosts |= more | {"kubernetes", "kubernetes.default", "kubernetes.default.svc", f"kubernetes.default.svc.{domain}"}
    certificate, key = settings.pki_dir / "apiserver.crt", settings.pki_dir / "apiserver.key"
    if not _is_good(certificate, hosts):
        hosts |= set(_addresses())
        pem, private = authority.issue("bouvier-apiserver", hosts=tuple(sorted(hosts)), server=True)
        write_private(key, private)
        write_private(certificate, pem, mode=0o644)
    context.load_cert_chain(certificate, key)


def _is_good(certificate: Path, hosts: set[str]) -> bool:
    if not certificate.exists():
        return False
    pem = certificate.read_bytes()
    return days_left(pem) > RENEW_DAYS and hosts <= hosts_of(pem)


def _current_context(settings: Settings, servers: dict[str, str]) -> str:
    """Return the context that the user chose with `kubectl config use-context`, as long as its cluster exists."""
    with contextlib.suppress(OSError, yaml.YAMLError, AttributeError):
        chosen = yaml.safe_load(settings.kubeconfig.read_text()).get("current-context")
        if chosen in servers:
            return str(chosen)
    return HOME_CONTEXT


def _cluster_entry(url: str, ca: str) -> dict[str, str]:
    return {"server": url, "certificate-authority-data": ca}


def _write_kubeconfig(settings: Settings, authority: Authority, clusters: Sequence[str]) -> None:
    """Write the administrator's kubeconfig: a context for each logical cluster, with a certificate renewed in time."""
    others = {name: f"{settings.api_url}/clusters/{name}" for name in clusters if name not in (LOCAL, HOME_CONTEXT)}
    servers = {HOME_CONTEXT: settings.api_url} | others
    certificate, key = settings.pki_dir / "admin.crt", settings.pki_dir / "admin.key"
    if not certificate.exists() or days_left(certificate.read_bytes()) < RENEW_DAYS:
        pem, private = authority.issue("admin", ("system:masters",))
        write_private(key, private)
        write_private(certificate, pem)
    text = {
        name: base64.b64encode(content).decode()
        for name, content in (("ca", authority.pem), ("crt", certificate.read_bytes()), ("key", key.read_bytes()))
    }
    user = {"client-certificate-data": text["crt"], "client-key-data": text["key"]}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": _cluster_entry(url, text["ca"])} for name, url in servers.items()],
        "users": [{"name": "bouvier-admin", "user": user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": "bouvier-admin"}} for name in servers],
        "current-context": _current_context(settings, servers),
    }
    write_private(settings.kubeconfig, yaml.safe_dump(config, sort_keys=False).encode())
