"""Logical clusters as objects: made, served, kept apart, removed."""

import asyncio
import contextlib
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from bouvier.apiserver.authn.authenticator import check_home
from bouvier.apiserver.authz.rules import Attributes
from bouvier.apiserver.request import User
from bouvier.cli.commands.token import secret_of
from bouvier.client import Client
from bouvier.client.endpoint import Endpoint
from bouvier.kinds.clusters_v1.clusters import hosts_group
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj
from bouvier.meta.resources import (
    CERTIFICATESIGNINGREQUESTS,
    CLUSTERROLEBINDINGS,
    CLUSTERROLES,
    CLUSTERS,
    CONFIGMAPS,
    INGRESSES,
    NAMESPACES,
    SECRETS,
    SERVICEACCOUNTS,
    SERVICES,
)
from tests.support.apiserver import RunningApi, running_api


def cluster(name: str, **spec: object) -> Obj:
    return {
        "apiVersion": "clusters.bouvier.io/v1",
        "kind": "Cluster",
        "metadata": {"name": name},
        "spec": {"driver": "native", **spec},
    }


def config_map(name: str, value: str) -> Obj:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "default"},
        "data": {"key": value},
    }


def user(api: RunningApi, name: str = "local", component: str = "admin", token: str = "") -> Client:
    return Client.connect(Endpoint(unix_socket=str(api.socket), token=token or api.token(component), cluster=name))


async def until_served(client: Client) -> None:
    async with asyncio.timeout(10):
        while True:
            with contextlib.suppress(ApiError):
                await client.get(NAMESPACES, "kube-system")
                return
            await asyncio.sleep(0.01)


async def refusal(call) -> str:
    with pytest.raises(ApiError) as caught:
        await call
    return caught.value.reason


async def test_only_existing_clusters_are_served(tmp_path: Path) -> None:
    """A name without a Cluster object is not found, for reads and writes alike."""
    async with running_api(tmp_path) as api:
        ghost = user(api, "ghost")
        assert await refusal(ghost.list(NAMESPACES)) == "NotFound"
        assert await refusal(ghost.create(CONFIGMAPS, config_map("a", "b"))) == "NotFound"
        assert await refusal(ghost.request("GET", "/api")) == "NotFound"
        await ghost.close()


async def test_a_new_cluster_has_namespaces_and_roles(tmp_path: Path) -> None:
    """A cluster starts with the namespaces and roles that Kubernetes starts with."""
    async with running_api(tmp_path) as api:
        home, one = user(api), user(api, "one")
        await home.create(CLUSTERS, cluster("one"))
        await until_served(one)
        names = {found["metadata"]["name"] for found in (await one.list(NAMESPACES)).items}
        assert names == {"default", "kube-node-lease", "kube-public", "kube-system"}
        assert await one.get(CLUSTERROLES, "cluster-admin")
        for client in (home, one):
            await client.close()


async def test_clusters_do_not_see_each_other(tmp_path: Path) -> None:
    """Tokens, hosts and actors of one cluster are strangers in another; paths cannot climb out of one."""
    async with running_api(tmp_path) as api:
        home, one, two = user(api), user(api, "one"), user(api, "two")
        for name in ("one", "two"):
            await home.create(CLUSTERS, cluster(name))
        await until_served(one)
        await until_served(two)
        await one.create(CONFIGMAPS, config_map("shared", "of one"))
        await two.create(CONFIGMAPS, config_map("shared", "of two"))
        assert (await one.get(CONFIGMAPS, "shared", "default"))["data"]["key"] == "of one"
        assert await refusal(home.get(CONFIGMAPS, "shared", "default")) == "NotFound"
        account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "spy", "namespace": "default"}}
        await one.create(SERVICEACCOUNTS, account)
        request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
        answer = await one.create(SERVICEACCOUNTS, request, namespace="default", name="spy", subresource="token")
        spy = user(api, "two", token=answer["status"]["token"])
        assert await refusal(spy.list(NAMESPACES)) == "Unauthorized"
        for stranger in ("node-n1", "controllers", "scheduler", "nobody"):
            client = user(api, "two", stranger)
            assert await refusal(client.list(SECRETS)) == "Forbidden"
            await client.close()
        assert await refusal(one.request("GET", "/clusters/two/api/v1/namespaces/default/configmaps/shared")) in (
            "NotFound",
            "Forbidden",
        )
        assert (
            await refusal(one.request("GET", "/%2e%2e/two/api/v1/namespaces/default/configmaps/shared")) == "NotFound"
        )
        for client in (home, one, two, spy):
            await client.close()


async def test_strangers_do_not_learn_which_clusters_exist(tmp_path: Path) -> None:
    """Without credentials an existing and a missing cluster answer the same."""
    async with running_api(tmp_path) as api:
        home, one = user(api), user(api, "one")
        await home.create(CLUSTERS, cluster("one"))
        await until_served(one)
        for name in ("one", "ghost"):
            anonymous = Client.connect(Endpoint(unix_socket=str(api.socket), cluster=name))
            assert await refusal(anonymous.list(NAMESPACES)) == "Unauthorized"
            await anonymous.close()
        for client in (home, one):
            await client.close()


async def test_a_removed_cluster_leaves_nothing(tmp_path: Path) -> None:
    """Deleting a cluster removes its objects: a new one of the same name starts empty."""
    async with running_api(tmp_path) as api:
        home, one = user(api), user(api, "one")
        await home.create(CLUSTERS, cluster("one"))
        await until_served(one)
        await one.create(CONFIGMAPS, config_map("left", "over"))
        await home.delete(CLUSTERS, "one")
        async with asyncio.timeout(10):
            while (await home.list(CLUSTERS)).items[-1]["metadata"]["name"] != "local":
                await asyncio.sleep(0.01)
        assert await refusal(one.get(CONFIGMAPS, "left", "default")) == "NotFound"
        page = await api.server.context.store.list("/one/")
        assert page.items == []
        await home.create(CLUSTERS, cluster("one"))
        await until_served(one)
        assert await refusal(one.get(CONFIGMAPS, "left", "default")) == "NotFound"
        for client in (home, one):
            await client.close()


async def test_the_local_cluster_stays(tmp_path: Path) -> None:
    """`local` cannot be removed, and clusters cannot be made inside another."""
    async with running_api(tmp_path) as api:
        home, one = user(api), user(api, "one")
        assert await refusal(home.delete(CLUSTERS, "local")) == "Forbidden"
        await home.create(CLUSTERS, cluster("one"))
        await until_served(one)
        assert await refusal(one.create(CLUSTERS, cluster("inner"))) == "Forbidden"
        for client in (home, one):
            await client.close()


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"driver": "swarm"}, "spec.swarm.engine"),
        ({"driver": "swarm", "swarm": {"engine": "tcp://1.2.3.4:2375"}}, "spec.swarm.engine"),
        ({"driver": "kubernetes"}, "spec.kubernetes.kubeconfigSecret.name"),
        ({"driver": "mesos"}, "spec.mesos.masters"),
        ({"driver": "mesos", "mesos": {"masters": ["zk://1.2.3.4:2181/mesos"]}}, "spec.mesos.masters[0]"),
        ({"driver": "mesos", "mesos": {"masters": ["http://user:secret@m:5050"]}}, "spec.mesos.masters[0]"),
        ({"driver": "mesos", "mesos": {"masters": ["http://m:5050"], "marathon": ["m"]}}, "spec.mesos.marathon[0]"),
        ({"driver": "nomad"}, "spec.driver"),
        ({"driver": "native", "swarm": {"engine": "unix:///x"}}, "spec.swarm"),
        ({"driver": "native", "native": {"podCIDR": "10.1.2.3/99"}}, "spec.native.podCIDR"),
        ({"driver": "native", "native": {"podCIDR": "10.1.2.0/28"}}, "spec.native.podCIDR"),
        (
            {"driver": "native", "native": {"podCIDR": "10.1.0.0/16", "serviceCIDR": "10.1.2.0/24"}},
            "spec.native.serviceCIDR",
        ),
    ],
)
async def test_bad_clusters_are_refused_by_field(tmp_path: Path, spec: Obj, field: str) -> None:
    """What a driver needs and does not get is named."""
    async with running_api(tmp_path) as api:
        home = user(api)
        with pytest.raises(ApiError) as caught:
            await home.create(CLUSTERS, cluster("bad", **spec))
        assert caught.value.reason == "Invalid"
        assert field in caught.value.message
        await home.close()


async def test_kinds_without_an_actor_are_refused_on_a_swarm(tmp_path: Path) -> None:
    """What the driver would never act upon is refused by name, in that cluster only."""
    async with running_api(tmp_path) as api:
        home, one = user(api), user(api, "one")
        await home.create(CLUSTERS, cluster("one", driver="swarm", swarm={"engine": "unix:///nowhere.sock"}))
        await until_served(one)
        body = {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": {"name": "a", "namespace": "default"},
            "spec": {"defaultBackend": {"service": {"name": "a", "port": {"number": 80}}}},
        }
        assert await refusal(one.create(INGRESSES, body)) == "Forbidden"
        assert await home.create(INGRESSES, body)
        for client in (home, one):
            await client.close()


async def test_native_clusters_get_ranges_of_their_own(tmp_path: Path) -> None:
    """Ranges are drawn beside those in use, carried by services, and kept."""
    async with running_api(tmp_path) as api:
        home, one, two = user(api), user(api, "one"), user(api, "two")
        made = [(await home.create(CLUSTERS, cluster(name)))["spec"]["native"] for name in ("one", "two")]
        ranges = [IPv4Network(part[field]) for part in made for field in ("podCIDR", "serviceCIDR")]
        ranges.append(IPv4Network("10.43.0.0/16"))
        assert not any(a.overlaps(b) for i, a in enumerate(ranges) for b in ranges[:i])
        for client, part in ((one, made[0]), (two, made[1])):
            await until_served(client)
            service = await client.get(SERVICES, "kubernetes", "default")
            assert service["spec"]["clusterIP"] == str(IPv4Network(part["serviceCIDR"])[1])
        changed = {"spec": {"native": {"podCIDR": "10.9.0.0/16"}}}
        assert await refusal(home.patch(CLUSTERS, "one", changed)) == "Invalid"
        for client in (home, one, two):
            await client.close()


async def test_an_account_is_led_to_its_own_cluster(tmp_path: Path) -> None:
    """A pod calls the root of the address it knows, and is in its own cluster."""
    async with running_api(tmp_path) as api:
        home, one = user(api), user(api, "one")
        await home.create(CLUSTERS, cluster("one"))
        await until_served(one)
        account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "spy", "namespace": "default"}}
        await one.create(SERVICEACCOUNTS, account)
        request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
        answer = await one.create(SERVICEACCOUNTS, request, namespace="default", name="spy", subresource="token")
        binding = {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": "spy"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
            "subjects": [{"kind": "ServiceAccount", "name": "spy", "namespace": "default"}],
        }
        await one.create(CLUSTERROLEBINDINGS, binding)
        await one.create(CONFIGMAPS, config_map("shared", "of one"))
        spy = user(api, token=answer["status"]["token"])
        assert (await spy.get(CONFIGMAPS, "shared", "default"))["data"]["key"] == "of one"
        assert [found["metadata"]["name"] for found in (await spy.list_all(CONFIGMAPS, "default")).items] == ["shared"]
        for client in (home, one, spy):
            await client.close()


async def test_hosts_join_one_cluster_only(tmp_path: Path) -> None:
    """A join token works in its own cluster; a host of one cluster is refused in every other, whatever its name."""
    async with running_api(tmp_path) as api:
        home, one, two = user(api), user(api, "one"), user(api, "two")
        for name in ("one", "two"):
            await home.create(CLUSTERS, cluster(name))
        await until_served(one)
        await until_served(two)
        await one.create(SECRETS, secret_of("abcdef", "0123456789abcdef", "", "", many=False))
        for name, wanted in (("one", ""), ("two", "Unauthorized"), ("local", "Unauthorized")):
            guest = user(api, name, token="abcdef.0123456789abcdef")
            if wanted:
                assert await refusal(guest.list(CERTIFICATESIGNINGREQUESTS)) == wanted
            else:
                await guest.list(CERTIFICATESIGNINGREQUESTS)
            await guest.close()
        group = hosts_group(await home.get(CLUSTERS, "one"))
        host = User("system:node:n1", (group, "system:authenticated"))
        check_home(host, "one")
        for other in ("two", "local", "one2"):
            with pytest.raises(ApiError, match="another cluster"):
                check_home(host, other)
        assert api.server.context.authorizer.allowed("one", host, Attributes("create", "", "nodes"))
        assert not api.server.context.authorizer.allowed("two", host, Attributes("create", "", "nodes"))
        for client in (home, one, two):
            await client.close()


async def test_an_account_has_no_namesake_in_another_cluster(tmp_path: Path) -> None:
    """What the platform has beside its resources is not for accounts of other clusters, and nobody watches across."""
    async with running_api(tmp_path) as api:
        home, one = user(api), user(api, "one")
        await home.create(CLUSTERS, cluster("one"))
        await until_served(one)
        request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
        account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "spy", "namespace": "default"}}
        tokens = {}
        for client in (home, one):
            await client.create(SERVICEACCOUNTS, account)
            answer = await client.create(SERVICEACCOUNTS, request, namespace="default", name="spy", subresource="token")
            tokens[client] = answer["status"]["token"]
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}
        subject = {"kind": "ServiceAccount", "name": "spy", "namespace": "default"}
        binding = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "roleRef": role}
        await one.create(CLUSTERROLEBINDINGS, binding | {"metadata": {"name": "spy"}, "subjects": [subject]})
        spy = user(api, token=tokens[one])
        for path in ("/bouvier/v1/live", "/clusters/one/bouvier/v1/live"):
            assert await refusal(spy.request("GET", path)) == "NotFound"
        own = user(api, token=tokens[home])
        socket = await own.websocket("/bouvier/v1/live")
        await socket.send_text('{"id": 1, "watch": "/clusters/one/api/v1/namespaces/default/configmaps"}')
        assert b'"Forbidden"' in (await asyncio.wait_for(socket.receive(), 10) or b"")
        await socket.close()
        for client in (home, one, spy, own):
            await client.close()
