"""Services, endpoints in both forms and numbers of Services, as the original's conformance tests go through them."""

import pytest

from bouvier.meta.resources import (
    ENDPOINTS,
    ENDPOINTSLICES,
    INGRESSCLASSES,
    INGRESSES,
    IPADDRESSES,
    PODS,
    SERVICECIDRS,
    SERVICES,
)
from tests.conformance.lifecycles.go_client import GoClient, Obj, conditions
from tests.support.raw_api import STRATEGIC

pytestmark = pytest.mark.asyncio(loop_scope="module")

OF_SERVICE = "kubernetes.io/service-name"


def service(name: str = "web", labels: dict[str, str] | None = None, **spec: object) -> Obj:
    ports = spec.pop("ports", [{"name": "http", "protocol": "TCP", "port": 80, "targetPort": 80}])
    return {"metadata": {"name": name, "labels": labels or {}}, "spec": {"ports": ports, **spec}}


async def test_the_status_of_a_service(go: GoClient) -> None:
    """Addresses are patched with an annotation, a condition without a time is added; Go's empty fields change nothing."""
    chosen = "test-service-static=true"
    version = (await go.listed(SERVICES, everywhere=True, labelSelector=chosen))["metadata"]["resourceVersion"]
    made = await go.create(SERVICES, service(labels={"test-service-static": "true"}, type="LoadBalancer"))
    await go.until(SERVICES, version, lambda event, _: event == "ADDED", selector=chosen)
    assert (await go.get(SERVICES, "web", "status"))["status"]["loadBalancer"] is not None
    patch = {
        "metadata": {"annotations": {"patchedstatus": "true"}},
        "status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.1"}]}},
    }
    patched = await go.patch(SERVICES, "web", patch, part="status")
    assert patched["status"]["loadBalancer"]["ingress"][0]["ip"] == "203.0.113.1"

    def is_noted(_: str, obj: Obj) -> bool:
        return (obj["metadata"].get("annotations") or {}).get("patchedstatus") == "true"

    await go.until(SERVICES, version, is_noted, selector=chosen)
    condition = {"type": "StatusUpdate", "status": "True", "reason": "E2E", "message": "Set from a test"}
    condition |= {"observedGeneration": 0, "lastTransitionTime": None}
    await go.changed(SERVICES, "web", lambda o: o["status"].setdefault("conditions", []).append(condition), "status")
    seen = await go.until(SERVICES, version, lambda _, obj: "StatusUpdate" in conditions(obj), selector=chosen)
    assert conditions(seen)["StatusUpdate"]["message"] == "Set from a test"
    noise = {"spec": {}, "status": {"loadBalancer": {}}}
    labels = {"creationTimestamp": None, "labels": {"test-service": "patched"}}
    await go.patch(SERVICES, "web", {"metadata": labels} | noise, STRATEGIC)
    seen = await go.until(
        SERVICES, version, lambda _, obj: obj["metadata"]["labels"].get("test-service") == "patched", selector=chosen
    )
    assert seen["spec"] == made["spec"]
    await go.delete(SERVICES, "web")
    await go.until(SERVICES, version, lambda event, _: event == "DELETED", selector=chosen)


async def test_a_collection_of_services(go: GoClient) -> None:
    """Those with the label go, the other stays."""
    for number in range(3):
        label = {"e2e-test-service": "delete"} if number else {"e2e-test-service": "keep"}
        await go.create(SERVICES, service(f"e2e-svc-{number}", label))
    assert len((await go.listed(SERVICES))["items"]) == 3
    await go.delete_collection(SERVICES, "e2e-test-service=delete")
    assert [one["metadata"]["name"] for one in (await go.listed(SERVICES))["items"]] == ["e2e-svc-0"]


async def test_life_of_endpoints(go: GoClient) -> None:
    """Updated from a list, patched strategically (subsets are replaced), and deleted by label under watchers' eyes."""
    chosen = "test-endpoint-static=true"
    port = {"name": "http", "port": 80, "protocol": "TCP"}
    subset = {"addresses": [{"ip": "10.0.0.24"}], "ports": [port]}
    metadata = {"name": "testservice", "labels": {"test-endpoint-static": "true"}}
    version = (await go.listed(ENDPOINTS, everywhere=True, labelSelector=chosen))["metadata"]["resourceVersion"]
    await go.create(ENDPOINTS, {"metadata": metadata, "subsets": [subset]})
    await go.until(ENDPOINTS, version, lambda event, _: event == "ADDED", selector=chosen)
    listed = await go.listed(ENDPOINTS, everywhere=True, labelSelector=chosen)
    (found,) = (one for one in listed["items"] if one["metadata"]["namespace"] == go.namespace)
    found["metadata"]["labels"]["test-service"] = "updated"
    updated = await go.update(ENDPOINTS, found)
    version = listed["metadata"]["resourceVersion"]
    await go.until(ENDPOINTS, version, lambda event, _: event == "MODIFIED", selector=chosen)
    patch = {
        "metadata": {"labels": {"test-service": "patched"}},
        "subsets": [{"addresses": [{"ip": "10.0.0.25"}], "ports": [{"name": "http-test", "port": 8080}]}],
    }
    await go.patch(ENDPOINTS, "testservice", patch, STRATEGIC)
    version = updated["metadata"]["resourceVersion"]
    await go.until(ENDPOINTS, version, lambda event, _: event == "MODIFIED", selector=chosen)
    patched = await go.get(ENDPOINTS, "testservice")
    assert patched["metadata"]["labels"]["test-service"] == "patched"
    expected = {"addresses": [{"ip": "10.0.0.25"}], "ports": [{"name": "http-test", "port": 8080, "protocol": "TCP"}]}
    assert patched["subsets"] == [expected]
    await go.delete_collection(ENDPOINTS, chosen)
    version = patched["metadata"]["resourceVersion"]
    await go.until(ENDPOINTS, version, lambda event, _: event == "DELETED", selector=chosen)
    assert await go.find(ENDPOINTS, "testservice") is None


async def test_slices_in_every_verb(go: GoClient) -> None:
    """Names are drawn, endpoints without ports are taken, and a watch from the list sees changes alone."""
    chosen = "special-label=here"
    ends = [{"addresses": ["1.2.3.4", "5.6.7.8"], "conditions": {}}, {"addresses": ["2.2.3.4", "6.6.7.8"]}]
    metadata = {"generateName": "e2e-example-ing", "labels": {"special-label": "here"}}
    template = {"metadata": metadata, "addressType": "IPv4", "endpoints": ends}
    for _ in range(3):
        made = await go.create(ENDPOINTSLICES, template)
    name = made["metadata"]["name"]
    assert (await go.get(ENDPOINTSLICES, name))["metadata"]["uid"] == made["metadata"]["uid"]
    listed = await go.listed(ENDPOINTSLICES, labelSelector=chosen)
    everywhere = await go.listed(ENDPOINTSLICES, everywhere=True, labelSelector=chosen)
    assert len(listed["items"]) == len(everywhere["items"]) == 3
    await go.patch(ENDPOINTSLICES, name, {"metadata": {"annotations": {"patched": "true"}}})
    await go.changed(ENDPOINTSLICES, name, lambda obj: obj["metadata"]["annotations"].update(updated="true"))
    seen = await go.until(
        ENDPOINTSLICES, listed["metadata"]["resourceVersion"], lambda event, _: event == "MODIFIED", selector=chosen
    )
    assert seen["metadata"]["annotations"]["patched"] == "true"
    await go.delete(ENDPOINTSLICES, name)
    assert await go.find(ENDPOINTSLICES, name) is None
    assert len((await go.listed(ENDPOINTSLICES, labelSelector=chosen))["items"]) == 2
    await go.delete_collection(ENDPOINTSLICES, chosen)
    assert (await go.listed(ENDPOINTSLICES, labelSelector=chosen))["items"] == []


async def test_a_service_that_matches_nothing(go: GoClient) -> None:
    """It has empty Endpoints and one empty slice, which go with it."""
    await go.create(SERVICES, service("empty", selector={"does-not-match": "anything"}))
    (found,) = await go.count(ENDPOINTSLICES, 1, labelSelector=f"{OF_SERVICE}=empty")
    assert not found.get("endpoints")
    assert found["metadata"]["labels"]["endpointslice.kubernetes.io/managed-by"] == "endpointslice-controller.k8s.io"
    (owner,) = found["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"]) == ("Service", "empty")
    endpoints = await go.eventually(lambda: go.find(ENDPOINTS, "empty"))
    assert not endpoints.get("subsets")
    await go.delete(SERVICES, "empty")
    await go.count(ENDPOINTSLICES, 0, labelSelector=f"{OF_SERVICE}=empty")
    await go.count(ENDPOINTS, 0)


async def test_pods_in_both_forms_of_endpoints(go: GoClient) -> None:
    """Named ports make a slice and a subset for each number; slices that somebody deletes are made again."""

    async def pod(name: str, *ports: tuple[str, int]) -> None:
        opened = [{"name": one, "containerPort": number, "protocol": "TCP"} for one, number in ports]
        container = {"name": "container1", "image": "nginx:1", "ports": opened}
        labels = {name: "on", "shared12": "on"}
        await go.create(PODS, {"metadata": {"name": name, "labels": labels}, "spec": {"containers": [container]}})

    await pod("pod1", ("example-name", 3000))
    await pod("pod2", ("example-name", 3001), ("other-port", 3002))
    plain = [{"name": "example", "port": 80, "targetPort": 3000, "protocol": "TCP"}]
    named = [{"name": "http", "port": 80, "targetPort": "example-name", "protocol": "TCP"}]
    await go.create(SERVICES, service("int-port", selector={"pod1": "on"}, publishNotReadyAddresses=True, ports=plain))
    shared = service("named-port", selector={"shared12": "on"}, publishNotReadyAddresses=True, ports=named)
    await go.create(SERVICES, shared)
    await go.eventually(lambda: shows(go, "int-port", {("example", 3000): ["pod1"]}))
    both = {("http", 3000): ["pod1"], ("http", 3001): ["pod2"]}
    await go.eventually(lambda: shows(go, "named-port", both))
    assert {one["metadata"]["labels"][OF_SERVICE] for one in (await go.listed(ENDPOINTSLICES))["items"]} == {
        "int-port",
        "named-port",
    }
    for one in (await go.listed(ENDPOINTSLICES, labelSelector=f"{OF_SERVICE}=named-port"))["items"]:
        await go.delete(ENDPOINTSLICES, one["metadata"]["name"])
    await go.eventually(lambda: shows(go, "named-port", both))
    await go.count(ENDPOINTSLICES, 2, labelSelector=f"{OF_SERVICE}=named-port")


async def shows(go: GoClient, name: str, wanted: dict[tuple[str, int], list[str]]) -> bool:
    """Tell whether slices and Endpoints of a Service list exactly these pods at each port."""
    in_slices: dict[tuple[str, int], list[str]] = {}
    for one in (await go.listed(ENDPOINTSLICES, labelSelector=f"{OF_SERVICE}={name}"))["items"]:
        for port in one.get("ports") or ():
            names = [end["targetRef"]["name"] for end in one.get("endpoints") or ()]
            in_slices.setdefault((port["name"], port["port"]), []).extend(names)
    endpoints = await go.find(ENDPOINTS, name) or {}
    in_subsets = {
        (port["name"], port["port"]): [address["targetRef"]["name"] for address in subset.get("addresses") or ()]
        for subset in endpoints.get("subsets") or ()
        for port in subset["ports"]
    }
    return in_slices == in_subsets == wanted


async def test_endpoints_of_ones_own_are_mirrored(go: GoClient) -> None:
    """Ports without a name too; an update without a version is taken."""
    await go.create(SERVICES, service("own", ports=[{"name": "example", "port": 80, "protocol": "TCP"}]))
    endpoints = {
        "metadata": {"name": "own"},
        "subsets": [{"addresses": [{"ip": "10.1.2.3"}], "ports": [{"port": 80}]}],
    }
    chosen = f"{OF_SERVICE}=own"

    async def mirrored(ip: str) -> bool:
        slices = (await go.listed(ENDPOINTSLICES, labelSelector=chosen))["items"]
        return [(s["endpoints"][0]["addresses"], [p["port"] for p in s["ports"]]) for s in slices] == [([ip], [80])]

    await go.create(ENDPOINTS, endpoints)
    await go.eventually(lambda: mirrored("10.1.2.3"))
    endpoints["subsets"][0]["addresses"] = [{"ip": "10.2.3.4"}]
    await go.update(ENDPOINTS, endpoints)
    await go.eventually(lambda: mirrored("10.2.3.4"))
    await go.delete(ENDPOINTS, "own")
    await go.count(ENDPOINTSLICES, 0, labelSelector=chosen)


async def test_the_api_server_has_endpoints(go: GoClient) -> None:
    """The Service `kubernetes` has both forms, with the same addresses."""
    default = GoClient(go.api, "default")
    endpoints = await default.get(ENDPOINTS, "kubernetes")
    slices = (await default.listed(ENDPOINTSLICES, labelSelector=f"{OF_SERVICE}=kubernetes"))["items"]
    addresses = {one["ip"] for subset in endpoints["subsets"] for one in subset["addresses"]}
    assert {one for s in slices for end in s["endpoints"] for one in end["addresses"]} == addresses
    assert addresses


async def test_the_range_of_services(go: GoClient) -> None:
    """The platform's own may be annotated and is listed."""
    patched = await go.patch(SERVICECIDRS, "kubernetes", {"metadata": {"annotations": {"patched": "true"}}})
    assert patched["metadata"]["annotations"]["patched"] == "true"
    updated = await go.changed(
        SERVICECIDRS, "kubernetes", lambda o: o["metadata"]["annotations"].update(updated="true")
    )
    assert updated["metadata"]["annotations"]["updated"] == "true"
    listed = await go.listed(SERVICECIDRS)
    assert [one["metadata"]["name"] for one in listed["items"]] == ["kubernetes"]
    await go.until(SERVICECIDRS, "", lambda event, obj: event == "ADDED" and obj["metadata"]["name"] == "kubernetes")


async def test_addresses_of_others(go: GoClient) -> None:
    """An IPAddress may belong to anything; it stays until somebody deletes it."""
    parent = {"group": "mygroup", "resource": "myresources", "namespace": "foo", "name": "bar"}
    for name, kind in (("255.255.255.255", "broadcast"), ("fe80::42:1dff:fe84:f9e2", "link-local")):
        await go.create(
            IPADDRESSES, {"metadata": {"name": name, "labels": {"type": kind}}, "spec": {"parentRef": parent}}
        )
    ip = "255.255.255.255"
    patched = await go.patch(IPADDRESSES, ip, {"metadata": {"annotations": {"patched": "true"}}})
    assert patched["metadata"]["annotations"]["patched"] == "true"
    updated = await go.changed(IPADDRESSES, ip, lambda obj: obj["metadata"]["annotations"].update(updated="true"))
    assert updated["metadata"]["annotations"]["updated"] == "true"
    assert (await go.get(IPADDRESSES, ip))["spec"]["parentRef"] == parent
    assert len((await go.listed(IPADDRESSES, labelSelector="type=broadcast"))["items"]) == 1
    await go.until(IPADDRESSES, "", lambda event, _: event == "ADDED", selector="type=broadcast")
    await go.delete(IPADDRESSES, ip)
    await go.delete_collection(IPADDRESSES, "type=link-local")
    assert (await go.listed(IPADDRESSES, labelSelector="type=link-local"))["items"] == []


async def test_ingresses_in_every_verb(go: GoClient) -> None:
    """Names are drawn; the status takes annotations; classes are as free."""
    chosen = "special-label=here"
    backend = {"service": {"name": "default-backend", "port": {"name": "", "number": 8080}}}
    metadata = {"generateName": "e2e-example-ing", "labels": {"special-label": "here"}}
    for _ in range(3):
        made = await go.create(INGRESSES, {"metadata": metadata, "spec": {"defaultBackend": backend}})
    name = made["metadata"]["name"]
    listed = await go.listed(INGRESSES, labelSelector=chosen)
    assert len(listed["items"]) == 3
    await go.patch(INGRESSES, name, {"metadata": {"annotations": {"patched": "true"}}})
    await go.changed(INGRESSES, name, lambda obj: obj["metadata"]["annotations"].update(updated="true"))
    version = listed["metadata"]["resourceVersion"]
    await go.until(
        INGRESSES, version, lambda _, o: "updated" in (o["metadata"].get("annotations") or {}), selector=chosen
    )
    status = {"loadBalancer": {"ingress": [{"ip": "169.1.1.1"}]}}
    patch = {"metadata": {"annotations": {"patchedstatus": "true"}}, "status": status}
    patched = await go.patch(INGRESSES, name, patch, part="status")
    assert patched["status"]["loadBalancer"]["ingress"] == [{"ip": "169.1.1.1"}]

    def replace(obj: Obj) -> None:
        obj["status"]["loadBalancer"] = {"ingress": [{"hostname": "replaced.example", "ip": "169.1.1.2"}]}

    updated = await go.changed(INGRESSES, name, replace, "status")
    assert updated["status"]["loadBalancer"]["ingress"][0]["ip"] == "169.1.1.2"
    assert (await go.get(INGRESSES, name, "status"))["metadata"]["uid"] == made["metadata"]["uid"]
    await go.delete(INGRESSES, name)
    await go.delete_collection(INGRESSES, chosen)
    assert (await go.listed(INGRESSES, labelSelector=chosen))["items"] == []
    spec = {"controller": "example.com/controller"}
    for name in ("one", "two"):
        await go.create(
            INGRESSCLASSES, {"metadata": {"name": f"class-{name}", "labels": {"class": "here"}}, "spec": spec}
        )
    await go.delete(INGRESSCLASSES, "class-one")
    await go.delete_collection(INGRESSCLASSES, "class=here")
    assert (await go.listed(INGRESSCLASSES, labelSelector="class=here"))["items"] == []
