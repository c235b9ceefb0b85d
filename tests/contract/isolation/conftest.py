"""Two logical clusters with a secret each, and somebody who rules the first one."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from bouvier.client import Client
from bouvier.client.endpoint import Endpoint
from bouvier.meta.objects import Obj
from bouvier.meta.resources import CLUSTERROLEBINDINGS, CLUSTERS, NAMESPACES, SECRETS, SERVICEACCOUNTS
from tests.support.apiserver import RunningApi, running_api
from tests.support.raw_api import RawApi, raw_api
from tests.support.waiting import until

MARKS = {name: f"mark-of-{name}-7f3a" for name in ("local", "a", "b")}
"""What stands in a Secret of each cluster."""


@dataclass
class Places:
    """An API server with the clusters a and b."""

    api: RunningApi
    raw: RawApi
    home: Client
    a: Client
    b: Client
    ruler: str
    """Token of an account of a that may do everything there."""


def user(api: RunningApi, cluster: str, token: str = "") -> Client:
    return Client.connect(Endpoint(unix_socket=str(api.socket), token=token or api.token(), cluster=cluster))


async def add_cluster(home: Client, api: RunningApi, name: str) -> None:
    body = {"apiVersion": "clusters.bouvier.io/v1", "kind": "Cluster", "metadata": {"name": name}}
    await home.create(CLUSTERS, body | {"spec": {"driver": "native"}})
    filled = api.server.context.clusters._filled
    await until(lambda: name in filled)


def secret(mark: str) -> Obj:
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "mark", "namespace": "default"}}
    return body | {"stringData": {"mark": mark}}


async def ruler_of(client: Client) -> str:
    """Return the token of an account that may do everything in a cluster."""
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "ruler", "namespace": "default"}}
    await client.create(SERVICEACCOUNTS, account)
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "ruler"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "ServiceAccount", "name": "ruler", "namespace": "default"}],
    }
    await client.create(CLUSTERROLEBINDINGS, binding)
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    made = await client.create(SERVICEACCOUNTS, request, namespace="default", name="ruler", subresource="token")
    return made["status"]["token"]


@pytest.fixture
async def places(tmp_path) -> AsyncIterator[Places]:
    async with running_api(tmp_path) as api, raw_api(api) as raw:
        clients = {name: user(api, name) for name in MARKS}
        for name in ("a", "b"):
            await add_cluster(clients["local"], api, name)
        for name, client in clients.items():
            await client.create(SECRETS, secret(MARKS[name]))
            space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"only-{name}"}}
            await client.create(NAMESPACES, space)
        ruler = await ruler_of(clients["a"])
        yield Places(api, raw, clients["local"], clients["a"], clients["b"], ruler)
        for client in clients.values():
            await client.close()
