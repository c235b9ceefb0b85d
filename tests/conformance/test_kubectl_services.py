"""Changing a Service's type as an unmodified kubectl does it, against a real API server."""

import json

import pytest

from tests.support.apiserver import running_api

SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: LoadBalancer
  externalTrafficPolicy: Local
  selector: {app: web}
  ports: [{port: 80}]
"""


async def spec_of(api) -> dict:
    return json.loads(await api.kubectl("get", "service", "web", "-o", "json"))["spec"]


@pytest.mark.parametrize("way", ["patch", "replace"])
async def test_from_load_balancer_to_cluster_ip(tmp_path, way):
    """What only a balancer has goes with the type; the address stays."""
    async with running_api(tmp_path) as api:
        await api.kubectl("apply", "-f", "-", stdin=SERVICE)
        before = await spec_of(api)
        if way == "patch":
            await api.kubectl("patch", "service", "web", "-p", '{"spec": {"type": "ClusterIP"}}')
        else:
            whole = json.loads(await api.kubectl("get", "service", "web", "-o", "json"))
            whole["spec"]["type"] = "ClusterIP"
            await api.kubectl("replace", "-f", "-", stdin=json.dumps(whole))
        after = await spec_of(api)
        assert after["clusterIP"] == before["clusterIP"]
        gone = {"externalTrafficPolicy", "allocateLoadBalancerNodePorts", "healthCheckNodePort"}
        assert not gone & after.keys()
        assert "nodePort" not in after["ports"][0]


async def test_to_external_name_and_back(tmp_path):
    """An external name has no address; coming back draws a new one."""
    async with running_api(tmp_path) as api:
        await api.kubectl("apply", "-f", "-", stdin=SERVICE)
        change = {"spec": {"type": "ExternalName", "externalName": "example.org"}}
        await api.kubectl("patch", "service", "web", "-p", json.dumps(change))
        assert not {"clusterIP", "clusterIPs", "ipFamilies", "externalTrafficPolicy"} & (await spec_of(api)).keys()
        change = {"spec": {"type": "ClusterIP", "externalName": None}}
        await api.kubectl("patch", "service", "web", "-p", json.dumps(change))
        assert (await spec_of(api))["clusterIP"].startswith("10.43.")


async def test_a_field_that_is_meant_is_refused(tmp_path):
    """Who asks for a node port on a ClusterIP service is told so."""
    async with running_api(tmp_path) as api:
        await api.kubectl("apply", "-f", "-", stdin=SERVICE)
        change = {"spec": {"type": "ClusterIP", "loadBalancerClass": "other"}}
        refused = await api.kubectl("patch", "service", "web", "-p", json.dumps(change), ok=False)
        assert "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'" in refused
