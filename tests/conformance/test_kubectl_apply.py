"""Apply and patch as an unmodified kubectl does them, against a real API server."""

import json

from tests.support.apiserver import running_api

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "web:1", ports: [{containerPort: 80}]}
"""
WITHOUT_REPLICAS = DEPLOYMENT.replace("  replicas: 2\n", "")
SERVER_SIDE = ("apply", "--server-side", "-f", "-")


async def spec_of(api) -> dict:
    return json.loads(await api.kubectl("get", "deployment", "web", "-o", "json"))["spec"]


async def test_from_client_side_to_server_side_and_back(tmp_path):
    """An object applied by the client is taken over by the server without conflict, and can be taken back."""
    async with running_api(tmp_path) as api:
        await api.kubectl("apply", "-f", "-", stdin=DEPLOYMENT)
        text = await api.kubectl(*SERVER_SIDE, stdin=DEPLOYMENT.replace("replicas: 2", "replicas: 4"))
        assert "serverside-applied" in text
        assert (await spec_of(api))["replicas"] == 4
        await api.kubectl("apply", "-f", "-", stdin=DEPLOYMENT)
        assert (await spec_of(api))["replicas"] == 2


async def test_conflict_force_and_hand_over(tmp_path):
    """A second manager is refused by name, may force its way, and a dropped field goes when nobody else owns it."""
    async with running_api(tmp_path) as api:
        await api.kubectl(*SERVER_SIDE, stdin=DEPLOYMENT)
        other = (*SERVER_SIDE, "--field-manager=other")
        scaled = DEPLOYMENT.replace("replicas: 2", "replicas: 5")
        refused = await api.kubectl(*other, stdin=scaled, ok=False)
        assert 'Apply failed with 1 conflict: conflict with "kubectl": .spec.replicas' in refused
        await api.kubectl(*other, "--force-conflicts", stdin=scaled)
        assert (await spec_of(api))["replicas"] == 5
        await api.kubectl(*other, stdin=WITHOUT_REPLICAS)
        assert (await spec_of(api))["replicas"] == 1


async def test_patches_of_each_type(tmp_path):
    """Strategic, merge and JSON patches change what they say and refuse with the path."""
    async with running_api(tmp_path) as api:
        await api.kubectl("apply", "-f", "-", stdin=DEPLOYMENT)
        containers = {"spec": {"template": {"spec": {"containers": [{"name": "side", "image": "side:1"}]}}}}
        await api.kubectl("patch", "deployment", "web", "-p", json.dumps(containers))
        names = [container["name"] for container in (await spec_of(api))["template"]["spec"]["containers"]]
        assert names == ["side", "web"]
        await api.kubectl("patch", "deployment", "web", "--type=merge", "-p", '{"spec": {"replicas": 3}}')
        test = '[{"op": "test", "path": "/spec/replicas", "value": 7}]'
        refused = await api.kubectl("patch", "deployment", "web", "--type=json", "-p", test, ok=False)
        assert "/spec/replicas: test failed: it is 3, the patch expects 7" in refused
