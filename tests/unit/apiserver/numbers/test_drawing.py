from ipaddress import IPv4Address, IPv4Network

import pytest

from bouvier.apiserver.numbers.drawing import draw_address, draw_port, lower_band
from bouvier.meta.errors import ApiError


@pytest.mark.parametrize(
    ("network", "size"),
    [("10.0.0.0/30", 0), ("10.0.0.0/28", 0), ("10.0.0.0/27", 16), ("10.0.0.0/24", 16), ("10.0.0.0/20", 256), ("10.0.0.0/16", 256)],
)  # fmt: skip
def test_the_lower_band(network: str, size: int) -> None:
    """As KEP-3070 divides ranges: nothing of the smallest ones, 256 addresses at most."""
    assert lower_band(IPv4Network(network)) == size


def test_addresses_are_drawn_above_the_band_until_nothing_is_left() -> None:
    """The upper part first, then the lower one but the name server's, then the next range; then it is full."""
    networks, taken, drawn = [IPv4Network("10.0.0.0/26"), IPv4Network("10.9.0.0/29")], set(), []
    for _ in range(61 + 6):
        drawn.append(draw_address(networks, lambda address: address not in taken))
        taken.add(drawn[-1])
    upper = {str(networks[0][n]) for n in range(17, 63)}
    assert set(drawn[:46]) == upper
    assert set(drawn[46:52]) == {str(networks[1][n]) for n in range(1, 7)}
    assert set(drawn[52:]) == {str(networks[0][n]) for n in range(1, 17) if n != 10}
    assert all(IPv4Address(one) in networks[0] or IPv4Address(one) in networks[1] for one in drawn)
    with pytest.raises(ApiError, match=r"range is full \(10.0.0.0/26, 10.9.0.0/29\)"):
        draw_address(networks, lambda address: address not in taken)


def test_ports_are_drawn_until_none_is_left() -> None:
    """Each once; then the bounds are named."""
    taken: set[int] = set()
    for _ in range(4):
        taken.add(draw_port((30000, 30003), lambda port: port not in taken))
    assert taken == {30000, 30001, 30002, 30003}
    with pytest.raises(ApiError, match="30000-30003"):
        draw_port((30000, 30003), lambda port: port not in taken)
