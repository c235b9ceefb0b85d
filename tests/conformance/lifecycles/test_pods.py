"""Pods, their templates, events and limits, as the original's conformance tests go through them."""

import pytest

from bouvier.meta.gvk import Resource
from bouvier.meta.resources import EVENTS, LIMITRANGES, PODS
from tests.conformance.lifecycles.go_client import GoClient, Obj, conditions
from tests.support.raw_api import STRATEGIC

pytestmark = pytest.mark.asyncio(loop_scope="module")

PODTEMPLATES = Resource("", "v1", "podtemplates", "PodTemplate")
RUNTIMECLASSES = Resource("node.k8s.io", "v1", "runtimeclasses", "RuntimeClass", namespaced=False)
CPU, MEMORY = "cpu", "memory"


def pod(name: str, *containers: Obj, **spec: object) -> Obj:
    made = list(containers) or [{"name": "agnhost", "image": "agnhost:1", "args": ["pause"]}]
    return {"metadata": {"name": name, "labels": {"time": "now"}}, "spec": {"containers": made, **spec}}


async def running(go: GoClient, name: str) -> Obj:
    async def check() -> Obj | None:
        found = await go.get(PODS, name)
        return found if found["status"]["phase"] == "Running" else None

    return await go.eventually(check, f"{name} running")


async def test_generations_of_a_pod(go: GoClient) -> None:
    """One, and one more with each change of the spec; metadata and what a client asks for count for nothing."""
    init = [{"name": "init-container", "image": "busybox:1"}]
    made = pod("web", initContainers=init)
    made["metadata"]["generation"] = 100
    assert (await go.create(PODS, made))["metadata"]["generation"] == 1
    await running(go, "web")
    toleration = {"key": "foo-1", "operator": "Equal", "value": "bar", "effect": "NoSchedule"}
    steps = [
        (lambda obj: None, 1),
        (lambda obj: obj["spec"]["tolerations"].append(toleration), 2),
        (lambda obj: obj["spec"].update(activeDeadlineSeconds=5000), 3),
        (lambda obj: obj["spec"]["containers"][0].update(image="nginx:1"), 4),
        (lambda obj: obj["spec"]["initContainers"][0].update(image="pause:1"), 5),
        (lambda obj: obj["metadata"].update(annotations={"key": "value"}), 5),
        (lambda obj: obj["metadata"].update(generation=1), 5),
    ]
    for change, generation in steps:
        await go.changed(PODS, "web", change)
        assert (await go.get(PODS, "web"))["metadata"]["generation"] == generation


async def test_a_deletion_is_a_generation(go: GoClient, here: object) -> None:
    """The pod that has been told to go has one more."""
    await go.create(PODS, pod("web"))
    await running(go, "web")
    here.silent |= {"h1", "h2"}  # type: ignore[attr-defined]
    try:
        reply = await go.api("DELETE", PODS.path(go.namespace, "web"), gracePeriodSeconds="60")
        assert (reply.status, reply.body["metadata"]["generation"]) == (200, 2)
        assert (await go.get(PODS, "web"))["metadata"]["generation"] == 2
    finally:
        here.silent.clear()  # type: ignore[attr-defined]


async def test_five_hundred_generations(go: GoClient) -> None:
    """None is left out."""
    await go.create(PODS, pod("web", activeDeadlineSeconds=5000))
    await running(go, "web")

    def less(obj: Obj) -> None:
        obj["spec"]["activeDeadlineSeconds"] -= 1

    for _ in range(499):
        await go.changed(PODS, "web", less)
    found = await go.get(PODS, "web")
    assert (found["metadata"]["generation"], found["spec"]["activeDeadlineSeconds"]) == (500, 4501)


async def test_the_status_of_a_pod_is_patched(go: GoClient) -> None:
    """Message and reason are what the client says."""
    await go.create(PODS, pod("web"))
    await running(go, "web")
    body = {"status": {"message": "Patched by a test", "reason": "E2E"}}
    patched = await go.patch(PODS, "web", body, STRATEGIC, "status")
    assert (patched["status"]["message"], patched["status"]["reason"]) == ("Patched by a test", "E2E")


async def test_ephemeral_containers(go: GoClient) -> None:
    """The first by a strategic patch, the second by an update of the whole pod; both are read where they were written."""
    await go.create(
        PODS, pod("target", {"name": "one", "image": "busybox:1", "command": ["/bin/sleep"], "args": ["9"]})
    )
    await running(go, "target")
    command = ["/bin/sh", "-c", "while true; do echo polo; sleep 2; done"]
    debugger = {
        "name": "debugger",
        "image": "busybox:1",
        "command": command,
        "stdin": True,
        "tty": True,
        "resources": {},
    }
    patch = {"spec": {"ephemeralContainers": [debugger]}}
    patched = await go.patch(PODS, "target", patch, STRATEGIC, "ephemeralcontainers")
    assert patched["spec"]["ephemeralContainers"][0]["terminationMessagePolicy"] == "File"
    read = await go.get(PODS, "target", "ephemeralcontainers")
    assert [one["name"] for one in read["spec"]["ephemeralContainers"]] == ["debugger"]
    other = {"name": "debugger2", "image": "agnhost:1", "imagePullPolicy": "IfNotPresent", "resources": {}}
    other |= {"terminationMessagePolicy": "File"}
    await go.changed(PODS, "target", lambda o: o["spec"]["ephemeralContainers"].append(other), "ephemeralcontainers")
    read = await go.get(PODS, "target", "ephemeralcontainers")
    assert [one["name"] for one in read["spec"]["ephemeralContainers"]] == ["debugger", "debugger2"]
    assert (await go.get(PODS, "target"))["spec"] == read["spec"]


async def test_a_runtime_class_brings_its_overhead(go: GoClient) -> None:
    """Its fixed needs are those of the pod, from the first answer on."""
    fixed = {CPU: "10m", MEMORY: "1Mi"}
    name = f"{go.namespace}-handler"
    await go.create(RUNTIMECLASSES, {"metadata": {"name": name}, "handler": "runc", "overhead": {"podFixed": fixed}})
    made = await go.create(PODS, pod("heavy", runtimeClassName=name, automountServiceAccountToken=False))
    assert made["spec"]["overhead"] == fixed
    assert conditions(await running(go, "heavy"))["Ready"]["status"] == "True"


def resources(cpu: str = "", cpu_limit: str = "", memory: str = "", memory_limit: str = "") -> Obj:
    requests = {name: value for name, value in ((CPU, cpu), (MEMORY, memory)) if value}
    limits = {name: value for name, value in ((CPU, cpu_limit), (MEMORY, memory_limit)) if value}
    return {part: value for part, value in (("requests", requests), ("limits", limits)) if value}


def resizable(*wanted: Obj) -> list[Obj]:
    return [{"name": f"c{n}", "image": "busybox:1", "resources": one} for n, one in enumerate(wanted, start=1)]


def guaranteed(*pairs: tuple[str, str]) -> list[Obj]:
    return resizable(*(resources(cpu, cpu, memory, memory) for cpu, memory in pairs))


THREE = guaranteed(("20m", "35Mi"), ("22m", "37Mi"), ("24m", "39Mi"))


@pytest.mark.parametrize(
    ("before", "after", "back"),
    [
        (THREE, guaranteed(("25m", "40Mi"), ("27m", "42Mi"), ("19m", "34Mi")), True),
        (THREE, guaranteed(("25m", "40Mi"), ("17m", "32Mi"), ("19m", "34Mi")), True),
        (THREE, guaranteed(("25m", "35Mi"), ("17m", "42Mi"), ("29m", "44Mi")), True),
        (
            resizable(
                resources("20m"),
                resources(memory="35Mi"),
                resources("20m", memory="35Mi"),
                resources("20m"),
                resources(memory="35Mi"),
            ),
            resizable(
                resources("25m", "35m"),
                resources(memory="30Mi", memory_limit="50Mi"),
                resources("20m", memory="30Mi"),
                resources("15m", memory="35Mi"),
                resources("20m", memory="40Mi"),
            ),
            False,
        ),
        (resizable(resources("2m", "10m")), resizable(resources("1m", "5m")), True),
    ],
    ids=["net increase", "net decrease", "various", "limits and requests added", "equivalents"],
)
async def test_a_pod_is_resized(go: GoClient, before: list[Obj], after: list[Obj], back: bool) -> None:
    """By a strategic patch that names the containers, there and back."""
    made = await go.create(PODS, pod("small", *before))
    assert not any("resizePolicy" in one for one in made["spec"]["containers"])
    await running(go, "small")
    for generation, containers in enumerate([after, before] if back else [after], start=2):
        named = [{"name": one["name"], "resources": one["resources"]} for one in containers]
        patched = await go.patch(PODS, "small", {"spec": {"containers": named}}, STRATEGIC, "resize")
        assert [one["resources"] for one in patched["spec"]["containers"]] == [one["resources"] for one in containers]
        assert patched["metadata"]["generation"] == generation
        assert await go.get(PODS, "small", "resize") == await go.get(PODS, "small")


async def test_a_pod_is_resized_by_an_update(go: GoClient) -> None:
    """The whole pod is sent, in protobuf, to the place of resizes."""
    await go.create(PODS, pod("small", *resizable(resources("20m", memory="35Mi"))))
    await running(go, "small")
    wanted = resources("25m", memory="40Mi")
    updated = await go.changed(PODS, "small", lambda o: o["spec"]["containers"][0].update(resources=wanted), "resize")
    assert updated["spec"]["containers"][0]["resources"] == wanted
    assert updated["metadata"]["generation"] == 2


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ([{}], [resources(memory="35Mi")], "Pod QOS Class may not change as a result of resizing"),
        (
            [resources("20m", "20m", "35Mi", "35Mi")],
            [{"requests": {CPU: "20m", MEMORY: "35Mi"}, "limits": {CPU: None, MEMORY: None}}],
            "resource limits cannot be removed",
        ),
        ([resources("20m")], [{"requests": {CPU: None}}], "resource requests cannot be removed"),
        (
            [resources("20m", "35m", "35Mi", "50Mi")],
            [resources("35m", "35m", "50Mi", "50Mi")],
            "Pod QOS Class may not change as a result of resizing",
        ),
        (
            [{"requests": {CPU: "20m", "ephemeral-storage": "1"}}],
            [{"requests": {CPU: "20m", "ephemeral-storage": "3"}}],
            "only cpu and memory resources are mutable",
        ),
    ],
    ids=["best effort", "limits removed", "requests removed", "as guaranteed", "storage"],
)
async def test_resizes_that_are_refused(go: GoClient, before: list[Obj], after: list[Obj], words: str) -> None:
    """In the original's words."""
    await go.create(PODS, pod("small", *resizable(*before)))
    named = [{"name": one["name"], "resources": one["resources"]} for one in resizable(*after)]
    path = PODS.path(go.namespace, "small", "resize")
    reply = await go.api("PATCH", path, {"spec": {"containers": named}}, kind=STRATEGIC)
    assert reply.status == 422
    assert words in reply.body["message"]


async def test_a_pod_template_is_replaced(go: GoClient) -> None:
    """With an annotation, which a list from before finds when it watches."""
    chosen = "podtemplate-set=true"
    template = {"metadata": {"labels": {"name": "x"}}, "spec": {"containers": [{"name": "nginx", "image": "nginx:1"}]}}
    metadata = {"name": "nginx", "labels": {"podtemplate-set": "true"}}
    await go.create(PODTEMPLATES, {"metadata": metadata, "template": template})
    updated = await go.changed(PODTEMPLATES, "nginx", lambda o: o["metadata"].update(annotations={"updated": "true"}))
    assert updated["metadata"]["annotations"] == {"updated": "true"}
    await go.delete_collection(PODTEMPLATES, chosen)
    assert (await go.listed(PODTEMPLATES, labelSelector=chosen))["items"] == []


async def test_life_of_an_event(go: GoClient) -> None:
    """Patched and updated without a version; what is read is what was sent, times to the microsecond."""
    chosen = "testevent-constant=true"
    event = {
        "metadata": {"name": "event-test", "labels": {"testevent-constant": "true"}},
        "message": "This is a test event",
        "reason": "Test",
        "type": "Normal",
        "count": 1,
        "involvedObject": {"namespace": go.namespace},
        "source": {},
        "firstTimestamp": None,
        "lastTimestamp": None,
        "eventTime": None,
        "reportingComponent": "",
        "reportingInstance": "",
    }
    await go.create(EVENTS, event)
    listed = await go.listed(EVENTS, everywhere=True, labelSelector=chosen)
    assert [one["metadata"]["namespace"] for one in listed["items"]] == [go.namespace]
    await go.patch(EVENTS, "event-test", {"message": "patched"}, STRATEGIC)
    found = await go.get(EVENTS, "event-test")
    assert found["message"] == "patched"
    found["series"] = {"count": 100, "lastObservedTime": "2017-09-19T13:49:16.000000Z"}
    del found["metadata"]["resourceVersion"]
    found["metadata"].pop("managedFields", None)
    await go.update(EVENTS, found)
    again = await go.get(EVENTS, "event-test")
    del again["metadata"]["resourceVersion"]
    again["metadata"].pop("managedFields", None)
    assert again == found
    await go.delete(EVENTS, "event-test")
    assert (await go.listed(EVENTS, everywhere=True, labelSelector=chosen))["items"] == []


async def test_limit_ranges_of_two_namespaces(go: GoClient) -> None:
    """One is patched with Go's whole object and deleted by its new label; the other stays."""
    name = f"limits-{go.namespace}"
    other = GoClient(go.api, name)
    await go.api.ok("POST", "/api/v1/namespaces", {"metadata": {"name": name}})

    def amounts(cpu: str, memory: str, storage: str) -> Obj:
        return {CPU: cpu, MEMORY: memory, "ephemeral-storage": storage}

    limit = {
        "type": "Container",
        "min": amounts("50m", "100Mi", "100Gi"),
        "max": amounts("500m", "500Mi", "500Gi"),
        "default": amounts("500m", "500Mi", "500Gi"),
        "defaultRequest": amounts("100m", "200Mi", "200Gi"),
    }
    metadata = {"name": name, "labels": {"e2e-test": name, name: "created"}}
    made = await go.create(LIMITRANGES, {"metadata": metadata, "spec": {"limits": [limit]}})
    await other.create(LIMITRANGES, {"metadata": metadata, "spec": {"limits": [limit]}})
    everywhere = await go.listed(LIMITRANGES, everywhere=True, labelSelector=f"e2e-test={name}")
    assert len(everywhere["items"]) == 2
    limits = [made["spec"]["limits"][0] | {"min": amounts("9m", "49Mi", "49Gi")}]
    patch = {
        "metadata": {"creationTimestamp": made["metadata"]["creationTimestamp"], "labels": {name: "patched"}},
        "spec": {"limits": limits},
    }
    patched = await go.patch(LIMITRANGES, name, patch, STRATEGIC)
    assert patched["metadata"]["labels"] == {"e2e-test": name, name: "patched"}
    assert patched["spec"]["limits"] == limits
    await go.delete_collection(LIMITRANGES, f"{name}=patched")
    await go.count(LIMITRANGES, 0, labelSelector=f"{name}=patched")
    left = await go.listed(LIMITRANGES, everywhere=True, labelSelector=f"e2e-test={name}")
    assert [one["metadata"]["namespace"] for one in left["items"]] == [name]
