from bouvier.meta.resources import ENDPOINTSLICES, SERVICES
from bouvier.network.service_watch import ServiceWatch
from tests.e2e.network.world import FedInformers
from tests.unit.network.making import endpoint, endpoint_slice, service


async def test_tells_the_service_of_each_change() -> None:
    """Listeners hear the key of the Service whether it or one of its slices changes."""
    informers, heard = FedInformers(), []
    watch = ServiceWatch(informers)
    watch.listen(heard.append)
    informers.informer(SERVICES).set(service("web"))
    informers.informer(ENDPOINTSLICES).set(endpoint_slice("web", endpoint("10.42.0.2")))

    assert heard == ["default/web", "default/web"]
    assert len(watch.slices("default/web")) == 1


async def test_a_slice_may_change_its_service_or_go() -> None:
    """A slice that is relabelled leaves its former Service; a deleted one leaves for good."""
    informers = FedInformers()
    watch = ServiceWatch(informers)
    piece = endpoint_slice("web", endpoint("10.42.0.2"))
    informers.informer(ENDPOINTSLICES).set(piece)
    moved = endpoint_slice("api", endpoint("10.42.0.2"))
    moved["metadata"]["name"] = piece["metadata"]["name"]
    informers.informer(ENDPOINTSLICES).set(moved)
    assert watch.slices("default/web") == []
    assert watch.slices("default/api") == [moved]

    informers.informer(ENDPOINTSLICES).delete("default/web-x")
    assert watch.slices("default/api") == []
