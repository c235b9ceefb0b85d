"""What a pod is, beyond its spec."""

import pytest

from bouvier.kinds.core_v1.pods import grace_seconds
from bouvier.kinds.podspec.quality import quality_of_service
from tests.unit.kinds.making import container, defaulted, kind_named, pod

POD = kind_named("pods")


def resources(**parts):
    return container(resources=parts)


@pytest.mark.parametrize(
    ("containers", "quality"),
    [
        ([container()], "BestEffort"),
        ([resources(requests={"cpu": "1"})], "Burstable"),
        ([resources(limits={"cpu": "1", "memory": "1Gi"})], "Guaranteed"),
        ([resources(limits={"cpu": "1", "memory": "1Gi"}, requests={"cpu": "500m"})], "Burstable"),
        ([resources(limits={"cpu": "1", "memory": "1Gi"}), container("b")], "Burstable"),
        ([resources(requests={"cpu": "0"})], "BestEffort"),
    ],
)
def test_quality_of_service(containers, quality):
    """Who may be thrown out first follows from requests and limits."""
    assert quality_of_service(defaulted(POD, pod(*containers))["spec"]) == quality


def test_a_new_pod_is_pending():
    """Phase and class are set before the pod is stored."""
    obj = defaulted(POD, pod())
    POD.prepare(obj)
    assert obj["status"] == {"phase": "Pending", "qosClass": "BestEffort"}


def test_grace_is_the_pods_own():
    """Deletion waits as long as the pod asks, 30 s when it does not say."""
    assert grace_seconds(pod(terminationGracePeriodSeconds=0)) == 0
    assert grace_seconds(pod()) == 30


def test_field_selectors():
    """The fields by which pods are found."""
    obj = pod(nodeName="one", hostNetwork=True)
    assert POD.selectable["spec.nodeName"](obj) == "one"
    assert POD.selectable["spec.hostNetwork"](obj) == "true"
    assert POD.selectable["spec.hostNetwork"](pod()) == "false"
    assert POD.selectable["status.phase"](obj) == ""
