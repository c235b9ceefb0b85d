"""The verbs of the API on stored objects."""

import asyncio

import pytest

from bouvier.client import MERGE, Client
from bouvier.meta.errors import ApiError
from bouvier.meta.resources import CONFIGMAPS, DEPLOYMENTS, NAMESPACES, PODS


def config(name: str, **data: str) -> dict:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}, "data": data}


def pod(name: str, **metadata: object) -> dict:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default"} | metadata,
        "spec": {"containers": [{"name": "c", "image": "busybox"}]},
    }


def deployment(name: str, replicas: int = 1) -> dict:
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "busybox"}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template},
    }


async def refused(attempt: object) -> ApiError:
    with pytest.raises(ApiError) as caught:
        await attempt  # type: ignore[misc]
    return caught.value


async def test_created_object_is_complete(client: Client) -> None:
    """The server adds identity and returns what it stored."""
    made = await client.create(CONFIGMAPS, config("a", x="1"))

    assert made["metadata"]["uid"]
    assert made["metadata"]["creationTimestamp"]
    assert made["metadata"]["resourceVersion"].isdigit()
    assert await client.get(CONFIGMAPS, "a", "default") == made


async def test_create_refusals(client: Client) -> None:
    """Each wrong request is refused with Kubernetes' reason."""
    await client.create(CONFIGMAPS, config("a"))

    assert (await refused(client.create(CONFIGMAPS, config("a")))).reason == "AlreadyExists"
    assert (await refused(client.create(CONFIGMAPS, config("Bad_Name")))).reason == "Invalid"
    assert (await refused(client.get(CONFIGMAPS, "missing", "default"))).reason == "NotFound"
    other = config("b")
    other["metadata"]["namespace"] = "nowhere"
    assert (await refused(client.create(CONFIGMAPS, other, namespace="nowhere"))).reason == "NotFound"
    assert (await refused(client.request("POST", "/api/v1/namespaces/default/configmaps", body=[1]))).code == 400


async def test_generated_names_differ(client: Client) -> None:
    """generateName gives every object a name of its own."""
    body = config("")
    body["metadata"] = {"generateName": "a-", "namespace": "default"}
    names = {(await client.create(CONFIGMAPS, body))["metadata"]["name"] for _ in range(5)}

    assert len(names) == 5
    assert all(name.startswith("a-") for name in names)


async def test_update_with_a_stale_version_conflicts(client: Client) -> None:
    """The second of two editors of the same state is told so."""
    first = await client.create(CONFIGMAPS, config("a", x="1"))
    await client.update(CONFIGMAPS, first | {"data": {"x": "2"}})

    error = await refused(client.update(CONFIGMAPS, first | {"data": {"x": "3"}}))

    assert (error.reason, error.code) == ("Conflict", 409)
    assert (await client.get(CONFIGMAPS, "a", "default"))["data"] == {"x": "2"}


async def test_update_without_change_keeps_the_version(client: Client) -> None:
    """Writing the same again is no event."""
    first = await client.create(CONFIGMAPS, config("a", x="1"))
    again = await client.update(CONFIGMAPS, first)

    assert again["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]


async def test_concurrent_patches_all_arrive(client: Client) -> None:
    """Patches are retried on the newer object instead of being lost."""
    await client.create(CONFIGMAPS, config("a"))
    await asyncio.gather(
        *(client.patch(CONFIGMAPS, "a", {"data": {f"k{n}": "v"}}, namespace="default", kind=MERGE) for n in range(5))
    )

    assert len((await client.get(CONFIGMAPS, "a", "default"))["data"]) == 5


async def test_generation_counts_desired_changes(client: Client) -> None:
    """Generation grows with the spec, not with metadata or status."""
    await client.create(DEPLOYMENTS, deployment("web"))
    labelled = await client.patch(
        DEPLOYMENTS, "web", {"metadata": {"labels": {"a": "b"}}}, namespace="default", kind=MERGE
    )
    scaled = await client.patch(DEPLOYMENTS, "web", {"spec": {"replicas": 3}}, namespace="default", kind=MERGE)
    status = {"status": {"replicas": 3, "observedGeneration": 2}}
    reported = await client.patch(DEPLOYMENTS, "web", status, namespace="default", kind=MERGE, subresource="status")

    assert [o["metadata"]["generation"] for o in (labelled, scaled, reported)] == [1, 2, 2]
    assert reported["status"]["replicas"] == 3


async def test_status_and_spec_do_not_mix(client: Client) -> None:
    """The object's URL ignores status, the status URL ignores the spec."""
    await client.create(DEPLOYMENTS, deployment("web"))
    both = {"spec": {"replicas": 7}, "status": {"replicas": 7}}
    one = await client.patch(DEPLOYMENTS, "web", both, namespace="default", kind=MERGE)
    two = await client.patch(
        DEPLOYMENTS,
        "web",
        {"spec": {"replicas": 9}, "status": {"replicas": 9}},
        namespace="default",
        kind=MERGE,
        subresource="status",
    )

    assert one["spec"]["replicas"] == 7
    assert "replicas" not in (one.get("status") or {})
    assert (two["spec"]["replicas"], two["status"]["replicas"]) == (7, 9)


async def test_scale_subresource(client: Client) -> None:
    """Scale shows and sets the replica count alone."""
    await client.create(DEPLOYMENTS, deployment("web", 2))
    path = "/apis/apps/v1/namespaces/default/deployments/web/scale"
    scale = await client.request("GET", path)
    scale["spec"]["replicas"] = 5
    after = await client.request("PUT", path, body=scale)

    assert (scale["kind"], scale["status"]["selector"]) == ("Scale", "app=web")
    assert after["spec"]["replicas"] == 5
    assert (await client.get(DEPLOYMENTS, "web", "default"))["spec"]["replicas"] == 5
    scale["spec"]["replicas"] = -1
    assert (await refused(client.request("PUT", path, body=scale))).reason in ("Invalid", "Conflict")


async def test_lists_are_paged_from_one_moment(client: Client) -> None:
    """Later pages show the state of the first, whatever happens between."""
    for n in range(5):
        await client.create(CONFIGMAPS, config(f"c{n}"))
    path = "/api/v1/namespaces/default/configmaps"
    first = await client.request("GET", path, query={"limit": 2})
    await client.delete(CONFIGMAPS, "c3", "default")
    await client.create(CONFIGMAPS, config("c9"))
    rest = await client.request("GET", path, query={"limit": 10, "continue": first["metadata"]["continue"]})

    assert [o["metadata"]["name"] for o in first["items"]] == ["c0", "c1"]
    assert [o["metadata"]["name"] for o in rest["items"]] == ["c2", "c3", "c4"]
    assert first["metadata"]["remainingItemCount"] == 3
    assert "continue" not in rest["metadata"]


async def test_selectors_choose(client: Client) -> None:
    """Labels and fields limit a list; unknown fields are refused."""
    for name, app in (("a", "x"), ("b", "y")):
        await client.create(PODS, pod(name, labels={"app": app}))

    by_label = await client.list(PODS, "default", label_selector="app in (x,z)")
    by_field = await client.list(PODS, "default", field_selector="metadata.name=b,spec.nodeName=")

    assert [o["metadata"]["name"] for o in by_label.items] == ["a"]
    assert [o["metadata"]["name"] for o in by_field.items] == ["b"]
    assert (await refused(client.list(PODS, "default", field_selector="spec.colour=red"))).reason == "BadRequest"


async def test_dry_run_stores_nothing(client: Client) -> None:
    """A dry run goes through every check and leaves no trace."""
    await client.create(CONFIGMAPS, config("a", x="1"), dry_run=True)

    assert (await refused(client.get(CONFIGMAPS, "a", "default"))).reason == "NotFound"
    assert (await refused(client.create(CONFIGMAPS, config("Bad_Name"), dry_run=True))).reason == "Invalid"


async def test_finalizers_hold_an_object(client: Client) -> None:
    """A deleted object stays until its last finalizer is taken away."""
    body = config("a")
    body["metadata"]["finalizers"] = ["example.com/wait"]
    await client.create(CONFIGMAPS, body)
    await client.delete(CONFIGMAPS, "a", "default")
    held = await client.get(CONFIGMAPS, "a", "default")
    await client.patch(CONFIGMAPS, "a", {"metadata": {"finalizers": None}}, namespace="default", kind=MERGE)

    assert held["metadata"]["deletionTimestamp"]
    assert (await refused(client.get(CONFIGMAPS, "a", "default"))).reason == "NotFound"


async def test_bound_pods_go_gracefully(client: Client) -> None:
    """A pod on a host gets its grace; without a host it goes at once; zero grace ends it."""
    await client.create(PODS, pod("free"))
    await client.create(PODS, pod("bound"))
    binding = {
        "apiVersion": "v1",
        "kind": "Binding",
        "metadata": {"name": "bound"},
        "target": {"kind": "Node", "name": "n1"},
    }
    await client.request("POST", "/api/v1/namespaces/default/pods/bound/binding", body=binding)
    again = await refused(client.request("POST", "/api/v1/namespaces/default/pods/bound/binding", body=binding))
    await client.delete(PODS, "free", "default")
    await client.delete(PODS, "bound", "default")
    waiting = await client.get(PODS, "bound", "default")
    await client.delete(PODS, "bound", "default", grace_seconds=0)

    assert again.reason == "Conflict"
    assert (await refused(client.get(PODS, "free", "default"))).reason == "NotFound"
    assert waiting["metadata"]["deletionGracePeriodSeconds"] == 30
    assert (await refused(client.get(PODS, "bound", "default"))).reason == "NotFound"


async def test_delete_preconditions(client: Client) -> None:
    """A deletion meant for another incarnation is refused."""
    await client.create(CONFIGMAPS, config("a"))

    assert (await refused(client.delete(CONFIGMAPS, "a", "default", uid="other"))).reason == "Conflict"


async def test_delete_collection_takes_the_chosen(client: Client) -> None:
    """Only what the selector names goes."""
    for name, app in (("a", "x"), ("b", "y")):
        body = config(name)
        body["metadata"]["labels"] = {"app": app}
        await client.create(CONFIGMAPS, body)
    await client.request("DELETE", "/api/v1/namespaces/default/configmaps", query={"labelSelector": "app=x"})

    assert [o["metadata"]["name"] for o in (await client.list(CONFIGMAPS, "default")).items] == ["b"]


async def test_namespace_waits_for_its_finalizer(client: Client) -> None:
    """A deleted namespace is Terminating, takes nothing new, and goes when it is finalized."""
    await client.create(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team"}})
    await client.delete(NAMESPACES, "team")
    dying = await client.get(NAMESPACES, "team")
    body = config("a")
    body["metadata"]["namespace"] = "team"
    error = await refused(client.create(CONFIGMAPS, body))
    dying["spec"] = {"finalizers": []}
    await client.request("PUT", "/api/v1/namespaces/team/finalize", body=dying)

    assert dying["status"]["phase"] == "Terminating"
    assert error.reason == "Forbidden"
    assert (await refused(client.get(NAMESPACES, "team"))).reason == "NotFound"


async def test_unknown_fields(client: Client) -> None:
    """Strict validation names the unknown field; otherwise it is dropped."""
    body = pod("a")
    body["spec"]["containers"][0]["imag"] = "typo"
    path = "/api/v1/namespaces/default/pods"
    error = await refused(client.request("POST", path, body=body, query={"fieldValidation": "Strict"}))
    made = await client.request("POST", path, body=body, query={"fieldValidation": "Ignore"})

    assert error.reason == "BadRequest"
    assert 'unknown field "spec.containers[0].imag"' in error.message
    assert "imag" not in made["spec"]["containers"][0]


async def test_oversized_and_broken_bodies(client: Client) -> None:
    """Too much and nonsense are refused without harm."""
    error = await refused(client.create(CONFIGMAPS, config("a", x="y" * 4_000_000)))
    assert (error.reason, error.code) == ("RequestEntityTooLarge", 413)
    for content_type in ("application/json", "application/yaml", "application/vnd.kubernetes.protobuf"):
        bad = client.request("POST", "/api/v1/namespaces/default/pods", body=b"{\x00\xff", content_type=content_type)
        assert (await refused(bad)).code == 400
