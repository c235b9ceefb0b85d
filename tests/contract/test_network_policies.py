"""Network policies and the API: what a host may read for their sake, and where they are not enforced."""

import asyncio
import json
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


async def test_other_orchestrators_warn(tmp_path: Path) -> None:
    """kubectl shows the warning in a cluster that another orchestrator executes, and none in a native one."""
    async with running_api(tmp_path) as api:
        admin = Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token()))
        spec = {"driver": "swarm", "swarm": {"engine": "unix:///nowhere.sock"}}
        await admin.create(
            CLUSTERS,
            {"apiVersion": CLUSTERS.api_version, "kind": "Cluster", "metadata": {"name": "bees"}, "spec": spec},
        )
        file = tmp_path / "policy.json"
        file.write_text(json.dumps(POLICY))
        assert "Warning" not in await api.kubectl("apply", "-f", str(file))
        server = f"--server=https://127.0.0.1:{api.port}/clusters/bees"
        async with asyncio.timeout(60):
            while True:
                try:
                    shown = await api.kubectl(server, "apply", "-f", str(file))
                    break
                except AssertionError:
                    await asyncio.sleep(0.1)
        await admin.close()
    assert "Warning: network policies are not enforced in the cluster bees, which is executed by swarm" in shown
