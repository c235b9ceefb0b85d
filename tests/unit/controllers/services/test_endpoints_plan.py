"""The Endpoints object for old clients."""

from bouvier.controllers.services.endpoints_plan import MOST_ADDRESSES, endpoints
from tests.unit.controllers.making import ago, pod, service


def test_ready_and_unready_addresses_are_listed_apart():
    """Old clients read `addresses` only; pods that are going are not listed."""
    pods = [
        pod("b", ip="10.42.0.2"),
        pod("a", ip="10.42.0.1", ready=False),
        pod("c", ip="10.42.0.3", deletionTimestamp=ago(1)),
    ]
    (subset,) = endpoints(service(), pods, None)["subsets"]
    assert [a["ip"] for a in subset["addresses"]] == ["10.42.0.2"]
    assert [a["ip"] for a in subset["notReadyAddresses"]] == ["10.42.0.1"]
    assert subset["ports"] == [{"name": "", "protocol": "TCP", "port": 8080}]


def test_nothing_is_written_when_nothing_changed():
    """What the server returns (without empty values) equals what was sent."""
    pods = [pod("a", ip="10.42.0.1")]
    written = endpoints(service(), pods, None)
    stored = {**written, "subsets": [{**written["subsets"][0], "ports": [{"protocol": "TCP", "port": 8080}]}]}
    assert endpoints(service(), pods, stored) is None
    assert endpoints(service(), [], stored) is not None


def test_a_large_service_is_cut_and_says_so():
    """Old clients get a thousand addresses and a hint that there are more."""
    pods = [pod(f"p{n}", ip=f"10.42.{n // 250}.{n % 250 + 1}") for n in range(MOST_ADDRESSES + 1)]
    made = endpoints(service(), pods, None)
    assert len(made["subsets"][0]["addresses"]) == MOST_ADDRESSES
    assert made["metadata"]["annotations"] == {"endpoints.kubernetes.io/over-capacity": "truncated"}
    again = endpoints(service(), pods[:5], made)
    assert "annotations" not in again["metadata"]
