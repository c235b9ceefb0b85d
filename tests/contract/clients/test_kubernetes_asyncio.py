"""The generated Python client: typed objects, patches of every kind, watches, leader election's leases, dynamic client."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from kubernetes_asyncio import client, config, watch
from kubernetes_asyncio.client.exceptions import ApiException
from kubernetes_asyncio.dynamic import DynamicClient

from tests.support.apiserver import RunningApi


@asynccontextmanager
async def connected(api: RunningApi) -> AsyncIterator[client.ApiClient]:
    """Connect by the kubeconfig."""
    settings = client.Configuration()
    await config.load_kube_config(str(api.kubeconfig), client_configuration=settings)
    async with client.ApiClient(settings) as connection:
        yield connection


async def test_typed_objects_make_their_way_and_back(api: RunningApi) -> None:
    """What the models hold is stored, and comes back in the models' own types."""
    async with connected(api) as connection:
        core, apps = client.CoreV1Api(connection), client.AppsV1Api(connection)
        await core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name="team")))
        container = client.V1Container(
            name="web",
            image="registry.example/web:1",
            ports=[client.V1ContainerPort(container_port=80)],
            resources=client.V1ResourceRequirements(requests={"cpu": "100m"}),
        )
        labels = {"app": "web"}
        template = client.V1PodTemplateSpec(
            metadata=client.V1ObjectMeta(labels=labels), spec=client.V1PodSpec(containers=[container])
        )
        spec = client.V1DeploymentSpec(
            replicas=2, selector=client.V1LabelSelector(match_labels=labels), template=template
        )
        body = client.V1Deployment(metadata=client.V1ObjectMeta(name="web"), spec=spec)
        made = await apps.create_namespaced_deployment("team", body)
        assert made.spec.strategy.rolling_update.max_surge == "25%"
        assert made.metadata.creation_timestamp.tzinfo is not None
        scale = await apps.read_namespaced_deployment_scale("web", "team")
        scale.spec.replicas = 5
        await apps.replace_namespaced_deployment_scale("web", "team", scale)
        found = await apps.list_namespaced_deployment("team", label_selector="app!=db", limit=1)
        assert found.items[0].spec.replicas == 5
        await apps.delete_namespaced_deployment("web", "team", body=client.V1DeleteOptions(propagation_policy="Orphan"))


async def test_refusals_are_statuses(api: RunningApi) -> None:
    """Codes and reasons come as the client expects them."""
    async with connected(api) as connection:
        core = client.CoreV1Api(connection)
        with pytest.raises(ApiException) as caught:
            await core.read_namespaced_pod("absent", "default")
        assert (caught.value.status, caught.value.reason) == (404, "Not Found")
        with pytest.raises(ApiException) as caught:
            await core.create_namespaced_config_map("default", {"metadata": {"name": "Not Good"}})
        assert caught.value.status == 422
        assert "metadata.name" in caught.value.body


async def test_watches_follow_from_a_list(api: RunningApi) -> None:
    """The watch goes on behind the list, with nothing lost between."""
    async with connected(api) as connection:
        core = client.CoreV1Api(connection)
        await core.create_namespaced_config_map("default", {"metadata": {"name": "first"}})
        listed = await core.list_namespaced_config_map("default")
        seen = []
        async with asyncio.timeout(60), watch.Watch() as stream:
            since = listed.metadata.resource_version
            events = stream.stream(core.list_namespaced_config_map, "default", resource_version=since)
            await core.create_namespaced_config_map("default", {"metadata": {"name": "second"}})
            await core.patch_namespaced_config_map("second", "default", {"data": {"a": "b"}})
            await core.delete_namespaced_config_map("second", "default")
            async for event in events:
                seen.append((event["type"], event["object"].metadata.name))
                if event["type"] == "DELETED":
                    break
        assert seen == [("ADDED", "second"), ("MODIFIED", "second"), ("DELETED", "second")]


async def test_the_dynamic_client_discovers_and_applies(api: RunningApi) -> None:
    """Kinds are found by discovery, and server-side apply keeps its owner."""
    async with connected(api) as connection:
        dynamic = await DynamicClient(connection)
        kind = await dynamic.resources.get(api_version="v1", kind="ConfigMap")
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "applied"}, "data": {"a": "1"}}
        await kind.server_side_apply(body=body, namespace="default", field_manager="team-a")
        body["data"] = {"a": "2"}
        refused = await kind.server_side_apply(body=body, namespace="default", field_manager="team-b")
        assert (refused.code, refused.reason) == (409, "Conflict")  # this client returns refusals
        assert "team-a" in refused.message
