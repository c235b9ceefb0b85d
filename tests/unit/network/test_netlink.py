from hypothesis import given, settings
from hypothesis import strategies as st

from bouvier.network.netlink import attribute, attributes, nested, number, text


@settings(deadline=None)
@given(st.dictionaries(st.integers(1, 100), st.binary(max_size=40)))
def test_attributes_are_read_as_they_were_packed(values: dict[int, bytes]) -> None:
    """Whatever their lengths, attributes come back whole."""
    assert attributes(b"".join(attribute(kind, value) for kind, value in values.items())) == values


def test_nested_attributes() -> None:
    """Nested attributes are found under their plain number."""
    outer = attributes(nested(18, text(1, "veth"), number(4, 1500)))

    assert attributes(outer[18]) == {1: b"veth\0", 4: (1500).to_bytes(4, "little")}


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_garbage_is_survived(data: bytes) -> None:
    """Cut-off attributes end the reading instead of failing."""
    attributes(data)
