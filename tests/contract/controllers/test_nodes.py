"""Hosts that fall silent, on the real API server."""

from bouvier.meta.objects import condition_of
from bouvier.meta.resources import NODES, PODS, REPLICASETS
from tests.contract.controllers.test_services import pods
from tests.contract.controllers.world import world


def evicting(replicas, seconds):
    """A ReplicaSet whose pods leave a lost host after so many seconds."""
    made = pods(replicas)
    made["spec"]["template"]["spec"]["tolerations"] = [
        {"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": seconds}
        for key in ("not-ready", "unreachable")
    ]
    return made


def all_going(items):
    """Return the pods of the lost host once all of them are being deleted."""
    left = [p for p in items if p["spec"].get("nodeName") == "h2"]
    return left if all(p["metadata"].get("deletionTimestamp") for p in left) else None


async def test_pods_of_a_lost_host_start_elsewhere(tmp_path):
    """Its Node says so, its pods leave service, and replacements run; the host may come back."""
    async with world(tmp_path, hosts=("h1", "h2"), grace_seconds=2) as here:
        await here.admin.create(REPLICASETS, evicting(4, 1))
        await here.object(REPLICASETS, "web", lambda rs: rs.get("status", {}).get("readyReplicas") == 4)
        here.silent.add("h2")
        lost = await here.object(NODES, "h2", lambda n: condition_of(n, "Ready")["status"] == "Unknown")
        assert condition_of(lost, "Ready")["reason"] == "NodeStatusUnknown"
        await here.object(NODES, "h2", lambda n: any(t["effect"] == "NoExecute" for t in n["spec"].get("taints") or ()))
        left = await here.seen(PODS, all_going)
        assert all(condition_of(p, "DisruptionTarget")["reason"] == "DeletionByTaintManager" for p in left)
        await here.object(REPLICASETS, "web", lambda rs: rs["status"].get("readyReplicas") == 4)
        here.wake("h2")
        await here.object(NODES, "h2", lambda n: not n["spec"].get("taints"))


async def test_a_single_silent_host_keeps_its_pods(tmp_path):
    """When nobody is heard nothing is deleted: the fault may be ours."""
    async with world(tmp_path, grace_seconds=2) as here:
        await here.admin.create(REPLICASETS, evicting(2, 0))
        await here.object(REPLICASETS, "web", lambda rs: rs.get("status", {}).get("readyReplicas") == 2)
        before = {p["metadata"]["uid"] for p in (await here.admin.list(PODS)).items}
        here.silent.add("h1")
        await here.object(NODES, "h1", lambda n: condition_of(n, "Ready")["status"] == "Unknown")
        await here.object(REPLICASETS, "web", lambda rs: not rs["status"].get("readyReplicas"))
        here.wake("h1")
        await here.object(NODES, "h1", lambda n: not n["spec"].get("taints"))
        after = [p for p in (await here.admin.list(PODS)).items if not p["metadata"].get("deletionTimestamp")]
        assert {p["metadata"]["uid"] for p in after} == before


async def test_pods_of_a_removed_host_are_removed(tmp_path):
    """Nobody else could ever confirm their end."""
    async with world(tmp_path, hosts=("h1", "h2"), quarantine_seconds=0.5) as here:
        await here.admin.create(REPLICASETS, pods(4))
        await here.object(REPLICASETS, "web", lambda rs: rs.get("status", {}).get("readyReplicas") == 4)
        here.silent.add("h2")
        await here.admin.delete(NODES, "h2")
        await here.seen(PODS, lambda items: all(p["spec"].get("nodeName") != "h2" for p in items))
        await here.object(REPLICASETS, "web", lambda rs: rs["status"].get("readyReplicas") == 4)
