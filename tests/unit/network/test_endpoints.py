from bouvier.network.endpoints import endpoints_of, on_node, service_key_of, usable
from tests.unit.network.making import endpoint, endpoint_slice


def test_reads_the_named_port_only() -> None:
    """A slice with several ports gives the endpoints of the port that is asked for."""
    piece = endpoint_slice("web", endpoint("10.42.0.2"), port=80, port_name="http")
    piece["ports"].append({"name": "admin", "port": 9000, "protocol": "TCP"})

    assert [e.port for e in endpoints_of([piece], "admin")] == [9000]
    assert endpoints_of([piece], "other") == []
    assert endpoints_of([piece], "http", "UDP") == []


def test_missing_conditions_mean_ready() -> None:
    """An endpoint without conditions is ready and serving."""
    piece = endpoint_slice("web", {"addresses": ["10.42.0.2"]})

    (found,) = endpoints_of([piece], "")
    assert (found.is_ready, found.is_serving, found.is_terminating) == (True, True, False)


def test_ready_endpoints_hide_terminating_ones() -> None:
    """Serving endpoints that terminate are used only while none is ready; others never are."""
    going = endpoint("10.42.0.2", ready=False, terminating=True)
    gone = endpoint("10.42.0.3", ready=False, serving=False, terminating=True)
    starting = endpoint("10.42.0.4", ready=False)

    without = endpoints_of([endpoint_slice("web", going, gone, starting)], "")
    assert [e.address for e in usable(without)] == ["10.42.0.2"]
    ready = endpoints_of([endpoint_slice("web", going, endpoint("10.42.0.5"))], "")
    assert [e.address for e in usable(ready)] == ["10.42.0.5"]


def test_the_same_address_in_two_slices_counts_once() -> None:
    """While an endpoint moves between slices it is listed once, as ready if either says so."""
    pieces = [endpoint_slice("web", endpoint("10.42.0.2", ready=ready)) for ready in (False, True)]

    (found,) = endpoints_of(pieces, "")
    assert found.is_ready


def test_other_address_families_and_nodes_are_left_out() -> None:
    """IPv6 slices are skipped; `on_node` keeps one host's endpoints."""
    six = endpoint_slice("web", endpoint("fd00::1")) | {"addressType": "IPv6"}
    four = endpoint_slice("web", endpoint("10.42.0.2"), endpoint("10.42.1.2", "there"))

    assert [e.address for e in on_node(endpoints_of([six, four], ""), "there")] == ["10.42.1.2"]
    assert service_key_of(four) == "default/web"
    assert service_key_of({"metadata": {"name": "x"}}) is None
