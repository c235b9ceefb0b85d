"""Requests of the API server: create, get, patch and apply under load, and lists of many pods.

The floor is an echo server (`floors.echo`) that answers the same bytes over the same TLS and, where something is
written, has first committed as many bytes to SQLite.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count, cycle
from pathlib import Path
from typing import NamedTuple

from bench.apiserver import RunningServer, folder, running_server
from bench.etcd import FILE, RunningStore, running_etcd
from bench.floors.server import echo_server
from bench.objects import config_map, deployment, pod, pod_status
from bench.options import Options
from bench.requests import Service, ask, compare, load_count, message
from bench.table import Figure
from bouvier.meta.objects import Obj

CONNECTIONS = (1, 16, 64)
OBJECTS = 256
"""Objects that patches and applies go around on: more than connections, so that no two meet on one."""
CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
PODS = "/api/v1/namespaces/default/pods"
MERGE = "application/merge-patch+json"
APPLY = "application/apply-patch+yaml"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
METADATA = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"


class Load(NamedTuple):
    """A kind of request, with what the original does of it each second."""

    name: str
    next_request: Callable[[], bytes]
    answer: bytes
    factor: float
    """How many times the original's rate is wanted."""
    originals: dict[int, float]
    """The original's rate by number of connections."""
    original_p99_ms: dict[int, float]

    @property
    def writes(self) -> bool:
        return not self.name.startswith("GET")


class List(NamedTuple):
    """A form of a list, with how long the original takes and what we are to reach."""

    name: str
    query: str
    accept: str
    original_ms: float
    goal_ms: float


LISTS = (
    List("whole", "", "application/json", 640, 130),
    List("as Table", "", TABLE, 390, 80),
    List("metadata only", "", METADATA, 205, 40),
    List("1 % by label", "?labelSelector=chosen%3Dyes", "application/json", 14, 3),
)


def run(options: Options) -> Iterator[Figure]:
    with folder() as data_dir, chosen_store(data_dir, options) as store, running_server(data_dir, store.url) as server:
        service = service_of(server, store)
        ask(service, "POST", "/api/v1/namespaces/default/serviceaccounts", _dump({"metadata": {"name": "default"}}))
        answers = data_dir / "answers"
        answers.mkdir()
        loads = prepare(service)
        for load in loads:
            (answers / load.name).write_bytes(load.answer)
        with echo_server(service, server.settings.pki_dir, answers) as floor:
            for load in loads:
                yield from under_load(service, floor, load, options)
        yield from lists(service, server, options)


@contextmanager
def chosen_store(data_dir: Path, options: Options) -> Iterator[RunningStore]:
    """Give the store to measure with; an etcd runs until the end of the block."""
    if options.store == "file":
        yield FILE
        return
    with running_etcd(data_dir) as store:
        yield store


def service_of(server: RunningServer, store: RunningStore = FILE) -> Service:
    return Service(server.port, server.client_context(), server.pid, store.pid)


def under_load(service: Service, floor: Service, load: Load, options: Options) -> Iterator[Figure]:
    """Measure one kind of request at each number of connections."""
    path = f"/{load.name}".replace(" ", "-")
    echo = message("POST" if load.writes else "GET", path, load.answer if load.writes else b"")
    floor_is = "echo, committed" if load.writes else "echo"
    for connections in CONNECTIONS:
        seconds, rounds = options.seconds(1.5), options.rounds(3)
        ours, least = compare(service, floor, connections, seconds, rounds, load.next_request, lambda: echo)
        original = load.originals.get(connections)
        what = f"{load.name.replace('-', ' ')}, {connections} connections"
        yield Figure(
            what,
            ours.rate,
            "/s",
            least.rate,
            floor_is,
            original,
            original and original * load.factor,
            f"{ours.text()} (floor: CPU {least.cpu_us:.0f} µs)",
        )
        p99 = load.original_p99_ms.get(connections)
        if p99:
            yield Figure(f"{what}, p99", ours.p99_ms, "ms", least.p99_ms, floor_is, p99, p99 / 3)


def prepare(service: Service) -> list[Load]:
    """Make the objects that loads work on and return the loads."""
    for number in range(OBJECTS):
        ask(service, "POST", CONFIG_MAPS, _dump(config_map(f"config-{number:03d}")))
    created = ask(service, "POST", CONFIG_MAPS, _dump(config_map("new-00000000")))
    applied_config = _apply(service, CONFIG_MAPS, config_map)
    applied_deployment = _apply(service, DEPLOYMENTS, deployment)
    stored_config = ask(service, "GET", f"{CONFIG_MAPS}/config-000")
    return [
        Load(
            "create-ConfigMap-2-kB",
            creations(),
            created,
            4,
            {1: 360, 16: 1220, 64: 1265},
            {1: 7, 16: 36, 64: 126},
        ),
        Load("GET-ConfigMap-2-kB", readings(), stored_config, 4, {1: 930, 16: 2370, 64: 2830}, {}),
        Load("merge-patch-ConfigMap-2-kB", patches(), stored_config, 3, {64: 1090}, {}),
        Load("apply-ConfigMap-2-kB", applies(CONFIG_MAPS, config_map), applied_config, 3, {64: 945}, {}),
        Load("apply-Deployment", applies(DEPLOYMENTS, deployment), applied_deployment, 3, {64: 500}, {}),
    ]


def creations() -> Callable[[], bytes]:
    """Return a function that gives a create request with a new name each time."""
    request = message("POST", CONFIG_MAPS, _dump(config_map("made-00000000")))
    head, tail = request.split(b"made-00000000")
    numbers = count()
    return lambda: b"%bmade-%08d%b" % (head, next(numbers), tail)


def readings() -> Callable[[], bytes]:
    requests = cycle([message("GET", f"{CONFIG_MAPS}/config-{number:03d}") for number in range(OBJECTS)])
    return lambda: next(requests)


def patches() -> Callable[[], bytes]:
    """Return a function that gives a merge patch of one value, of one object after the other."""
    numbers = count()

    def patch() -> bytes:
        number = next(numbers)
        return patch_of(f"config-{number % OBJECTS:03d}", number)

    return patch


def patch_of(name: str, number: int = 0) -> bytes:
    """Return a merge patch of one value of a ConfigMap."""
    return message("PATCH", f"{CONFIG_MAPS}/{name}", b'{"data":{"key-1":"patched %08d"}}' % number, MERGE)


def applies(path: str, make: Callable[[str, str], Obj]) -> Callable[[], bytes]:
    """Return a function that gives a changed configuration, of one object after the other."""
    parts = []
    for number in range(OBJECTS):
        name = f"applied-{number:03d}"
        body = _dump(make(name, "note-00000000"))
        url = f"{path}/{name}?fieldManager=bench&force=true"
        parts.append(message("PATCH", url, body, APPLY).split(b"note-00000000"))
    numbers = count()

    def apply() -> bytes:
        number = next(numbers)
        return (b"note-%08d" % number).join(parts[number % OBJECTS])

    return apply


def _apply(service: Service, path: str, make: Callable[[str, str], Obj]) -> bytes:
    answer = b""
    for number in range(OBJECTS):
        name = f"applied-{number:03d}"
        answer = ask(service, "PATCH", f"{path}/{name}?fieldManager=bench", _dump(make(name, "")), APPLY)
    return answer


def lists(service: Service, server: RunningServer, options: Options) -> Iterator[Figure]:
    """Measure lists of many pods by one client."""
    total = options.size(10_000)
    make_pods(service, total)
    size = len(ask(service, "GET", f"{PODS}/pod-{total // 2:06d}"))
    answers: Path = server.settings.data_dir / "lists"
    answers.mkdir()
    for index, form in enumerate(LISTS):
        (answers / str(index)).write_bytes(ask(service, "GET", PODS + form.query, accept=form.accept))
    with echo_server(service, server.settings.pki_dir, answers) as floor:
        for index, form in enumerate(LISTS):
            request, echo = message("GET", PODS + form.query, accept=form.accept), message("GET", f"/{index}")
            seconds, rounds = options.seconds(2), options.rounds(3)
            ours, least = compare(service, floor, 1, seconds, rounds, cycle([request]).__next__, cycle([echo]).__next__)
            megabytes = (answers / str(index)).stat().st_size / 1e6
            detail = f"{megabytes:.1f} MB, CPU {ours.cpu_us / 1000:.1f} ms (floor: CPU {least.cpu_us / 1000:.1f} ms)"
            is_whole = total == 10_000
            yield Figure(
                f"LIST of {total:,} pods of {size / 1000:.1f} kB, {form.name}",
                ours.p50_ms,
                "ms",
                least.p50_ms,
                "echo",
                form.original_ms if is_whole else None,
                form.goal_ms if is_whole else None,
                detail,
            )


def make_pods(service: Service, total: int) -> None:
    """Create pods that have a status, over the API.

    Raises:
        RuntimeError: a request failed.
    """
    spec = [message("POST", PODS, _dump(pod(number, total))) for number in range(total)]
    status = [
        message("PATCH", f"{PODS}/pod-{number:06d}/status", _dump({"status": pod_status(number)}), MERGE)
        for number in range(total)
    ]
    for requests in (spec, status):
        load_count(service, 32, total, iter(requests).__next__)


def _dump(obj: Obj) -> bytes:
    return json.dumps(obj, separators=(",", ":")).encode()
