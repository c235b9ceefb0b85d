from ipaddress import IPv4Network

from bouvier.network.services.elements import Chooser, Element, chooser_of, elements_of
from bouvier.network.services.plan import claims_of_service
from bouvier.network.services.render import TableSettings, change, whole
from tests.expected.golden import assert_expected
from tests.unit.network.making import endpoint, endpoint_slice, service

SETTINGS = TableSettings(
    platform_id="a1b2c3",
    services=IPv4Network("10.43.0.0/16"),
    pods=IPv4Network("10.42.3.0/24"),
    platform=IPv4Network("10.42.0.0/16"),
)


def test_whole_table() -> None:
    """A Service with two endpoints, a sticky node port and one without endpoints."""
    two = endpoint_slice("web", endpoint("10.42.3.2"), endpoint("10.42.4.2", "there"))
    claims = claims_of_service(service("web"), [two], "here")
    sticky = service("api", "10.43.0.101", type="NodePort", sessionAffinity="ClientIP")
    sticky["spec"]["ports"] = [{"port": 80, "nodePort": 30080}]
    claims |= claims_of_service(sticky, [two], "here")
    claims |= claims_of_service(service("none", "10.43.0.102"), [], "here")
    choosers = {chooser for f, t in claims.items() if (chooser := chooser_of(f, t))}
    elements = [element for f in sorted(claims) for element in elements_of(f, claims[f])]

    assert_expected(whole(SETTINGS, elements, sorted(choosers)), "network/services.nft")


def test_change() -> None:
    """A change adds chains before what goes to them, and removes before it adds."""
    text = change(
        SETTINGS.table,
        remove=[Element("services", "10.43.0.100 . tcp . 80", "goto pick_1")],
        add=[Element("services", "10.43.0.100 . tcp . 80", "goto pick_2")],
        choosers=[Chooser(2, 0, at_node=False)],
    )

    assert_expected(text, "network/services-change.nft")


def test_nothing_to_change_is_no_text() -> None:
    """When nothing differs nothing is run."""
    assert change(SETTINGS.table) == ""


def test_without_bridge_filter_pods_of_one_host_are_masqueraded() -> None:
    """Where the kernel lacks br_netfilter, answers would go past the translation otherwise."""
    plain = TableSettings(
        platform_id="a1b2c3",
        services=SETTINGS.services,
        pods=SETTINGS.pods,
        platform=SETTINGS.platform,
        bridge_is_filtered=False,
    )

    rule = "ip saddr 10.42.3.0/24 ip daddr 10.42.3.0/24 masquerade"
    assert rule in whole(plain, [], [])
    assert rule not in whole(SETTINGS, [], [])
