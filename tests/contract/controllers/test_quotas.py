"""Quotas and limit ranges on the real API server, with the real kubectl."""

import asyncio

import pytest

from bouvier.meta.errors import ApiError
from bouvier.meta.resources import CONFIGMAPS, LIMITRANGES, PODS, RESOURCEQUOTAS
from tests.contract.controllers.world import NAMESPACE, world


@pytest.fixture
async def here(tmp_path):
    async with world(tmp_path) as made:
        yield made


def pod(name, **resources):
    container = {"name": "c", "image": "web:1", **({"resources": resources} if resources else {})}
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}}


async def refused(here, resource, obj):
    try:
        await here.admin.create(resource, obj)
    except ApiError as error:
        assert error.code == 403, error
        return error.message
    return ""


async def quota(here, hard, **spec):
    metadata = {"name": "small", "namespace": NAMESPACE}
    await here.admin.create(
        RESOURCEQUOTAS,
        {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata, "spec": {"hard": hard, **spec}},
    )
    await here.object(RESOURCEQUOTAS, "small", lambda found: (found.get("status") or {}).get("used"))


def uses(**used):
    wanted = {name.replace("_", "."): value for name, value in used.items()}
    return lambda found: wanted.items() <= found["status"]["used"].items()


async def test_writes_at_the_same_moment_never_share_what_is_left(here):
    """Of forty pods at once exactly ten fit; what is deleted is free again."""
    await quota(here, {"pods": "10"})
    answers = await asyncio.gather(*(refused(here, PODS, pod(f"p{n}")) for n in range(40)))
    assert answers.count("") == 10
    assert {text.split(" is forbidden: ")[1] for text in answers if text} == {
        "exceeded quota: small, requested: pods=1, used: pods=10, limited: pods=10"
    }
    await here.object(RESOURCEQUOTAS, "small", uses(pods="10"))
    names = [each["metadata"]["name"] for each in (await here.admin.list(PODS, NAMESPACE)).items]
    for name in names[:3]:
        await here.admin.delete(PODS, name, NAMESPACE)
    await here.object(RESOURCEQUOTAS, "small", uses(pods="7"))
    answers = await asyncio.gather(*(refused(here, PODS, pod(f"q{n}")) for n in range(20)))
    assert answers.count("") == 3


async def test_requests_and_limits_are_summed(here):
    """Compute shares are counted in their units, and who asks for nothing is refused by name."""
    await quota(here, {"requests.cpu": "1", "limits.memory": "1Gi"})
    fits = {"requests": {"cpu": "600m"}, "limits": {"memory": "512Mi"}}
    assert await refused(here, PODS, pod("a", **fits)) == ""
    await here.object(RESOURCEQUOTAS, "small", uses(requests_cpu="600m", limits_memory="512Mi"))
    message = await refused(here, PODS, pod("b", **fits))
    assert "requested: requests.cpu=600m, used: requests.cpu=600m, limited: requests.cpu=1" in message
    message = await refused(here, PODS, pod("c", requests={"cpu": "100m"}))
    assert message == 'pods "c" is forbidden: failed quota: small: must specify limits.memory for: c'


async def test_what_was_refused_later_is_given_back(here):
    """A write that is charged and then fails costs nothing in the end."""
    await quota(here, {"pods": "5"})
    await here.admin.create(PODS, pod("a"))
    with pytest.raises(ApiError, match="already exists"):
        await here.admin.create(PODS, pod("a"))
    broken = pod("b")
    broken["spec"]["containers"][0]["name"] = "NOT A NAME"
    with pytest.raises(ApiError, match="is invalid"):
        await here.admin.create(PODS, broken)
    await here.object(RESOURCEQUOTAS, "small", uses(pods="1"))


async def test_dry_runs_cost_nothing(here):
    """They are refused when there is no room, and charged never."""
    await quota(here, {"pods": "1"})
    await here.admin.create(PODS, pod("dry"), dry_run=True)
    await here.admin.create(PODS, pod("a"))
    with pytest.raises(ApiError, match="exceeded quota"):
        await here.admin.create(PODS, pod("dry"), dry_run=True)


async def test_objects_of_any_kind_can_be_counted(here):
    """`count/…` and the old names; kubectl shows used and hard."""
    present = await here.seen(CONFIGMAPS, len)  # the certificate that every namespace has
    kubectl = here.api.kubectl
    await kubectl(
        "-n", NAMESPACE, "create", "quota", "small", f"--hard=configmaps={present + 1},count/deployments.apps=1"
    )
    await here.object(RESOURCEQUOTAS, "small", lambda found: (found.get("status") or {}).get("used"))
    await kubectl("-n", NAMESPACE, "create", "configmap", "one")
    assert "exceeded quota" in await kubectl("-n", NAMESPACE, "create", "configmap", "two", ok=False)
    await kubectl("-n", NAMESPACE, "create", "deployment", "a", "--image=web:1")
    assert "exceeded quota" in await kubectl("-n", NAMESPACE, "create", "deployment", "b", "--image=web:1", ok=False)
    await kubectl("-n", NAMESPACE, "delete", "configmap", "one")
    await here.object(RESOURCEQUOTAS, "small", uses(configmaps=str(present)))
    assert "count/deployments.apps  1     1" in await kubectl("-n", NAMESPACE, "describe", "quota", "small")


async def test_scopes_choose_pods(here):
    """A quota for best-effort pods lets the others through."""
    await quota(here, {"pods": "0"}, scopes=["BestEffort"])
    assert "exceeded quota" in await refused(here, PODS, pod("a"))
    assert await refused(here, PODS, pod("b", requests={"cpu": "1m"})) == ""


async def test_a_limit_range_gives_defaults_and_refuses(here):
    """Containers get what they do not say; too much, too little and too far apart is refused with every reason."""
    item = {
        "type": "Container",
        "default": {"cpu": "500m", "memory": "256Mi"},
        "defaultRequest": {"cpu": "100m"},
        "max": {"memory": "512Mi"},
        "min": {"cpu": "50m"},
    }
    metadata = {"name": "bounds", "namespace": NAMESPACE}
    made = {"apiVersion": "v1", "kind": "LimitRange", "metadata": metadata, "spec": {"limits": [item]}}
    await here.admin.create(LIMITRANGES, made)
    created = await here.admin.create(PODS, pod("a"))
    resources = created["spec"]["containers"][0]["resources"]
    assert resources == {
        "requests": {"cpu": "100m", "memory": "256Mi"},
        "limits": {"cpu": "500m", "memory": "256Mi"},
    }
    assert "cpu, memory request for container c" in created["metadata"]["annotations"]["kubernetes.io/limit-ranger"]
    message = await refused(here, PODS, pod("b", limits={"memory": "1Gi"}, requests={"cpu": "10m"}))
    assert "maximum memory usage per Container is 512Mi, but limit is 1Gi" in message
    assert "minimum cpu usage per Container is 50m, but request is 10m" in message
    described = await here.api.kubectl("-n", NAMESPACE, "describe", "limits", "bounds")
    assert ["Container", "cpu", "50m", "-", "100m", "500m", "-"] in [line.split() for line in described.splitlines()]
