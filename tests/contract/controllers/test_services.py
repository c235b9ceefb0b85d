"""Services, endpoints and balancer addresses on the real API server."""

import pytest

from bouvier.meta.resources import ENDPOINTS, ENDPOINTSLICES, INGRESSES, NODES, PODS, REPLICASETS, SERVICES
from tests.contract.controllers.world import NAMESPACE, world


def service(**spec):
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": NAMESPACE},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}], **spec},
    }


def pods(replicas):
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {"name": "web", "namespace": NAMESPACE},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "c", "image": "web:1"}]},
            },
        },
    }


def ready_addresses(slices):
    return sorted(
        endpoint["addresses"][0]
        for slice_ in slices
        if slice_["metadata"]["labels"].get("kubernetes.io/service-name") == "web"
        for endpoint in slice_.get("endpoints") or ()
        if endpoint["conditions"]["ready"]
    )


@pytest.fixture
async def here(tmp_path):
    async with world(tmp_path) as made:
        yield made


async def test_endpoints_follow_pods(here):
    """Both forms list exactly the ready pods, through scaling and removal of the Service."""
    await here.admin.create(SERVICES, service())
    await here.admin.create(REPLICASETS, pods(3))
    await here.seen(ENDPOINTSLICES, lambda items: len(ready_addresses(items)) == 3)
    await here.object(ENDPOINTS, "web", lambda e: len((e.get("subsets") or [{}])[0].get("addresses") or ()) == 3)
    await here.admin.patch(REPLICASETS, "web", {"spec": {"replicas": 1}}, namespace=NAMESPACE)
    await here.seen(ENDPOINTSLICES, lambda items: len(ready_addresses(items)) == 1)
    living = [p["status"]["podIP"] for p in (await here.seen(PODS, lambda items: items if len(items) == 1 else None))]
    await here.seen(ENDPOINTSLICES, lambda items: ready_addresses(items) == living)
    await here.admin.delete(SERVICES, "web", NAMESPACE)
    await here.seen(ENDPOINTSLICES, lambda items: not items)
    await here.gone(ENDPOINTS, "web")


async def test_an_unready_pod_leaves_the_service(here):
    """A failing probe takes a pod out of both forms."""
    await here.admin.create(SERVICES, service())
    await here.admin.create(REPLICASETS, pods(1))
    await here.seen(ENDPOINTSLICES, lambda items: len(ready_addresses(items)) == 1)
    name = (await here.admin.list(PODS, NAMESPACE)).items[0]["metadata"]["name"]
    failed = {
        "status": {"conditions": [{"type": "Ready", "status": "False", "lastTransitionTime": "2030-01-01T00:00:00Z"}]}
    }
    await here.admin.patch(PODS, name, failed, namespace=NAMESPACE, subresource="status")
    await here.seen(ENDPOINTSLICES, lambda items: not ready_addresses(items))
    await here.object(ENDPOINTS, "web", lambda e: "notReadyAddresses" in (e.get("subsets") or [{}])[0])


async def test_load_balancers_report_the_hosts(here):
    """`kubectl get svc,ingress` shows where to connect, and nothing after the type changed."""
    await here.admin.create(SERVICES, service(type="LoadBalancer"))
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    ingress = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "web", "namespace": NAMESPACE},
        "spec": {"defaultBackend": backend},
    }
    await here.admin.create(INGRESSES, ingress)

    def shows(address):
        return lambda o: [i["ip"] for i in o["status"]["loadBalancer"].get("ingress") or ()] == address

    await here.object(SERVICES, "web", shows(["192.0.2.7"]))
    await here.object(INGRESSES, "web", shows(["192.0.2.7"]))
    internal = {"type": "ClusterIP", "externalTrafficPolicy": None, "allocateLoadBalancerNodePorts": None}
    await here.admin.patch(SERVICES, "web", {"spec": internal}, namespace=NAMESPACE)
    await here.object(SERVICES, "web", shows([]))


async def test_hosts_get_distinct_ranges(here):
    """Each Node has its part of the pod range."""
    for number in range(2, 6):
        await here.add_host(f"h{number}")
    nodes = await here.seen(NODES, lambda items: items if all(n["spec"].get("podCIDR") for n in items) else None)
    ranges = [node["spec"]["podCIDR"] for node in nodes]
    assert len(set(ranges)) == len(ranges) == 5
    assert all(node["spec"]["podCIDRs"] == [node["spec"]["podCIDR"]] for node in nodes)


async def test_endpoints_of_ones_own_are_mirrored(here):
    """Endpoints written for a Service without a selector are repeated as slices, through every change."""
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "own", "namespace": NAMESPACE},
        "spec": {"ports": [{"name": "web", "port": 80}]},
    }
    await here.admin.create(SERVICES, service)
    subset = {"addresses": [{"ip": "10.1.2.3"}], "ports": [{"name": "web", "port": 8080, "protocol": "TCP"}]}
    endpoints = service | {"kind": "Endpoints", "subsets": [subset]}
    endpoints.pop("spec")
    made = await here.admin.create(ENDPOINTS, endpoints)

    def shown(slices: list[dict]) -> list:
        mine = [one for one in slices if one["metadata"]["labels"].get("kubernetes.io/service-name") == "own"]
        return [
            ([end["addresses"][0] for end in one["endpoints"]], [port["port"] for port in one["ports"]]) for one in mine
        ]

    await here.seen(ENDPOINTSLICES, lambda found: shown(found) == [(["10.1.2.3"], [8080])])
    made["subsets"][0]["addresses"] = [{"ip": "10.2.3.4"}, {"ip": "10.2.3.5"}]
    made["subsets"][0]["ports"][0]["port"] = 9090
    await here.admin.update(ENDPOINTS, made)
    await here.seen(ENDPOINTSLICES, lambda found: shown(found) == [(["10.2.3.4", "10.2.3.5"], [9090])])
    slices = (await here.admin.list(ENDPOINTSLICES, NAMESPACE)).items
    manager = "endpointslicemirroring-controller.k8s.io"
    assert slices[0]["metadata"]["labels"]["endpointslice.kubernetes.io/managed-by"] == manager
    await here.admin.delete(ENDPOINTS, "own", NAMESPACE)
    await here.seen(ENDPOINTSLICES, lambda found: shown(found) == [])
