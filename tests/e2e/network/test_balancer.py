"""The balancer with a real HAProxy in front of simulated pods."""

import asyncio
import base64
import os
import re
import signal
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bouvier.meta.objects import Obj
from bouvier.meta.resources import ENDPOINTSLICES, INGRESSES, ROUTES, SECRETS, SERVICES
from bouvier.network.balancer import certificates, process, servers
from bouvier.network.balancer.balancer import Balancer, BalancerSettings
from bouvier.network.service_watch import ServiceWatch
from tests.e2e.network.world import DEADLINE_SECONDS, World, curl, endpoint, endpoint_slice, service


class Stage:
    """A balancer in the world."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.folder = folder
        self.balancer = self.new()
        self.task = world.start(self.balancer)

    def new(self, **settings: Any) -> Balancer:
        made = BalancerSettings(folder=self.folder, **settings)
        return Balancer(made, self.world.informers, ServiceWatch(self.world.informers))

    def restart(self) -> None:
        """Begin again as a new process of the platform would."""
        self.task.cancel()
        self.balancer = self.new()
        self.task = self.world.start(self.balancer)

    async def feed(self, **objects: Obj | list[Obj]) -> None:
        """Set objects by plural and wait until HAProxy has them."""
        resources = {"services": SERVICES, "slices": ENDPOINTSLICES, "ingresses": INGRESSES, "secrets": SECRETS}
        resources["routes"] = ROUTES
        for plural, listed in objects.items():
            for obj in listed if isinstance(listed, list) else [listed]:
                self.world.informers.informer(resources[plural]).set(obj)
        await self.settled()

    async def settled(self) -> None:
        await asyncio.wait_for(self.balancer.in_step.wait(), DEADLINE_SECONDS)

    async def get(self, host: str, path: str = "/", *options: str) -> str:
        return await asyncio.to_thread(curl, f"http://127.0.0.1{path}", "-H", f"Host: {host}", *options)

    async def code(self, host: str, path: str = "/") -> str:
        return await self.get(host, path, "-o", "/dev/null", "-w", "%{http_code}")

    def haproxies(self) -> list[int]:
        return process.running_in(self.folder)


@pytest.fixture
async def stage(world: World, tmp_path: Path) -> AsyncIterator[Stage]:
    """A balancer that serves nothing yet."""
    made = Stage(world, tmp_path / "balancer")
    await made.settled()
    yield made
    await made.balancer.stop()


def ingress(name: str, *rules: tuple[str, str, str, str], **spec: Any) -> Obj:
    """Return an Ingress; each rule is (host, path type, path, service)."""
    made = [
        {"host": host, "http": {"paths": [{"path": path, "pathType": kind, "backend": backend(target)}]}}
        for host, kind, path, target in rules
    ]
    metadata = {"name": name, "namespace": "default", "creationTimestamp": "2026-01-01T00:00:00Z"}
    return {"metadata": metadata, "spec": {"rules": made} | spec}


def backend(target: str) -> Obj:
    return {"service": {"name": target, "port": {"number": 80}}}


@asynccontextmanager
async def load(host: str, *headers: str, method: str = "") -> AsyncIterator[Callable[[], str]]:
    """Send requests all the time; what it yields tells, at the end, what wrk said of failures."""
    script = ["-s", method] if method else []
    options = [part for header in ("Host: " + host, *headers) for part in ("-H", header)]
    wrk = await asyncio.create_subprocess_exec(
        "wrk", "-t1", "-c8", "-d60", "--timeout", "10s", *options, *script, "http://127.0.0.1/", stdout=subprocess.PIPE
    )
    output: list[str] = []
    try:
        yield lambda: output[0]
    finally:
        wrk.send_signal(signal.SIGINT)
        output.append((await wrk.communicate())[0].decode())


def no_failure(report: str) -> bool:
    requests = int(re.search(r"(\d+) requests in", report)[1])  # type: ignore[index]
    return requests > 50 and "Non-2xx" not in report and "Socket errors" not in report


async def test_hosts_and_paths(stage: Stage) -> None:
    """The exact host wins over the wildcard, the longer path over the shorter, exact over prefix; prefixes end at a slash."""
    names = ("root", "shop", "exact", "star", "any")
    pods = {name: await stage.world.pod(name) for name in names}
    rules = [
        ("web.example", "Prefix", "/", "root"),
        ("web.example", "Prefix", "/shop/", "shop"),
        ("web.example", "Exact", "/shop/exact", "exact"),
        ("*.example", "Prefix", "/", "star"),
        ("", "Prefix", "/any", "any"),
    ]
    await stage.feed(
        services=[service(name, f"10.43.0.{n + 20}") for n, name in enumerate(names)],
        slices=[endpoint_slice(name, endpoint(pod.address)) for name, pod in pods.items()],
        ingresses=ingress("all", *rules),
    )

    asked = {
        ("web.example", "/"): "root",
        ("WEB.example:80", "/shopping"): "root",
        ("web.example", "/shop"): "shop",
        ("web.example", "/shop/cart?x=/y"): "shop",
        ("web.example", "/shop/exact"): "exact",
        ("web.example", "/shop/exact/"): "shop",
        ("other.example", "/shop"): "star",
        ("elsewhere", "/any/thing"): "any",
    }
    found = {key: (await stage.get(*key)).split()[0] for key in asked}
    assert found == asked
    assert await stage.code("two.labels.example") == "404"
    assert await stage.code("example") == "404"


def route(host: str, first: int, second: int, **spec: Any) -> Obj:
    """Return a Route to `one` and `two` with these weights."""
    metadata = {"name": host.partition(".")[0], "namespace": "default", "creationTimestamp": "2026-01-01T00:00:00Z"}
    others = [{"kind": "Service", "name": "two", "weight": second}]
    target = {"kind": "Service", "name": "one", "weight": first}
    return {"metadata": metadata, "spec": {"host": host, "to": target, "alternateBackends": others} | spec}


async def test_routes_share_requests_by_weight(stage: Stage) -> None:
    """Three to one, whatever the number of pods; new weights hold at once and without a reload; TLS is asked for."""
    pods = {name: await stage.world.pod(name) for name in ("one", "two", "too")}
    slices = [
        endpoint_slice("one", endpoint(pods["one"].address)),
        endpoint_slice("two", endpoint(pods["two"].address), endpoint(pods["too"].address)),
    ]
    services = [service("one", "10.43.0.20"), service("two", "10.43.0.21")]
    await stage.feed(services=services, slices=slices, routes=route("shop.example", 30, 10))

    async def counts() -> tuple[int, int]:
        said = [(await stage.get("shop.example")).split()[0] for _ in range(24)]
        return said.count("one"), said.count("two") + said.count("too")

    assert await counts() == (18, 6)
    before = stage.haproxies()
    await stage.feed(routes=route("shop.example", 0, 10))
    assert await counts() == (0, 24)
    assert stage.haproxies() == before
    secure = {"termination": "edge", "insecureEdgeTerminationPolicy": "Redirect"}
    await stage.feed(routes=route("shop.example", 30, 10, tls=secure))
    assert await stage.code("shop.example") == "302"
    await stage.feed(routes=route("shop.example", 30, 10, tls={"termination": "edge"}))
    assert "with TLS only" in await stage.get("shop.example")


async def test_plain_words_when_nothing_serves(stage: Stage) -> None:
    """An unknown host is a 404 and a Service without endpoints a 503, both saying what is missing."""
    await stage.feed(services=service("web"), ingresses=ingress("web", ("web.example", "Prefix", "/", "web")))

    assert await stage.code("unknown.example") == "404"
    assert "no Ingress has a rule for unknown.example/" in await stage.get("unknown.example")
    assert await stage.code("web.example") == "503"
    assert 'no endpoint of port 80 of Service "web" in namespace "default" is ready' in await stage.get("web.example")


async def test_default_backend_and_foreign_classes(stage: Stage) -> None:
    """What no rule matches goes to the default backend; Ingresses of another class are left alone."""
    pod = await stage.world.pod("one")
    await stage.feed(
        services=service("web"),
        slices=endpoint_slice("web", endpoint(pod.address)),
        ingresses=ingress("foreign", ("web.example", "Prefix", "/", "web"), ingressClassName="nginx"),
    )
    assert await stage.code("web.example") == "404"

    await stage.feed(ingresses=ingress("ours", ingressClassName="bouvier", defaultBackend=backend("web")))
    assert (await stage.get("whatever")).startswith("one ")


async def test_tls_by_server_name(stage: Stage) -> None:
    """Each host shows the certificate of its Secret, others the default one; a broken Secret breaks nothing."""
    pod = await stage.world.pod("one")
    pem = certificates._self_signed(datetime.now(UTC))
    chain, _, key = pem.partition("-----BEGIN PRIVATE")
    data = {"tls.crt": chain, "tls.key": "-----BEGIN PRIVATE" + key}
    coded = {name: base64.b64encode(text.encode()).decode() for name, text in data.items()}
    tls = [{"hosts": ["web.example"], "secretName": "good"}, {"hosts": ["bad.example"], "secretName": "bad"}]
    await stage.feed(
        services=service("web"),
        slices=endpoint_slice("web", endpoint(pod.address)),
        secrets=[
            {"metadata": {"name": "good", "namespace": "default"}, "type": "kubernetes.io/tls", "data": coded},
            {
                "metadata": {"name": "bad", "namespace": "default"},
                "type": "kubernetes.io/tls",
                "data": coded | {"tls.key": coded["tls.crt"]},
            },
        ],
        ingresses=ingress("web", ("web.example", "Prefix", "/", "web"), tls=tls),
    )

    async def shown(host: str) -> str:
        command = ["openssl", "s_client", "-connect", "127.0.0.1:443", "-servername", host]
        done = await asyncio.to_thread(subprocess.run, command, stdin=subprocess.DEVNULL, capture_output=True)
        return "-----BEGIN" + done.stdout.decode().partition("-----BEGIN")[2].partition("\n---\n")[0]

    assert (await shown("web.example")).split()[2] == chain.split()[2]
    assert (await shown("bad.example")).split()[2] != chain.split()[2]
    answer = await asyncio.to_thread(
        curl, "https://web.example/", "-k", "--resolve", "web.example:443:127.0.0.1", "--http2"
    )
    assert answer.startswith("one ")
    assert any(problem.startswith("Secret default/bad: ") for problem in stage.balancer.status().problems)


async def test_endpoints_change_under_load(stage: Stage) -> None:
    """Endpoints come and go, as in a rolling update, without a failed request and without a reload."""
    pods = [await stage.world.pod(f"v{n}") for n in range(4)]
    await stage.feed(
        services=service("web"),
        slices=endpoint_slice("web", endpoint(pods[0].address), endpoint(pods[1].address)),
        ingresses=ingress("web", ("web.example", "Prefix", "/", "web")),
    )
    before = stage.haproxies()
    async with load("web.example") as report:
        for round_ in range(12):
            keep, start = pods[round_ % 4], pods[(round_ + 1) % 4]
            leaving = endpoint(pods[(round_ + 3) % 4].address, ready=False, serving=True, terminating=True)
            await stage.feed(slices=endpoint_slice("web", endpoint(keep.address), endpoint(start.address), leaving))
            assert {(await stage.get("web.example")).split()[0] for _ in range(6)} <= {keep.ref.name, start.ref.name}

    assert no_failure(report()), report()
    assert stage.haproxies() == before


async def test_endpoint_dies_under_load(stage: Stage) -> None:
    """A pod that is killed before anybody takes it out costs no request: it is sent to another endpoint."""
    one, two = await stage.world.pod("one"), await stage.world.pod("two")
    await stage.feed(
        services=service("web"),
        slices=endpoint_slice("web", endpoint(one.address), endpoint(two.address)),
        ingresses=ingress("web", ("web.example", "Prefix", "/", "web")),
    )
    async with load("web.example") as report:
        await stage.get("web.example")
        one.process.kill()
        for _ in range(20):
            assert await stage.code("web.example") == "200"
        await stage.feed(slices=endpoint_slice("web", endpoint(two.address)))

    assert no_failure(report()), report()


async def test_running_requests_finish(stage: Stage) -> None:
    """A request that runs on an endpoint that is leaving is answered by it."""
    one, two = await stage.world.pod("one"), await stage.world.pod("two")
    await stage.feed(
        services=service("web"),
        slices=endpoint_slice("web", endpoint(one.address)),
        ingresses=ingress("web", ("web.example", "Prefix", "/", "web")),
    )
    slow = asyncio.create_task(stage.get("web.example", "/slow=1"))
    await asyncio.sleep(0)
    while "1" not in {s.sessions and "1" for s in await _servers(stage)}:
        await asyncio.sleep(0.01)
    await stage.feed(slices=endpoint_slice("web", endpoint(two.address)))

    assert (await stage.get("web.example")).startswith("two ")
    assert (await slow).startswith("one ")
    async with asyncio.timeout(DEADLINE_SECONDS):
        while len(await _servers(stage)) > 1:
            await asyncio.sleep(0.05)


async def _servers(stage: Stage) -> list[Any]:
    return servers.parse(await stage.balancer._sockets.runtime(["show stat -1 6 -1"]))[1]


async def test_reloads_under_load(stage: Stage) -> None:
    """New Ingresses are loaded while requests run; none fails."""
    pod = await stage.world.pod("one")
    await stage.feed(
        services=service("web"),
        slices=endpoint_slice("web", endpoint(pod.address)),
        ingresses=ingress("web", ("web.example", "Prefix", "/", "web")),
    )
    async with load("web.example") as keep, load("web.example", "Connection: close") as close:
        for n in range(5):
            await stage.feed(ingresses=ingress(f"more{n}", (f"more{n}.example", "Prefix", "/", "web")))
            assert (await stage.get(f"more{n}.example")).startswith("one ")

    assert no_failure(keep()), keep()
    assert no_failure(close()), close()


async def test_restart_of_the_platform_finds_haproxy(stage: Stage) -> None:
    """A new process of ours takes over the running HAProxy without a reload, with what changed meanwhile."""
    one, two = await stage.world.pod("one"), await stage.world.pod("two")
    await stage.feed(
        services=service("web"),
        slices=endpoint_slice("web", endpoint(one.address)),
        ingresses=ingress("web", ("web.example", "Prefix", "/", "web")),
    )
    before = stage.haproxies()
    stage.task.cancel()
    stage.world.informers.informer(ENDPOINTSLICES).set(endpoint_slice("web", endpoint(two.address)))
    assert (await stage.get("web.example")).startswith("one ")

    stage.restart()
    await stage.settled()
    assert stage.haproxies() == before
    assert (await stage.get("web.example")).startswith("two ")
    assert stage.balancer.status().urls("127.0.0.1") == {"http": "http://127.0.0.1", "https": "https://127.0.0.1"}


@pytest.mark.parametrize("victim", ["master", "worker"])
@pytest.mark.parametrize("starter", ["this process", "a former one"])
async def test_killed_haproxy_comes_back(stage: Stage, victim: str, starter: str) -> None:
    """HAProxy's master or worker is killed: it serves again at once, also when a former process of ours started it."""
    one = await stage.world.pod("one")
    await stage.feed(
        services=service("web"),
        slices=endpoint_slice("web", endpoint(one.address)),
        ingresses=ingress("web", ("web.example", "Prefix", "/", "web")),
    )
    if starter == "a former one":
        stage.restart()
        await stage.settled()
    listing = process.parse(await stage.balancer._sockets.master("show proc"))
    assert listing is not None
    os.kill(listing.master if victim == "master" else listing.worker, signal.SIGKILL)

    async with asyncio.timeout(DEADLINE_SECONDS):
        while set(stage.haproxies()) & {listing.master, listing.worker}:
            await asyncio.sleep(0.01)
        while True:
            command = ["curl", "-s", "--max-time", "2", "-H", "Host: web.example", "http://127.0.0.1/"]
            done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True)
            if done.stdout.startswith("one "):
                break
    await stage.settled()
    assert len(stage.haproxies()) == 2


async def test_broken_configuration_replaces_nothing(stage: Stage) -> None:
    """What HAProxy refuses is named in the status, and the former configuration serves on."""
    one = await stage.world.pod("one")
    web = ingress("web", ("web.example", "Prefix", "/", "web"))
    await stage.feed(services=service("web"), slices=endpoint_slice("web", endpoint(one.address)), ingresses=web)
    stage.balancer._default = "not a certificate"
    await stage.feed(ingresses=ingress("more", ("more.example", "Prefix", "/", "web")))
    assert "refuses the configuration" in stage.balancer.status().problems[0]
    assert (await stage.get("web.example")).startswith("one ")

    stage.balancer._default = certificates._self_signed(datetime.now(UTC))
    await stage.feed(ingresses=web)
    assert stage.balancer.status().problems == ()
    assert (await stage.get("more.example")).startswith("one ")


async def test_metrics(stage: Stage) -> None:
    """HAProxy's own figures are there to be scraped."""
    assert "haproxy_frontend_http_requests_total" in await stage.balancer.metrics()


async def test_taken_ports(world: World, tmp_path: Path) -> None:
    """A taken port is avoided when none was asked for, and named when it was."""
    server = await asyncio.start_server(lambda *_: None, "0.0.0.0", 80)
    stage = Stage(world, tmp_path / "balancer")
    await stage.settled()
    assert stage.balancer.status().urls("127.0.0.1")["http"] == "http://127.0.0.1:8080"
    await stage.balancer.stop()
    stage.task.cancel()

    asked = stage.new(http_port=80)
    task = world.start(asked)
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not asked.status().problems:
            await asyncio.sleep(0.01)
    assert "port 80 is taken by another program" in asked.status().problems[0]
    task.cancel()
    server.close()
