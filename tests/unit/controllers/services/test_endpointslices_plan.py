"""Endpoint slices from pods."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from bouvier.controllers.services.endpointslices_plan import MOST_ENDPOINTS, plan
from tests.unit.controllers.making import ago, pod, service


class Slices:
    """A server's slices, with a count of writes."""

    def __init__(self):
        self.slices = {}
        self.names = (f"web-{number}" for number in itertools.count())
        self.writes = 0

    def follow(self, svc, pods, zone=""):
        made = plan(svc, pods, list(self.slices.values()), lambda _host: zone, lambda: next(self.names))
        for written in [*made.create, *made.update]:
            self.slices[written["metadata"]["name"]] = written
        for gone in made.delete:
            del self.slices[gone["metadata"]["name"]]
        self.writes += len(made.create) + len(made.update) + len(made.delete)

    def endpoints(self):
        return [endpoint for slice_ in self.slices.values() for endpoint in slice_["endpoints"]]

    def addresses(self):
        return [endpoint["addresses"][0] for endpoint in self.endpoints()]


def pods_numbered(numbers, **more):
    return [pod(f"p{n}", ip=f"10.42.{n // 250}.{n % 250 + 1}", **more) for n in numbers]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sets(st.integers(0, 400)), min_size=1, max_size=6))
def test_every_pod_is_in_exactly_one_slice_of_bearable_size(generations):
    """Whatever comes and goes, clients see each endpoint once, and none that is gone."""
    slices = Slices()
    for numbers in generations:
        present = pods_numbered(numbers)
        slices.follow(service(), present)
        assert sorted(slices.addresses()) == sorted(p["status"]["podIP"] for p in present)
        assert all(len(slice_["endpoints"]) <= MOST_ENDPOINTS for slice_ in slices.slices.values())
        writes = slices.writes
        slices.follow(service(), present)
        assert slices.writes == writes


def test_one_change_among_many_writes_one_slice():
    """A rollout of a large Service does not send all its endpoints to every host each time."""
    slices = Slices()
    slices.follow(service(), pods_numbered(range(350)))
    assert slices.writes == 4
    slices.follow(service(), [*pods_numbered(range(349)), *pods_numbered([349], ready=False)])
    assert slices.writes == 5
    slices.follow(service(), pods_numbered([*range(349), 399]))
    assert slices.writes == 6


def test_conditions_follow_readiness_and_deletion():
    """Balancers drain terminating pods that still serve."""
    slices = Slices()
    slices.follow(
        service(),
        [
            pod("a", ip="10.42.0.1"),
            pod("b", ip="10.42.0.2", ready=False),
            pod("c", ip="10.42.0.3", deletionTimestamp=ago(1)),
            pod("d", ip="10.42.0.4", phase="Failed"),
            pod("e"),
        ],
    )
    seen = {e["targetRef"]["name"]: tuple(e["conditions"].values()) for e in slices.endpoints()}
    assert seen == {"a": (True, True, False), "b": (False, False, False), "c": (False, True, True)}


def test_unready_pods_are_published_when_asked_for():
    """Members of a cluster that find each other by DNS before they are ready."""
    slices = Slices()
    slices.follow(service(publishNotReadyAddresses=True), [pod("a", ip="10.42.0.1", ready=False)])
    assert slices.endpoints()[0]["conditions"]["ready"] is True


def test_named_ports_are_resolved_for_each_pod():
    """Two versions of an image may listen on different ports behind one name."""
    svc = service(ports=[{"name": "http", "port": 80, "targetPort": "web"}])

    def listening(name, ip, number):
        return pod(name, ip=ip, containers=[{"name": "c", "ports": [{"name": "web", "containerPort": number}]}])

    slices = Slices()
    slices.follow(svc, [listening("a", "10.42.0.1", 8080), listening("b", "10.42.0.2", 9090)])
    seen = {s["ports"][0]["port"]: [e["addresses"][0] for e in s["endpoints"]] for s in slices.slices.values()}
    assert seen == {8080: ["10.42.0.1"], 9090: ["10.42.0.2"]}


def test_slices_tell_service_manager_owner_and_place():
    """Proxies select by label, the garbage collector follows the owner, and hints need zones."""
    slices = Slices()
    slices.follow(
        service(clusterIP="None"), [pod("a", ip="10.42.0.1", spec={"hostname": "x", "subdomain": "web"})], "z1"
    )
    (slice_,) = slices.slices.values()
    assert slice_["metadata"]["labels"] == {
        "team": "a",
        "kubernetes.io/service-name": "web",
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
        "service.kubernetes.io/headless": "",
    }
    assert slice_["metadata"]["ownerReferences"][0]["uid"] == "uid-web"
    endpoint = slice_["endpoints"][0]
    assert (endpoint["nodeName"], endpoint["zone"], endpoint["hostname"]) == ("h1", "z1", "x")


def test_a_service_without_pods_keeps_one_empty_slice():
    """Readers tell `no endpoints` from `not yet known`, and coming back costs one write."""
    slices = Slices()
    slices.follow(service(), [])
    assert [s["endpoints"] for s in slices.slices.values()] == [[]]
    slices.follow(service(), pods_numbered([1]))
    slices.follow(service(), [])
    assert [s["endpoints"] for s in slices.slices.values()] == [[]]
    writes = slices.writes
    slices.follow(service(), pods_numbered([1, 2]))
    assert slices.writes == writes + 1


def test_both_address_families_have_slices():
    """A dual-stack Service is reachable both ways."""
    both = pod("a", ip="10.42.0.1")
    both["status"]["podIPs"].append({"ip": "fd00::1"})
    slices = Slices()
    slices.follow(service(ipFamilies=["IPv4", "IPv6"]), [both])
    assert {s["addressType"]: s["endpoints"][0]["addresses"] for s in slices.slices.values()} == {
        "IPv4": ["10.42.0.1"],
        "IPv6": ["fd00::1"],
    }
