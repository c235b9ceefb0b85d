"""An API server and clients of it, shared by the tests of this folder."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from bouvier.client import Client, Endpoint
from bouvier.store.etcd.store import EtcdStore
from tests.support.apiserver import RunningApi, running_api
from tests.support.etcd import Etcd, running_etcd


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[RunningApi]:
    async with running_api(tmp_path) as running:
        yield running


@pytest.fixture
async def client(api: RunningApi) -> AsyncIterator[Client]:
    """A client with every right."""
    made = Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token()))
    yield made
    await made.close()


@pytest.fixture
async def client_of(api: RunningApi) -> AsyncIterator[Callable[[str], Client]]:
    """Make a client for a component or with a token text."""
    made: list[Client] = []

    def make(component: str = "", token: str = "") -> Client:
        made.append(Client.connect(Endpoint(unix_socket=str(api.socket), token=token or api.token(component))))
        return made[-1]

    yield make
    for one in made:
        await one.close()


@pytest.fixture(scope="module")
def etcd() -> Iterator[Etcd]:
    """One member for a whole module; each store has keys of its own in it."""
    with running_etcd() as running:
        yield running


@pytest.fixture
async def pair(etcd: Etcd) -> AsyncIterator[tuple[EtcdStore, EtcdStore]]:
    """Two processes' views of the same keys."""
    address = etcd.address()
    one, two = await EtcdStore.open(address), await EtcdStore.open(address)
    yield one, two
    await one.close()
    await two.close()
