"""Defaults of a pod's spec."""

import pytest

from bouvier.kinds.podspec.defaults import pull_policy
from tests.unit.kinds.making import container, defaulted, kind_named, pod, workload

POD = kind_named("pods")


def test_a_bare_pod_gets_every_default():
    """What Kubernetes fills in is filled in, and nothing else."""
    spec = defaulted(POD, pod())["spec"]
    assert spec == {
        "containers": [
            {
                "name": "main",
                "image": "app:1",
                "imagePullPolicy": "IfNotPresent",
                "terminationMessagePath": "/dev/termination-log",
                "terminationMessagePolicy": "File",
                "resources": {},
            }
        ],
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "securityContext": {},
        "schedulerName": "default-scheduler",
        "enableServiceLinks": True,
    }


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("app", "Always"),
        ("app:latest", "Always"),
        ("app:1", "IfNotPresent"),
        ("registry:5000/app", "Always"),
        ("registry:5000/app:1", "IfNotPresent"),
        ("app@sha256:abc", "IfNotPresent"),
        ("app:latest@sha256:abc", "IfNotPresent"),
    ],
)
def test_pull_policy_follows_the_tag(image, policy):
    """Only what may change under its name is pulled always."""
    assert pull_policy(image) == policy


def test_limits_become_requests_of_pods_only():
    """A pod asks for what it is limited to; a template leaves that to its pods."""
    limited = container(resources={"limits": {"cpu": "1000m", "memory": "1024Mi"}, "requests": {"cpu": "100m"}})
    resources = defaulted(POD, pod(limited))["spec"]["containers"][0]["resources"]
    assert resources == {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "100m", "memory": "1Gi"}}
    deployment = workload("Deployment")
    deployment["spec"]["template"]["spec"]["containers"] = [container(resources={"limits": {"cpu": 1}})]
    filled = defaulted(kind_named("deployments", "apps"), deployment)["spec"]["template"]["spec"]
    assert filled["containers"][0]["resources"] == {"limits": {"cpu": "1"}}
    assert "enableServiceLinks" not in filled


def test_probes():
    """A probe needs only its handler."""
    probe = defaulted(POD, pod(container(readinessProbe={"httpGet": {"port": 80}})))
    assert probe["spec"]["containers"][0]["readinessProbe"] == {
        "httpGet": {"port": 80, "path": "/", "scheme": "HTTP"},
        "timeoutSeconds": 1,
        "periodSeconds": 10,
        "successThreshold": 1,
        "failureThreshold": 3,
    }


def test_host_network_takes_the_host_ports():
    """On the host's network every port is a host port."""
    spec = defaulted(POD, pod(container(ports=[{"containerPort": 80}]), hostNetwork=True))["spec"]
    assert spec["containers"][0]["ports"] == [{"containerPort": 80, "protocol": "TCP", "hostPort": 80}]


def test_volumes():
    """Each kind of volume has its own defaults; a volume without a source is an empty folder."""
    volumes = [
        {"name": "a"},
        {"name": "b", "secret": {"secretName": "s"}},
        {"name": "c", "hostPath": {"path": "/x"}},
        {"name": "d", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}},
        {"name": "e", "downwardAPI": {"items": [{"path": "p", "fieldRef": {"fieldPath": "metadata.name"}}]}},
    ]
    filled = defaulted(POD, pod(volumes=volumes))["spec"]["volumes"]
    field = {"fieldPath": "metadata.name", "apiVersion": "v1"}
    token = {"path": "t", "expirationSeconds": 3600}
    assert filled == [
        {"name": "a", "emptyDir": {}},
        {"name": "b", "secret": {"secretName": "s", "defaultMode": 420}},
        {"name": "c", "hostPath": {"path": "/x", "type": ""}},
        {"name": "d", "projected": {"sources": [{"serviceAccountToken": token}], "defaultMode": 420}},
        {"name": "e", "downwardAPI": {"items": [{"path": "p", "fieldRef": field}], "defaultMode": 420}},
    ]


def test_the_old_service_account_field_follows_the_new():
    """Clients that read the deprecated field see the same name."""
    assert defaulted(POD, pod(serviceAccountName="robot"))["spec"]["serviceAccount"] == "robot"
    assert defaulted(POD, pod(serviceAccount="robot"))["spec"]["serviceAccountName"] == "robot"


def test_resizes_need_no_policy():
    """A container that names none is left without."""
    made = container(resources={"limits": {"cpu": "1"}})
    assert "resizePolicy" not in defaulted(POD, pod(made))["spec"]["containers"][0]


def _own(own, *blocks):
    """Return the pod's own resources, filled, beside containers with these."""
    made = [container(name=f"c{number}", resources=block) for number, block in enumerate(blocks)]
    return defaulted(POD, pod(*made, resources=own))["spec"].get("resources")


def test_resources_of_the_pod_itself():
    """Requests come from the containers, then from the limits; limits where every container has one."""
    small, large = {"requests": {"cpu": "100m"}}, {"requests": {"cpu": "200m"}, "limits": {"memory": "1Gi"}}
    assert _own({"limits": {"cpu": "1", "memory": "2Gi"}}, small, large) == {
        "limits": {"cpu": "1", "memory": "2Gi"},
        "requests": {"cpu": "300m", "memory": "1Gi"},
    }
    assert _own({"limits": {"cpu": "1"}}, {}, {}) == {"limits": {"cpu": "1"}, "requests": {"cpu": "1"}}
    assert _own({"requests": {"cpu": "1"}}, small, large) == {"requests": {"cpu": "1"}}
    half = {"limits": {"cpu": "500m"}}
    assert _own({"requests": {"cpu": "1"}}, half, half) == {"requests": {"cpu": "1"}, "limits": {"cpu": "1"}}
    pages = {"limits": {"hugepages-2Mi": "4Mi", "memory": "1Gi"}}
    assert _own({"limits": {"memory": "2Gi"}}, pages)["limits"] == {"memory": "2Gi", "hugepages-2Mi": "4Mi"}
