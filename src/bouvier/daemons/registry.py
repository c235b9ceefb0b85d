"""The platform's registry: Debian's docker-registry, run by the supervisor once somebody needs it.

It listens with TLS on every address, but its images are named by the loopback address: engines take what is there for
local, whatever becomes of the host's other addresses. It believes nobody but the API server's tokens, and reports pushes
to it. Killed at any moment it loses nothing: a push counts when its manifest is in place.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import ssl
import subprocess
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from bouvier.apiserver.paas.registry import ISSUER, SERVICE, TOKEN_PATH, RegistryKeys
from bouvier.apiserver.paas.registry import PATH as REGISTRY_PATH
from bouvier.cli.preflight.requirements import find_program
from bouvier.client.rest import Client
from bouvier.daemons.forking import Started, open_log
from bouvier.daemons.registry_service import NAME, registry_dir
from bouvier.daemons.settings import Settings
from bouvier.util.pki import LEAF_DAYS, Authority, days_left, write_private
from bouvier.util.prctl import die_with_parent

FIRST_PORT, PORTS = 25000, 5000
"""Below the usual node ports and the kernel's own; the platform id chooses, so that platforms of one machine differ."""
START_SECONDS = 20.0
_POLL_SECONDS = 0.05


def registry_port(settings: Settings) -> int:
    """Return the registry's port, the same for the life of the platform: image names carry it."""
    return FIRST_PORT + int(settings.platform_id, 16) % PORTS


def registry_address(settings: Settings) -> str:
    """Return host and port as image names begin with them."""
    return f"127.0.0.1:{registry_port(settings)}"


def start_registry(settings: Settings) -> Started:
    """Start the registry.

    Raises:
        OSError: the program is not on this host.
    """
    program = find_program("docker-registry")
    if program is None:
        raise OSError("docker-registry is not on this host: install it by  bouvier check --install")
    folder = registry_dir(settings)
    (folder / "data").mkdir(parents=True, exist_ok=True, mode=0o700)
    _renew_certificate(settings, folder)
    file = folder / "config.yml"
    write_private(file, yaml.safe_dump(configuration(settings), sort_keys=False).encode())
    log = open_log(settings.log_dir / "registry.log")
    try:
        process = subprocess.Popen(
            [program, "serve", str(file)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            # As the forked daemons do: the next supervisor must find the port free.
            preexec_fn=partial(die_with_parent, signal.SIGKILL),  # noqa: PLW1509 - the supervisor has one thread
            env=os.environ | {"SSL_CERT_FILE": str(settings.pki_dir / "ca.crt"), "OTEL_TRACES_EXPORTER": "none"},
        )
    finally:
        os.close(log)
    process.returncode = 0  # the supervisor waits for all its children itself
    return Started(process.pid, -1)


def configuration(settings: Settings) -> dict[str, Any]:
    """Return the registry's configuration."""
    folder = registry_dir(settings)
    token = (settings.pki_dir / "tokens" / f"{NAME}.token").read_text().strip()
    return {
        "version": 0.1,
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}, "delete": {"enabled": True}},
        "http": {
            "addr": f"0.0.0.0:{registry_port(settings)}",
            "tls": {"certificate": str(folder / "tls.crt"), "key": str(folder / "tls.key")},
        },
        "auth": {
            "token": {
                "realm": f"{settings.api_url}{TOKEN_PATH}",
                "service": SERVICE,
                "issuer": ISSUER,
                "rootcertbundle": str(settings.pki_dir / "ca.crt"),
            }
        },
        "notifications": {
            "endpoints": [
                {
                    "name": "bouvier",
                    "url": f"{settings.api_url}{REGISTRY_PATH}events",
                    "headers": {"Authorization": [f"Bearer {token}"]},
                    "timeout": "5s",
                    "threshold": 10,
                    "backoff": "1s",
                }
            ]
        },
    }


def _renew_certificate(settings: Settings, folder: Path) -> None:
    certificate = folder / "tls.crt"
    if certificate.exists() and days_left(certificate.read_bytes()) > LEAF_DAYS / 3:
        return
    authority = Authority.open(settings.pki_dir, "ca", "bouvier-ca")
    hosts = ("127.0.0.1", "localhost", settings.node_name, settings.host_address)
    pem, key = authority.issue("bouvier-registry", hosts=tuple(dict.fromkeys(hosts)), server=True)
    write_private(folder / "tls.key", key)
    write_private(certificate, pem, mode=0o644)


def token_keys(settings: Settings, authority: Authority) -> RegistryKeys:
    """Return what registry tokens are signed with, made anew in time."""
    certificate, key = settings.pki_dir / "registry-tokens.crt", settings.pki_dir / "registry-tokens.key"
    if not certificate.exists() or days_left(certificate.read_bytes()) < LEAF_DAYS / 3:
        pem, private = authority.issue("bouvier-registry-tokens")
        write_private(key, private)
        write_private(certificate, pem, mode=0o644)
    return RegistryKeys(certificate.read_bytes(), key.read_bytes())


def is_listening(port: int) -> bool:
    """Tell whether something takes connections on a local port."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class RegistryAccess:
    """The registry as the builder uses it."""

    def __init__(self, settings: Settings, client: Client) -> None:
        self._settings = settings
        self._client = client
        self.address = registry_address(settings)

    async def ensure(self) -> None:
        """Start the registry if it does not run, and wait until it answers.

        Raises:
            OSError: it does not start; the text says why.
        """
        if await self._answers():
            return
        if find_program("docker-registry") is None:
            raise OSError("docker-registry is not on this host: install it by  bouvier check --install")
        await asyncio.to_thread(ask_supervisor, self._settings, {"op": "start", "name": NAME})
        deadline = asyncio.get_running_loop().time() + START_SECONDS
        while not await self._answers():
            if asyncio.get_running_loop().time() > deadline:
                raise OSError(f"the registry does not start; see {self._settings.log_dir / 'registry.log'}")
            await asyncio.sleep(_POLL_SECONDS)

    async def _answers(self) -> bool:
        """Tell whether it speaks TLS: a listening socket alone may be somebody else's."""
        context = ssl.create_default_context(cafile=str(self._settings.pki_dir / "ca.crt"))
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(2):
                _, writer = await asyncio.open_connection("127.0.0.1", registry_port(self._settings), ssl=context)
                writer.close()
                return True
        return False

    async def token(self, repository: str, actions: str) -> str:
        """Return a token for a repository.

        Raises:
            ApiError: it is refused.
            ConnectionError: the API server does not answer.
        """
        query = {"service": SERVICE, "scope": f"repository:{repository}:{actions}"}
        return str((await self._client.request("GET", TOKEN_PATH, query=query))["token"])


def ask_supervisor(settings: Settings, request: dict[str, Any]) -> dict[str, Any]:
    """Send one request to the supervisor of this host.

    Raises:
        OSError: it does not answer, or refuses.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(5)
        connection.connect(str(settings.supervisor_socket))
        connection.sendall(json.dumps(request).encode() + b"\n")
        answer: dict[str, Any] = json.loads(connection.makefile().readline() or "{}")
    if "error" in answer:
        raise OSError(str(answer["error"]))
    return answer
