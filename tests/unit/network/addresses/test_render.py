from ipaddress import IPv4Address, IPv4Network

from bouvier.network.addresses.render import pod_rules
from tests.expected.golden import assert_expected


def test_rules_of_pods() -> None:
    """The table that every host has, whatever services there are."""
    text = pod_rules(
        platform_id="a1b2c3",
        bridge="bv-a1b2c3",
        pods=IPv4Network("10.42.3.0/24"),
        platform=IPv4Network("10.42.0.0/16"),
        dns=IPv4Address("10.43.0.10"),
        metadata_port=9250,
    )

    assert_expected(text, "network/pods.nft")
