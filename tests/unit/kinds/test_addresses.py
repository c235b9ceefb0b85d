"""Addresses that others are to reach, in the kinds that hold some; and numbers in the status of workloads."""

import pytest

from tests.unit.kinds.making import errors_of, kind_named, pod, update_errors_of

SERVICES, SLICES = kind_named("services"), kind_named("endpointslices", "discovery.k8s.io")


def service(**spec):
    return {"metadata": {"name": "s", "namespace": "default"}, "spec": {"ports": [{"port": 80}], **spec}}


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("192.0.2.1", ""),
        ("127.0.0.1", "may not be in the loopback range (127.0.0.0/8, ::1/128)"),
        ("169.254.1.1", "may not be in the link-local range (169.254.0.0/16, fe80::/10)"),
        ("0.0.0.0", "may not be unspecified (0.0.0.0)"),
        ("224.0.0.1", "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"),
        ("here", "must be a valid IP address"),
    ],
)
def test_reachable_addresses(address, words):
    """What only this machine or its link can reach is no address of a service."""
    found = errors_of(SERVICES, service(externalIPs=[address]))
    assert [words in one for one in found] == ([True] if words else [])


def test_only_the_api_itself_listens_on_this_machine():
    """Endpoints of the API server may be local, those of others not."""
    for name, count in (("kubernetes", 0), ("other", 1)):
        metadata = {"name": name, "namespace": "default"}
        slice_ = {"metadata": metadata, "addressType": "IPv4", "endpoints": [{"addresses": ["127.0.0.1"]}]}
        assert len(errors_of(SLICES, slice_)) == count


def test_what_balanced_services_may_not():
    """A port of the hosts, ranges that are none, and another balancer while it runs."""
    balanced = service(type="LoadBalancer", loadBalancerSourceRanges=["10.0.0.0/8", "all"])
    assert [error.partition(": ")[0] for error in errors_of(SERVICES, balanced)] == ["spec.loadBalancerSourceRanges[1]"]
    exposed = service(type="LoadBalancer", ports=[{"port": 10250}])
    assert "may not expose port 10250 externally since it is used by kubelet" in errors_of(SERVICES, exposed)[0]
    old, new = (service(type="LoadBalancer", loadBalancerClass=f"example.com/{name}") for name in "ab")
    assert update_errors_of(SERVICES, new, old) == [
        'spec.loadBalancerClass: Invalid value: "example.com/b": may not change once set'
    ]


@pytest.mark.parametrize("plural", ["deployments", "replicasets", "statefulsets"])
def test_parts_of_replicas_are_not_more_than_all(plural):
    """A status whose numbers cannot be is refused."""
    check = kind_named(plural, "apps").validate_status
    assert check({"status": {"replicas": 2, "readyReplicas": 2, "availableReplicas": 1}}, {}) == []
    found = [str(error) for error in check({"status": {"replicas": 1, "readyReplicas": 2}}, {})]
    assert found == ["status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas"]
    assert "must be greater than or equal to 0" in str(check({"status": {"replicas": -1}}, {})[0])


@pytest.mark.parametrize(
    ("claims", "used", "words"),
    [
        ([{"name": "gpu", "resourceClaimName": "c"}], [{"name": "gpu"}], ""),
        ([{"name": "gpu"}], [], "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`"),
        (
            [{"name": "gpu", "resourceClaimName": "c", "resourceClaimTemplateName": "t"}],
            [],
            "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified",
        ),
        ([], [{"name": "gpu"}], 'spec.containers[0].resources.claims[0]: Not found: "gpu"'),
    ],
)
def test_a_pods_claims_on_devices(claims, used, words):
    """A claim is named or made from a template, and containers use claims of their pod."""
    one = pod({"name": "c", "image": "i", "resources": {"claims": used}}, resourceClaims=claims)
    found = errors_of(kind_named("pods"), one)
    assert [words in error for error in found] == ([True] if words else [])
