"""Becoming one more server of a platform: keys and facts from a server that is there, objects from its etcd.

Run as `python -m bouvier.daemons.server_join`, in a process of its own: it loads gRPC, which must not be in a process that
forks. The certificate authority is fetched unverified and compared with the hash in the command; everything after that
goes over TLS verified by it. The data directory is written when all has been checked, so that a failed try leaves
nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
from pathlib import Path

from bouvier.client.endpoint import Endpoint
from bouvier.client.rest import Client
from bouvier.daemons import server_bundle
from bouvier.daemons.joining import JoinError, trusted_authority
from bouvier.daemons.server_paths import BUNDLE_PATH
from bouvier.daemons.settings import (
    DEFAULT_PORT,
    HTTP_PORTS,
    HTTPS_PORTS,
    Platform,
    address_option,
    host_name,
    read_platform,
    write_platform,
)
from bouvier.meta.errors import ApiError
from bouvier.store.etcd.address import parse_address
from bouvier.store.interface import StoreUnavailableError
from bouvier.util.places import Places, open_places
from bouvier.util.ports import first_free_port

_DRAFT = "pki.joining"


async def join(places: Places, parsed: argparse.Namespace) -> Platform:
    """Fetch keys and facts, check that the store is within reach, and write the data directory.

    Raises:
        JoinError, ValueError: with what to do.
    """
    if places.platform_file.exists():
        raise JoinError(f"{places.data_dir} holds a platform already: name an empty folder by --data-dir")
    own = own_platform(parsed)
    bundle = await fetch(parsed.server, parsed.token, parsed.ca_hash)
    draft = places.data_dir / _DRAFT
    shutil.rmtree(draft, ignore_errors=True)
    try:
        platform = server_bundle.unpack(bundle, draft, own, parsed.store)
        await check_store(platform.store, given=bool(parsed.store))
        shutil.rmtree(places.pki_dir, ignore_errors=True)
        draft.replace(places.pki_dir)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    platform = server_bundle.unpack(bundle, places.pki_dir, own, parsed.store)  # its paths are the final ones now
    write_platform(places, platform)
    return platform


def own_platform(parsed: argparse.Namespace) -> Platform:
    """Return what a server decides for itself: ports and address."""
    return Platform(
        id="",
        port=parsed.port or DEFAULT_PORT,
        pod_cidr="",
        service_cidr="",
        node_port_range="",
        http_port=first_free_port(HTTP_PORTS),
        https_port=first_free_port(HTTPS_PORTS),
        address=address_option(parsed.address),
    )


async def fetch(server: str, token: str, ca_hash: str) -> server_bundle.Bundle:
    """Return what the server gives for the token.

    Raises:
        JoinError: with what to do.
    """
    authority = await trusted_authority(server, ca_hash)
    client = Client.connect(Endpoint(url=server, ca_pem=authority.decode()), user_agent="bouvier-server")
    try:
        answer = await client.request("POST", BUNDLE_PATH, body={"token": token, "name": host_name()})
        return server_bundle.decode(answer)
    except ApiError as error:
        raise JoinError(error.message) from None
    except OSError as error:
        raise JoinError(f"cannot join {server}: {error}") from None
    finally:
        await client.close()


async def check_store(url: str, *, given: bool) -> None:
    """Make sure that the platform's objects can be reached from here.

    Raises:
        JoinError: they cannot, or that etcd holds none.
    """
    from bouvier.store.etcd.store import EtcdStore  # noqa: PLC0415 - gRPC costs 20 MB and half a second

    advice = "" if given else "; name it as it is reached from here by --store"
    try:
        store = await EtcdStore.open(parse_address(url))
    except (StoreUnavailableError, OSError) as error:
        raise JoinError(f"{error}{advice}") from None
    try:
        if not await store.newest():
            raise JoinError(f"the etcd at {url} holds nothing of this platform: it is another one{advice}")
    finally:
        await store.close()


def main(arguments: list[str]) -> int:
    """Join, or say why not."""
    parsed = _parse(arguments)
    try:
        places = open_places(parsed.data_dir)
        if read_platform(places) is None:
            places.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        platform = asyncio.run(join(places, parsed))
    except (ValueError, JoinError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return 2
    print(f"joined platform {platform.id}; its objects are at {platform.store}")  # noqa: T201
    return 0


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bouvier.daemons.server_join")
    parser.add_argument("--data-dir", type=Path, default=None)
    for option in ("server", "token", "ca-hash"):
        parser.add_argument(f"--{option}", required=True)
    for option in ("store", "address"):
        parser.add_argument(f"--{option}", default="")
    parser.add_argument("--port", type=int, default=0)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
