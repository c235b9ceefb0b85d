"""DaemonSets on the real API server, with the real kubectl."""

import pytest

from bouvier.meta.resources import CONTROLLERREVISIONS, DAEMONSETS, NODES, PODS
from tests.contract.controllers.world import NAMESPACE, world


def daemon_set(image="log:1", **spec):
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "log", "namespace": NAMESPACE},
        "spec": {
            "selector": {"matchLabels": {"app": "log"}},
            "template": {
                "metadata": {"labels": {"app": "log"}},
                "spec": {"containers": [{"name": "c", "image": image}]},
            },
            **spec,
        },
    }


def hosts_of(pods):
    return sorted(pod["spec"]["nodeName"] for pod in pods if pod["spec"].get("nodeName"))


def is_everywhere(count):
    def check(found):
        status = found.get("status") or {}
        names = ("desiredNumberScheduled", "numberAvailable", "updatedNumberScheduled")
        current = status.get("observedGeneration") == found["metadata"]["generation"]
        return current and [status.get(name, 0) for name in names] == [count] * 3

    return check


@pytest.fixture
async def here(tmp_path):
    async with world(tmp_path, ("h1", "h2", "h3")) as made:
        yield made


async def test_every_host_gets_one_pod_and_a_new_host_too(here):
    """A set covers all hosts, a host that joins gets its pod, one that leaves takes its own along."""
    await here.admin.create(DAEMONSETS, daemon_set())
    await here.object(DAEMONSETS, "log", is_everywhere(3))
    assert hosts_of((await here.admin.list(PODS, NAMESPACE)).items) == ["h1", "h2", "h3"]
    await here.add_host("h4")
    await here.object(DAEMONSETS, "log", is_everywhere(4))
    await here.admin.delete(NODES, "h4")
    await here.object(DAEMONSETS, "log", is_everywhere(3))


async def test_labels_and_taints_decide_where_pods_are(here):
    """A selector limits the hosts, a taint without toleration empties one, a cordon does not."""
    template = daemon_set()["spec"]["template"]
    picky = {**template, "spec": {**template["spec"], "nodeSelector": {"disk": "ssd"}}}
    await here.admin.create(DAEMONSETS, daemon_set(template=picky))
    await here.object(DAEMONSETS, "log", is_everywhere(0))
    for host in ("h1", "h2"):
        await here.admin.patch(NODES, host, {"metadata": {"labels": {"disk": "ssd"}}})
    await here.object(DAEMONSETS, "log", is_everywhere(2))
    await here.api.kubectl("cordon", "h1")
    await here.api.kubectl("taint", "node", "h2", "quiet=yes:NoExecute")
    await here.seen(PODS, lambda items: hosts_of(items) == ["h1"])


async def test_update_history_and_undo(here):
    """A new image reaches all hosts, history shows both, undo goes back under a new number."""
    kubectl = here.api.kubectl
    await here.admin.create(DAEMONSETS, daemon_set())
    await here.object(DAEMONSETS, "log", is_everywhere(3))
    await kubectl("-n", NAMESPACE, "set", "image", "daemonset/log", "c=log:2")
    assert "successfully rolled out" in await kubectl(
        "-n", NAMESPACE, "rollout", "status", "daemonset/log", "--timeout=20s"
    )
    history = await kubectl("-n", NAMESPACE, "rollout", "history", "daemonset/log")
    assert [line.split()[0] for line in history.splitlines()[2:] if line] == ["1", "2"]
    assert "log:1" in await kubectl("-n", NAMESPACE, "rollout", "history", "daemonset/log", "--revision=1")
    await kubectl("-n", NAMESPACE, "rollout", "undo", "daemonset/log")
    await kubectl("-n", NAMESPACE, "rollout", "status", "daemonset/log", "--timeout=20s")
    pods = (await here.admin.list(PODS, NAMESPACE)).items
    assert {pod["spec"]["containers"][0]["image"] for pod in pods} == {"log:1"}
    numbers = sorted(each["revision"] for each in (await here.admin.list(CONTROLLERREVISIONS, NAMESPACE)).items)
    assert numbers == [2, 3]
    await kubectl("-n", NAMESPACE, "rollout", "restart", "daemonset/log")
    await kubectl("-n", NAMESPACE, "rollout", "status", "daemonset/log", "--timeout=20s")


async def test_a_broken_update_stops_at_one_host(here):
    """With the usual limit of one, an image that never starts takes down one host's pod and no other."""
    here.broken_images.add("log:bad")
    await here.admin.create(DAEMONSETS, daemon_set())
    await here.object(DAEMONSETS, "log", is_everywhere(3))
    await here.api.kubectl("-n", NAMESPACE, "set", "image", "daemonset/log", "c=log:bad")
    await here.object(DAEMONSETS, "log", lambda found: found["status"].get("numberUnavailable") == 1)
    await here.api.kubectl("-n", NAMESPACE, "rollout", "undo", "daemonset/log")
    await here.object(DAEMONSETS, "log", is_everywhere(3))


async def test_on_delete_waits_for_its_user(here):
    """Nothing is replaced until somebody deletes the old pod."""
    await here.admin.create(DAEMONSETS, daemon_set(updateStrategy={"type": "OnDelete"}))
    await here.object(DAEMONSETS, "log", is_everywhere(3))
    await here.api.kubectl("-n", NAMESPACE, "set", "image", "daemonset/log", "c=log:2")
    await here.object(DAEMONSETS, "log", lambda found: found["status"].get("observedGeneration") == 2)
    victim = (await here.admin.list(PODS, NAMESPACE)).items[0]["metadata"]["name"]
    await here.admin.delete(PODS, victim, NAMESPACE)
    await here.object(DAEMONSETS, "log", lambda found: found["status"].get("updatedNumberScheduled") == 1)
    await here.object(DAEMONSETS, "log", lambda found: found["status"].get("numberAvailable") == 3)


async def test_surge_starts_the_successor_first(here):
    """With maxSurge no host is ever without an available pod."""
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    await here.admin.create(DAEMONSETS, daemon_set(updateStrategy=strategy))
    await here.object(DAEMONSETS, "log", is_everywhere(3))
    here.log.clear()
    await here.api.kubectl("-n", NAMESPACE, "set", "image", "daemonset/log", "c=log:2")
    await here.object(DAEMONSETS, "log", is_everywhere(3))
    await here.seen(PODS, lambda items: len(items) == 3)
    changes = [(kind, pod["spec"]["containers"][0]["image"]) for kind, pod in here.log if kind != "MODIFIED"]
    doubled = 0
    for kind, image in changes:
        doubled += {("ADDED", "log:2"): 1, ("DELETED", "log:1"): -1}[kind, image]
        assert 0 <= doubled <= 1
