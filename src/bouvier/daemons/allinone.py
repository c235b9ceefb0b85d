"""`bouvier up`: one host's whole platform under one supervisor. Run as `python -m bouvier.daemons.allinone`.

Order: the engine and the API server start together; the controllers follow the API server, the node both.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # its idle threads cost memory, and a fork needs a single thread

from bouvier.cli.images.load import LoadError, load_image
from bouvier.cli.images.recipes import RecipeError, pause_image
from bouvier.daemons.control import ControlServer
from bouvier.daemons.engine import choose_engine, engine_answers, running_engine, start_engine
from bouvier.daemons.forking import Started, fork_daemon, import_shared
from bouvier.daemons.leftovers import MARK
from bouvier.daemons.named_files import check_files
from bouvier.daemons.registry_service import registry_service
from bouvier.daemons.service import Service
from bouvier.daemons.settings import (
    DEFAULT_PORT,
    Options,
    Settings,
    merged_api_options,
    prepare_platform,
    read_platform,
    settings_for,
)
from bouvier.daemons.supervisor import Supervisor, handlers
from bouvier.util.api_options import OPTIONS
from bouvier.util.places import Places, open_places
from bouvier.util.ports import is_port_free

APISERVER = "bouvier.daemons.apiserver"
CONTROLLERS = "bouvier.daemons.controllers"
NODE = "bouvier.daemons.node"
LOCK_WAIT_SECONDS = 3.0
"""A supervisor that was just killed holds its lock until the kernel has torn it down."""


def services_of(settings: Settings) -> list[Service]:
    """Return the processes of a one-host platform, in starting order."""
    engine = engine_service(settings)
    return [
        *engine,
        Service("apiserver", lambda: fork_daemon(APISERVER, settings)),
        Service("controllers", lambda: fork_daemon(CONTROLLERS, settings), needs=("apiserver",)),
        Service("node", lambda: start_node(settings), needs=("apiserver", *(one.name for one in engine))),
        registry_service(settings),
    ]


def engine_service(settings: Settings) -> list[Service]:
    """Return the private engine as a service; nothing where the host's own engine is used."""
    if not settings.has_private_engine:
        return []
    return [
        Service(
            "engine",
            lambda: start_engine(settings),
            answers=lambda: engine_answers(settings.engine_socket),
            find_running=lambda: running_engine(settings),
            stop_grace_seconds=20.0,
        )
    ]


def start_node(settings: Settings) -> Started:
    """Start the node agent, with the image of the pods' sandboxes in its engine."""
    try:
        load_image(settings.engine_socket, pause_image())
    except (OSError, LoadError, RecipeError) as error:
        raise OSError(f"no pause image: {error}") from error
    return fork_daemon(NODE, settings)


def take_lock(places: Places, wait_seconds: float = LOCK_WAIT_SECONDS) -> int:
    """Become the only supervisor of the data directory; the lock falls with the process.

    Raises:
        ValueError: another supervisor is running.
    """
    places.run_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(places.supervisor_lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + wait_seconds
    while not _try_lock(descriptor):
        if time.monotonic() > deadline:
            owner = places.supervisor_lock.read_text().strip()
            raise ValueError(f"this platform is running already (process {owner}); `bouvier status` shows it")
        time.sleep(0.02)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor


def await_port(port: int, wait_seconds: float = LOCK_WAIT_SECONDS) -> None:
    """Wait until the API's port is free: an API server that was just killed may hold it for a moment.

    Raises:
        ValueError: something else listens there.
    """
    deadline = time.monotonic() + wait_seconds
    while not is_port_free(port):
        if time.monotonic() > deadline:
            raise ValueError(f"port {port} is in use: stop what listens there, or choose another by --port")
        time.sleep(0.02)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def describe(settings: Settings) -> Callable[[], Mapping[str, Any]]:
    """Return the constant part of the platform's status."""
    address = settings.api_address
    facts = {
        "platform": settings.platform_id,
        "dataDir": str(settings.data_dir),
        "api": settings.api_url,
        "kubeconfig": str(settings.kubeconfig),
        "console": {"url": f"{settings.api_url}/console/"},
        "balancer": {
            "http": f"http://{address}:{settings.platform.http_port}",
            "https": f"https://{address}:{settings.platform.https_port}",
        },
        "engine": {"socket": f"unix://{settings.engine_socket}", "private": settings.has_private_engine},
        "overlay": settings.platform.overlay,
        "ranges": {"pods": settings.platform.pod_cidr, "services": settings.platform.service_cidr},
    }

    def more() -> Mapping[str, Any]:
        if settings.platform.store:
            return facts | {"store": {"kind": "etcd", "url": settings.platform.store}}
        store = settings.store_file
        return facts | {"store": {"kind": "sqlite", "bytes": store.stat().st_size if store.exists() else 0}}

    return more


def main(arguments: list[str]) -> int:
    """Run the platform in the foreground until it is told to stop."""
    parsed = _parse(arguments)
    options = Options(
        port=parsed.port,
        http_port=parsed.http_port,
        https_port=parsed.https_port,
        pod_cidr=parsed.pod_cidr,
        service_cidr=parsed.service_cidr,
        node_port_range=parsed.nodeport_range,
        engine=parsed.engine,
        overlay=parsed.overlay,
        address=parsed.address,
        store=parsed.store,
        api_options={name: vars(parsed)[name] for name in OPTIONS if vars(parsed)[name] is not None},
    )
    try:
        places = open_places(parsed.data_dir)
        take_lock(places)
        engine_socket = check_wishes(places, options)
        platform = prepare_platform(places, options)
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return 2
    settings = settings_for(places, platform, engine_socket)
    (settings.run_dir / "engine").write_text(str(engine_socket))
    facts = describe(settings)
    on_ready = partial(print_addresses, settings) if parsed.announce else lambda: None
    return supervise(settings, services_of(settings), facts, on_ready)


def check_wishes(places: Places, options: Options) -> Path:
    """Return the socket of the engine to use, before anything is written: a refused option is not remembered.

    Raises:
        ValueError: the API's port is taken, the engine that was named does not answer, or a named file is wrong.
    """
    known = read_platform(places)
    check_files(options.api_options)
    await_port(options.port or (known.port if known else DEFAULT_PORT))
    api_options = merged_api_options(known.api_options if known else {}, options.api_options)
    if api_options:
        from bouvier.apiserver.authn.settings import Authentication  # noqa: PLC0415 - most platforms have none

        Authentication(api_options).check()
    return choose_engine(places, options.engine or (known.engine if known else ""))


def supervise(
    settings: Settings,
    services: list[Service],
    facts: Callable[[], Mapping[str, Any]],
    on_ready: Callable[[], None],
    modules: tuple[str, ...] = (APISERVER,),
) -> int:
    """Run every process of a host until a stop is asked for.

    `modules` are imported before anything is forked, and shared by the forks: here what the API server needs. Of the
    rest each daemon has little in common with the others, so they read it themselves, at the same time: the start takes
    a quarter of a second less, and the supervisor 18 MB.
    """
    os.environ[MARK] = str(settings.data_dir)
    supervisor = Supervisor(services, _say, on_ready)
    control = ControlServer(settings.supervisor_socket, handlers(supervisor, facts))
    supervisor.attach_control(control)
    supervisor.begin(early=("engine",))
    for complaint in import_shared(modules):
        _say(f"cannot import {complaint}")
    supervisor.run()
    control.close()
    return 0


def print_addresses(settings: Settings) -> None:
    """Let a process of its own print where everything is: it needs an event loop, which the supervisor must not have."""
    process = subprocess.Popen([sys.executable, "-m", "bouvier", "up", "--data-dir", str(settings.data_dir)])
    process.returncode = 0  # the supervisor waits for all its children itself


def _say(line: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {line}\n")
    sys.stderr.flush()


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bouvier.daemons.allinone")
    parser.add_argument("--data-dir", type=Path, default=None)
    for option in ("port", "http-port", "https-port"):
        parser.add_argument(f"--{option}", type=int, default=0)
    for option in ("pod-cidr", "service-cidr", "nodeport-range", "engine", "overlay", "address", "store"):
        parser.add_argument(f"--{option}", default="")
    for option in OPTIONS:
        parser.add_argument(f"--{option}", action="append", dest=option)
    parser.add_argument("--announce", action="store_true")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
