"""Endpoints and their short form."""

from tests.unit.kinds.making import errors_of, kind_named, row_of

KIND = kind_named("endpoints")


def endpoints(*addresses, ports=((80, "http"),)):
    subset = {
        "addresses": [{"ip": address} for address in addresses],
        "ports": [{"port": port, "name": name} for port, name in ports],
    }
    return {"metadata": {"name": "a", "namespace": "x"}, "subsets": [subset]}


def test_the_cell_is_short():
    """Three addresses, then how many more."""
    assert row_of(KIND, endpoints("10.0.0.1"))["Endpoints"] == "10.0.0.1:80"
    many = endpoints(*[f"10.0.0.{index}" for index in range(1, 6)])
    assert row_of(KIND, many)["Endpoints"] == "10.0.0.1:80,10.0.0.2:80,10.0.0.3:80 + 2 more..."
    assert row_of(KIND, {"metadata": {"name": "a"}})["Endpoints"] == "<none>"
    assert row_of(KIND, endpoints("fd00::1"))["Endpoints"] == "[fd00::1]:80"


def test_addresses_are_addresses():
    """A name is no address."""
    assert errors_of(KIND, endpoints("web"))[0].startswith('subsets[0].addresses[0].ip: Invalid value: "web"')
    assert errors_of(KIND, endpoints("10.0.0.1", ports=((80, ""), (81, "b")))) == [
        "subsets[0].ports[0].name: Required value"
    ]
