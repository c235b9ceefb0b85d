"""Endpoint slices."""

from tests.unit.kinds.making import defaulted, errors_of, kind_named, row_of, update_errors_of

KIND = kind_named("endpointslices", "discovery.k8s.io")


def slice_of(*addresses, kind="IPv4", ports=()):
    return {
        "metadata": {"name": "a", "namespace": "x"},
        "addressType": kind,
        "endpoints": [{"addresses": [address]} for address in addresses],
        "ports": list(ports),
    }


def test_addresses_are_of_one_family():
    """A slice says which addresses it holds."""
    assert errors_of(KIND, slice_of("10.0.0.1")) == []
    assert errors_of(KIND, slice_of("fd00::1")) == [
        'endpoints[0].addresses[0]: Invalid value: "fd00::1": must be an IPv4 address'
    ]
    assert errors_of(KIND, slice_of(kind="")) == ["addressType: Required value"]
    assert update_errors_of(KIND, slice_of(kind="IPv6"), slice_of()) == [
        'addressType: Invalid value: "IPv6": field is immutable'
    ]


def test_ports():
    """Ports default to TCP without a name, and names are unique."""
    assert defaulted(KIND, slice_of(ports=[{"port": 80}]))["ports"] == [{"port": 80, "name": "", "protocol": "TCP"}]
    assert errors_of(KIND, slice_of(ports=[{"port": 80}, {"port": 81}])) == ['ports[1].name: Duplicate value: ""']


def test_cells():
    """The first addresses and ports."""
    found = row_of(KIND, slice_of("10.0.0.1", "10.0.0.2", ports=[{"port": 80}]))
    assert (found["Ports"], found["Endpoints"]) == ("80", "10.0.0.1,10.0.0.2")
    assert row_of(KIND, slice_of())["Endpoints"] == "<unset>"
