from ipaddress import IPv4Network

from bouvier.network.service_ranges import more_than
from bouvier.network.services.render import TableSettings, whole

FIRST = IPv4Network("10.43.0.0/16")


def cidr(*texts: str) -> dict:
    return {"metadata": {"name": texts[0]}, "spec": {"cidrs": list(texts)}}


def test_more_ranges_are_joined_and_the_first_is_left_out() -> None:
    """What lies within the platform's own range or in another one adds nothing; IPv6 is not for the kernel's table."""
    cidrs = [cidr("10.43.0.0/16"), cidr("10.43.7.0/24"), cidr("203.0.113.0/25", "fd00::/64"), cidr("203.0.113.128/25")]
    assert more_than(FIRST, [*cidrs, cidr("203.0.113.16/28")]) == (IPv4Network("203.0.113.0/24"),)
    assert more_than(FIRST, cidrs[:2]) == ()


def test_unused_addresses_of_every_range_are_refused() -> None:
    """The table names all ranges where it refuses."""
    pods = {"pods": IPv4Network("10.42.3.0/24"), "platform": IPv4Network("10.42.0.0/16")}
    settings = TableSettings(
        platform_id="a1b2c3", services=FIRST, more_services=(IPv4Network("203.0.113.0/24"),), **pods
    )
    assert "ip daddr { 10.43.0.0/16, 203.0.113.0/24 } meta l4proto tcp reject with tcp reset" in whole(settings, [], [])
