"""Network policies and the API: what a host may read for their sake, and where they are refused."""

import asyncio
import json
from collections.abc import Awaitable
from pathlib import Path

import pytest

from bouvier.client import Client, Endpoint
from bouvier.meta.errors import ApiError
from bouvier.meta.resources import CLUSTERS, NETWORKPOLICIES, PODS
from tests.support.apiserver import running_api

POLICY = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "deny", "namespace": "default"},
    "spec": {"podSelector": {}},
}


async def test_hosts_list_all_pods_while_there_is_a_policy(tmp_path: Path) -> None:
    """A host sees pods of others only for as long as it needs their addresses."""
    async with running_api(tmp_path) as api:
        admin, host = (
            Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token(who))) for who in ("admin", "node-n1")
        )
        with pytest.raises(ApiError, match="can only list/watch pods with spec.nodeName"):
            await host.list(PODS)
        await admin.create(NETWORKPOLICIES, POLICY)
        assert (await host.list(PODS)).items == []
        await admin.delete(NETWORKPOLICIES, "deny", "default")
        with pytest.raises(ApiError, match="can only list/watch pods with spec.nodeName"):
            await host.list(PODS)
        await admin.close()
        await host.close()


async def test_other_orchestrators_refuse_policies_by_name(tmp_path: Path) -> None:
    """A policy is taken without a warning where hosts enforce it, and refused where nobody would."""
    async with running_api(tmp_path) as api:
        admin = Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token()))
        spec = {"driver": "swarm", "swarm": {"engine": "unix:///nowhere.sock"}}
        bees = {"apiVersion": CLUSTERS.api_version, "kind": "Cluster", "metadata": {"name": "bees"}, "spec": spec}
        await admin.create(CLUSTERS, bees)
        file = tmp_path / "policy.json"
        file.write_text(json.dumps(POLICY))
        assert "Warning" not in await api.kubectl("apply", "-f", str(file))
        other = Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token(), cluster="bees"))
        async with asyncio.timeout(60):
            while (error := await refusal(other.create(NETWORKPOLICIES, POLICY))).code == 503:
                await asyncio.sleep(0.02)
        await admin.close()
        await other.close()
    assert "networkpolicies.networking.k8s.io is forbidden: clusters of the driver swarm do not run it" in error.message


async def refusal(request: Awaitable[object]) -> ApiError:
    """Return the error with which a request is refused."""
    with pytest.raises(ApiError) as found:
        await request
    return found.value
