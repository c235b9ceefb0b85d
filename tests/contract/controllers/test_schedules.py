"""ScalingSchedules move workloads and the bounds of their autoscalers."""

from bouvier.autoscaling.controller import AUTOSCALERS
from bouvier.kinds.autoscaling_v1.scalingschedules import RESOURCE
from bouvier.meta.objects import condition_of
from bouvier.meta.resources import DEPLOYMENTS
from tests.contract.controllers.world import NAMESPACE, world

PAST, NEVER = "0 0 1 * *", "0 0 29 2 *"


def schedule(name, *rules, **spec):
    metadata = {"name": name, "namespace": NAMESPACE}
    body = {"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "rules": list(rules)} | spec
    return {"apiVersion": RESOURCE.api_version, "kind": "ScalingSchedule", "metadata": metadata, "spec": body}


def deployment(replicas):
    labels = {"app": "web"}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": pod}
    metadata = {"name": "web", "namespace": NAMESPACE}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def autoscaler():
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    spec = {"scaleTargetRef": target, "minReplicas": 1, "maxReplicas": 3}
    metadata = {"name": "web", "namespace": NAMESPACE}
    return {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": metadata, "spec": spec}


def reason(obj):
    return (condition_of(obj, "Active") or {}).get("reason")


async def test_a_rule_sets_the_size_once_and_says_why(tmp_path):
    """The size of the rule that holds is set at once; a size that is changed by hand afterwards stays."""
    async with world(tmp_path) as w:
        await w.apply(deployment(1), resource=DEPLOYMENTS)
        rules = {"name": "month", "schedule": PAST, "replicas": 3}, {"name": "leap", "schedule": NEVER, "replicas": 9}
        await w.apply(schedule("s", *rules, timeZone="Europe/Paris"), resource=RESOURCE)

        await w.object(DEPLOYMENTS, "web", lambda d: d["spec"]["replicas"] == 3, 60)
        found = await w.object(RESOURCE, "s", lambda s: reason(s) == "RuleHolds", 60)
        message = condition_of(found, "Active")["message"]
        assert 'rule month ("0 0 1 * *", Europe/Paris) holds since' in message
        assert "Deployment/web 1 -> 3; next: month at" in message
        await w.admin.patch(DEPLOYMENTS, "web", {"spec": {"replicas": 5}}, namespace=NAMESPACE)
        await w.admin.patch(RESOURCE, "s", {"metadata": {"labels": {"a": "b"}}}, namespace=NAMESPACE)
        change = {"spec": {"suspend": True}}
        await w.admin.patch(RESOURCE, "s", change, namespace=NAMESPACE)
        await w.object(RESOURCE, "s", lambda s: reason(s) == "Suspended", 60)
        assert (await w.admin.get(DEPLOYMENTS, "web", NAMESPACE))["spec"]["replicas"] == 5


async def test_an_autoscaler_gets_bounds(tmp_path):
    """With an autoscaler the replicas are its business; one that comes later gets the bounds then."""
    async with world(tmp_path) as w:
        await w.apply(deployment(1), resource=DEPLOYMENTS)
        rule = {"name": "month", "schedule": PAST, "minReplicas": 2, "maxReplicas": 6}
        await w.apply(schedule("s", rule), resource=RESOURCE)
        await w.object(DEPLOYMENTS, "web", lambda d: d["spec"]["replicas"] == 2, 60)

        await w.apply(autoscaler(), resource=AUTOSCALERS)
        await w.object(AUTOSCALERS, "web", lambda a: (a["spec"]["minReplicas"], a["spec"]["maxReplicas"]) == (2, 6), 60)
        found = await w.object(RESOURCE, "s", lambda s: s["status"].get("applied", {}).get("name") == "web", 60)
        assert found["status"]["rule"] == "month"


async def test_two_schedules_do_not_fight(tmp_path):
    """The older one of two for the same workload decides, the other one says so; without a workload it waits."""
    async with world(tmp_path) as w:
        await w.apply(schedule("a", {"name": "m", "schedule": PAST, "replicas": 2}), resource=RESOURCE)
        await w.object(RESOURCE, "a", lambda s: reason(s) == "TargetNotFound", 60)
        await w.apply(schedule("b", {"name": "m", "schedule": PAST, "replicas": 7}), resource=RESOURCE)
        found = await w.object(RESOURCE, "b", lambda s: reason(s) == "Conflict", 60)
        assert "ScalingSchedule a" in condition_of(found, "Active")["message"]
