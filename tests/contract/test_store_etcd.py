"""What is particular to etcd: several writers, lost connections, other users, and errors that name the way out."""

import asyncio
from pathlib import Path

import grpc.aio
import pytest
from aetcd.rpc import rpc_pb2, rpc_pb2_grpc

from bouvier.client import Client, Endpoint
from bouvier.meta.errors import ApiError
from bouvier.meta.resources import CONTROLLERREVISIONS
from bouvier.store.etcd.address import EtcdAddress, parse_address
from bouvier.store.etcd.store import EtcdStore
from bouvier.store.interface import RevisionMismatchError, StoreUnavailableError, ValueTooLargeError
from bouvier.util.pki import Authority
from tests.support.apiserver import running_api
from tests.support.etcd import Etcd, running_etcd


async def test_what_one_writes_the_other_reads(pair: tuple[EtcdStore, EtcdStore]) -> None:
    """A write is seen by the other's next question, watch and compare."""
    one, two = pair
    watch = two.watch("/p/", 0)
    first = await one.create("/p/a", b"1")
    assert await two.newest() == first
    assert [(c.revision, c.key, c.value) for c in await anext(watch)] == [(first, "/p/a", b"1")]

    second = await two.update("/p/a", b"2", first)
    with pytest.raises(RevisionMismatchError) as refused:
        await one.delete("/p/a", first)
    assert refused.value.current == second
    assert await one.newest() == second
    await watch.aclose()


async def test_others_in_the_same_cluster_are_not_seen(etcd: Etcd) -> None:
    """Stores with different roots share nothing but the counting of revisions."""
    one, other = await EtcdStore.open(etcd.address()), await EtcdStore.open(etcd.address())
    first = await one.create("/p/a", b"1")
    await other.create("/p/a", b"x")
    assert await one.newest() == first
    assert [(i.key, i.value) for i in (await one.list("")).items] == [("/p/a", b"1")]
    await one.close()
    await other.close()


async def test_large_values_and_many_keys(pair: tuple[EtcdStore, EtcdStore]) -> None:
    """A value of a megabyte and lists longer than one answer arrive whole."""
    one, two = pair
    await one.create("/big/x", bytes(1_000_000))
    await asyncio.gather(*(one.create(f"/many/{number:05d}", b"v") for number in range(2500)))
    assert len((await two.get("/big/x")).value) == 1_000_000
    page = await two.list("/many/", limit=2100)
    assert (len(page.items), page.more) == (2100, True)
    rest = await two.list("/many/", revision=page.revision, after=page.items[-1].key)
    assert [i.key for i in rest.items] == [f"/many/{number:05d}" for number in range(2100, 2500)]


async def test_a_member_dies_and_comes_back(etcd: Etcd, pair: tuple[EtcdStore, EtcdStore]) -> None:
    """A watch goes on without a gap, and writes work again; nothing acknowledged is lost."""
    one, two = pair
    watch = two.watch("/p/", 0)
    first = await one.create("/p/a", b"1")
    assert (await anext(watch))[0].revision == first
    etcd.kill()
    pending = asyncio.create_task(anext(watch))
    etcd.start_again()
    second = await one.update("/p/a", b"2", first)
    async with asyncio.timeout(60):
        assert [(c.revision, c.value) for c in await pending] == [(second, b"2")]
    await watch.aclose()


async def test_without_a_member_the_caller_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for ever: the error names the members."""
    monkeypatch.setattr("bouvier.store.etcd.connection.CALL_SECONDS", 0.3)
    with pytest.raises(StoreUnavailableError, match="127.0.0.1:1 gave no answer"):
        await EtcdStore.open(parse_address("etcd://127.0.0.1:1"))


async def test_values_that_etcd_does_not_take(etcd: Etcd, tmp_path: Path) -> None:
    """More than a megabyte and a half is refused with the size, at the store and by the API; nothing is written."""
    store = await EtcdStore.open(etcd.address())
    for size in (1_600_000, 3_000_000):
        with pytest.raises(ValueTooLargeError, match="takes no value of that size"):
            await store.create("/big/x", bytes(size))
    assert await store.get("/big/x") is None
    async with running_api(tmp_path, store) as api:
        client = Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token()))
        big = {"metadata": {"name": "big", "namespace": "default"}, "spec": {"x": "y" * 2_000_000}}
        with pytest.raises(ApiError) as refused:
            await client.create(CONTROLLERREVISIONS, {"metadata": big["metadata"], "revision": 1, "data": big["spec"]})
        assert (refused.value.reason, refused.value.code) == ("RequestEntityTooLarge", 413)
        assert "too large to be stored" in refused.value.message
        await client.close()


async def test_a_member_that_is_away_is_passed_over(etcd: Etcd) -> None:
    """Members are tried until one answers, whether they are named by address or by name."""
    for others in ("127.0.0.1:1", "nowhere.invalid:2379"):
        url = f"etcd://{others},localhost:{etcd.port}/away-{others[:3]}"
        one = await EtcdStore.open(parse_address(url))
        watch = one.watch("/p/", 0)
        first = await one.create("/p/a", b"1")
        async with asyncio.timeout(30):
            assert (await anext(watch))[0].revision == first
        await watch.aclose()
        await one.close()


async def test_tls_with_a_client_certificate(tmp_path: Path) -> None:
    """etcds:// checks the members by the authority and shows a certificate; without one the door is closed."""
    authority = Authority.open(tmp_path, "ca", "etcd-ca")
    for name, hosts in (("server", ("127.0.0.1", "localhost")), ("client", ())):
        certificate, key = authority.issue(name, hosts=hosts, server=name == "server")
        (tmp_path / f"{name}.crt").write_bytes(certificate)
        (tmp_path / f"{name}.key").write_bytes(key)
    with running_etcd(tmp_path) as secure:
        files = f"ca={tmp_path}/ca.crt&cert={tmp_path}/client.crt&key={tmp_path}/client.key"
        members = f"127.0.0.1:{secure.port},localhost:{secure.port}"
        store = await EtcdStore.open(parse_address(f"etcds://{members}/farm?{files}"))
        assert await store.create("/p/a", b"1") == await store.newest()
        await store.close()


async def test_a_user_with_a_password(tmp_path: Path) -> None:
    """Name and password give a token; one that is not accepted any more is replaced, also where a watch goes on."""
    password = tmp_path / "password"
    password.write_text("secret\n")
    with running_etcd() as guarded:
        await forbid_strangers(guarded, "secret")
        where = f"etcd://127.0.0.1:{guarded.port}/farm"
        with pytest.raises(StoreUnavailableError, match="user name is empty"):
            await EtcdStore.open(parse_address(where))
        store = await EtcdStore.open(parse_address(f"{where}?user=root&password-file={password}"))
        first = await store.create("/p/a", b"1")
        store._connection._token = (("token", "old"),)
        second = await store.update("/p/a", b"2", first)
        store._connection._token = (("token", "old"),)
        watch = store.watch("/p/", 0)
        async with asyncio.timeout(30):
            assert [change.revision for change in await anext(watch)] == [first, second]
        await watch.aclose()
        await store.close()
        password.write_text("wrong")
        with pytest.raises(StoreUnavailableError, match="does not accept user root"):
            await EtcdStore.open(parse_address(f"{where}?user=root&password-file={password}"))


async def forbid_strangers(etcd: Etcd, password: str) -> None:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{etcd.port}") as channel:
        auth = rpc_pb2_grpc.AuthStub(channel)
        await auth.UserAdd(rpc_pb2.AuthUserAddRequest(name="root", password=password))
        await auth.RoleAdd(rpc_pb2.AuthRoleAddRequest(name="root"))
        await auth.UserGrantRole(rpc_pb2.AuthUserGrantRoleRequest(user="root", role="root"))
        await auth.AuthEnable(rpc_pb2.AuthEnableRequest())


def test_addresses() -> None:
    """Members, keys and certificates are read from one URL."""
    assert parse_address("etcd://10.0.0.1,10.0.0.2:2380") == EtcdAddress(
        ("10.0.0.1:2379", "10.0.0.2:2380"), "bouvier", secure=False
    )
    secure = parse_address("etcds://db/farm?ca=/a&cert=/b&key=/c")
    assert (secure.members, secure.root, secure.secure, str(secure.key)) == (("db:2379",), "farm", True, "/c")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://x", "write etcd://HOST:PORT"),
        ("etcd://", "names no member"),
        ("etcd://x:y", "x:y is not HOST:PORT"),
        ("etcd://x?ca=/a", "write etcds://"),
        ("etcds://x?cert=/a", "belong together"),
        ("etcd://x?user=a", "user and password-file belong together"),
        ("etcd://me:word@x", "seen by everybody"),
        ("etcds://x?password=p", "password is not known"),
    ],
)
def test_wrong_addresses_are_refused(url: str, said: str) -> None:
    """Each error says what to write instead."""
    with pytest.raises(ValueError, match=said):
        parse_address(url)
