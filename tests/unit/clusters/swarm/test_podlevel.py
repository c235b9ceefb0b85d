"""One pod as one Swarm service."""

import pytest

from bouvier.clusters.driver import Related, pod_workload
from bouvier.clusters.one_pod import CREDENTIALS
from bouvier.clusters.swarm.driver import SwarmDriver, service_name
from bouvier.clusters.swarm.fields import fields_of, spec_of
from bouvier.clusters.swarm.observe import groups, pod_instances
from bouvier.clusters.swarm.translate import translate
from bouvier.clusters.sync.levels import gains, of_pods

IDS = {"networks": {"bouvier_default": "n1"}, "configs": {}, "secrets": {}}


def pod(container=None, **spec):
    body = {"containers": [{"name": "main", "image": "web:1", **(container or {})}], "nodeName": "h", **spec}
    return {"metadata": {"name": "web-0", "namespace": "default", "uid": "u", "labels": {"app": "web"}}, "spec": body}


def translated(given, related=None):
    done = translate(pod_workload(given, "host1"), related or Related())
    assert not done.refusal, done.refusal
    return done


def test_the_scheduler_has_chosen_the_host() -> None:
    """The task runs where our scheduler put the pod, and what led there is no loss."""
    given = pod(affinity={"nodeAffinity": {}}, tolerations=[{"key": "a"}], nodeSelector={"disk": "fast"})
    done = translated(given)
    assert done.fields["constraints"] == ["node.id == host1"]
    assert done.losses == ()


@pytest.mark.parametrize(("policy", "condition"), [("Always", "any"), ("OnFailure", "on-failure"), ("Never", "none")])
def test_restart_policies(policy: str, condition: str) -> None:
    """Each policy has its condition, and reads back as the same fields."""
    fields = translated(pod(restartPolicy=policy)).fields
    spec = spec_of("x", fields, {}, IDS)
    assert spec["TaskTemplate"]["RestartPolicy"]["Condition"] == condition
    assert fields_of(spec, {"n1": "bouvier_default"}) == fields


def test_a_pod_knows_its_own_name() -> None:
    """Host name, downward API and the name below a headless Service are the pod's own."""
    env = [{"name": "ME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]
    env.append({"name": "APP", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['app']"}}})
    fields = translated(pod({"env": env}, subdomain="web")).fields
    assert fields["hostname"] == "web-0"
    assert fields["env"] == ["APP=web", "ME=web-0"]
    assert "web-0.web.default.svc.cluster.local" in fields["networks"][0][1]


def test_credentials_are_left_out_and_named() -> None:
    """What admission mounts into every pod cannot be had on Swarm: it is reported, not refused."""
    mount = {"name": "token", "mountPath": CREDENTIALS}
    done = translated(pod({"volumeMounts": [mount]}, volumes=[{"name": "token", "projected": {}}]))
    assert "mounts" not in done.fields
    assert [loss.field for loss in done.losses] == ["spec.automountServiceAccountToken"]


def task(state: str, condition: str = "any", at: str = "1", **status):
    policy = {"RestartPolicy": {"Condition": condition}, "ContainerSpec": {"Image": "i"}}
    return {"ID": f"t{at}", "ServiceID": "s", "CreatedAt": at, "Spec": policy, "Status": {"State": state, **status}}


@pytest.mark.parametrize(
    ("state", "condition", "phase"),
    [
        ("running", "any", "running"),
        ("complete", "none", "succeeded"),
        ("failed", "none", "failed"),
        ("failed", "on-failure", "creating"),
        ("complete", "on-failure", "succeeded"),
        ("complete", "any", "creating"),
    ],
)
def test_a_task_that_comes_back_is_not_the_end(state: str, condition: str, phase: str) -> None:
    """Only what will not be started again ends the pod."""
    (instance,) = pod_instances([task(state, condition)])
    assert instance.phase == phase


def test_earlier_tasks_are_restarts() -> None:
    """The newest task counts, those before it were restarts."""
    (instance,) = pod_instances([task("failed", at="1"), task("running", at="2"), task("failed", at="0")])
    assert (instance.id, instance.restarts, instance.phase) == ("t2", 2, "running")


def test_names_of_services_stay_within_their_limit() -> None:
    """A pod and a Deployment of one name do not meet, and long names stay apart."""
    one = {"kind": "Pod", "metadata": {"name": "web", "namespace": "default"}}
    assert service_name(one) == "default_web_pod"
    assert service_name({**one, "kind": "Deployment"}) == "default_web"
    long = [service_name({**one, "metadata": {"name": "x" * 70 + end, "namespace": "default"}}) for end in "ab"]
    assert long[0] != long[1]
    assert all(len(name) <= 63 for name in long)
    dotted = {**one, "kind": "Deployment", "metadata": {"name": "api-v1.x", "namespace": "default"}}
    assert service_name(dotted).startswith("default_api-v1-x_")


def test_what_others_made_by_stack() -> None:
    """Stacks are groups, the rest is one without a name; what is ours and Swarm's own network are left out."""
    stack = {"com.docker.stack.namespace": "shop"}
    found = {
        "services": [{"Spec": {"Name": "shop_web", "Labels": stack}}, {"Spec": {"Name": "lone"}}],
        "networks": [{"Name": "shop_net", "Labels": stack}, {"Name": "ingress", "Ingress": True}],
        "configs": [{"Spec": {"Name": "ours", "Labels": {"io.bouvier.cluster": "me"}}}],
        "secrets": [],
    }
    lone, shop = groups("me", found)
    assert (lone.name, lone.services, lone.networks) == ("", ("lone",), ())
    assert (shop.name, shop.services, shop.networks) == ("shop", ("shop_web",), ("shop_net",))


def test_the_level_follows_from_what_is_had() -> None:
    """An affinity is had pod by pod only; a probe by HTTP is lost either way and changes nothing."""
    driver = SwarmDriver("unix:///nowhere", "uid")
    for more, expected in (
        ({"affinity": {"nodeAffinity": {}}}, True),
        ({"tolerations": [{"key": "a"}]}, True),
        ({}, False),
        ({"containers": [{"name": "m", "image": "i", "readinessProbe": {"httpGet": {"port": 80}}}]}, False),
    ):
        body = {"containers": [{"name": "m", "image": "i"}]} | more
        template = {"metadata": {"labels": {"a": "b"}}, "spec": body}
        obj = {
            "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "default", "uid": "u"},
            "spec": {"template": template, "selector": {}},
        }
        assert gains(translate(obj, Related()), of_pods(obj, driver, Related())) is expected
