"""Choosing and keeping ports and address ranges."""

from ipaddress import IPv4Network
from pathlib import Path

import pytest

from bouvier.daemons.addresses import choose_ranges, parse_port_range, parse_routes
from bouvier.daemons.settings import (
    Options,
    later_platform,
    prepare_platform,
    read_platform,
    settings_for,
)
from bouvier.util.places import Places


def test_the_first_ranges_that_nothing_uses_are_chosen() -> None:
    """A platform fits beside another one and beside the networks of its host."""
    assert choose_ranges([]) == ("10.42.0.0/16", "10.43.0.0/16")
    assert choose_ranges([IPv4Network("10.43.7.0/24")]) == ("10.44.0.0/16", "10.45.0.0/16")
    assert choose_ranges([IPv4Network("0.0.0.0/0")]) == ("10.42.0.0/16", "10.43.0.0/16")


def test_a_range_that_was_asked_for_is_kept() -> None:
    """The administrator's word stands, and the other range avoids it."""
    assert choose_ranges([], pod_cidr="10.42.0.0/15") == ("10.42.0.0/15", "10.45.0.0/16")
    assert choose_ranges([IPv4Network("10.9.0.0/16")], service_cidr="10.9.0.0/16").service_cidr == "10.9.0.0/16"


@pytest.mark.parametrize(
    ("pods", "services", "words"),
    [
        ("10.0.0.0/16", "10.0.4.0/24", "overlap"),
        ("10.0.0.0/28", "", "--pod-cidr 10.0.0.0/28: too small"),
        ("ten", "", "--pod-cidr ten"),
        ("", "10.0.0.1/16", "--service-cidr 10.0.0.1/16"),
    ],
)
def test_bad_ranges_are_refused_by_option(pods: str, services: str, words: str) -> None:
    """The error names the option and what was expected."""
    with pytest.raises(ValueError, match=words):
        choose_ranges([], pods, services)


def test_routes_as_the_kernel_writes_them() -> None:
    """Destinations and masks are little-endian hexadecimal."""
    text = (
        "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
        "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
        "eth0\t00002A0A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
    )

    assert parse_routes(text) == [IPv4Network("0.0.0.0/0"), IPv4Network("10.42.0.0/16")]


@pytest.mark.parametrize("text", ["", "30000", "30100-30000", "0-10", "1-70000", "a-b"])
def test_bad_node_port_ranges(text: str) -> None:
    """A range of ports has two ends in order."""
    with pytest.raises(ValueError, match="--nodeport-range"):
        parse_port_range(text)


def test_ports_may_change_later_and_ranges_may_not(tmp_path: Path) -> None:
    """What running pods carry stays; what only clients dial may move."""
    platform = prepare_platform(Places(tmp_path), Options(port=7000))
    assert read_platform(Places(tmp_path)) == platform

    moved = prepare_platform(Places(tmp_path), Options(port=7001, http_port=8081))
    assert (moved.id, moved.port, moved.http_port) == (platform.id, 7001, 8081)
    with pytest.raises(ValueError, match="this platform was made with"):
        later_platform(platform, Options(pod_cidr="10.200.0.0/16"))


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    """A start on a damaged file stops and says which."""
    (tmp_path / "platform.json").write_text('{"id": 7}')

    with pytest.raises(ValueError, match=r"platform\.json"):
        read_platform(Places(tmp_path))


def test_addresses_that_follow_from_the_service_range(tmp_path: Path) -> None:
    """The API's service is the first address, the DNS server the tenth."""
    platform = prepare_platform(Places(tmp_path), Options(service_cidr="10.9.0.0/16"))
    settings = settings_for(Places(tmp_path), platform, Places(tmp_path).private_engine_socket)

    assert (settings.kubernetes_address, settings.dns_address) == ("10.9.0.1", "10.9.0.10")
    assert settings.has_private_engine
    assert settings.node_ports == (30000, 32767)


def test_options_of_the_api_stay_until_they_are_named_again(tmp_path: Path) -> None:
    """A later start keeps them; an empty text takes one back."""
    places = Places(tmp_path)
    first = {"oidc-issuer-url": ["https://x.example"], "oidc-client-id": ["a"]}
    assert prepare_platform(places, Options(api_options=first)).api_options == first
    kept = prepare_platform(places, Options(api_options={"oidc-client-id": ["b"]})).api_options
    assert kept == {"oidc-issuer-url": ["https://x.example"], "oidc-client-id": ["b"]}
    prepare_platform(places, Options(api_options={"oidc-issuer-url": [""], "oidc-client-id": [""]}))
    platform = read_platform(places)
    assert platform is not None
    assert platform.api_options == {}


def test_limits_of_the_api_server_are_numbers(tmp_path: Path) -> None:
    """They are kept for later starts; a word in their place is named."""
    places = Places(tmp_path)
    made = prepare_platform(places, Options(api_options={"max-connections": ["500"]}))
    assert made.api_options == {"max-connections": ["500"]}
    assert later_platform(made, Options(api_options={})).api_options == made.api_options
    for wrong in ("many", "0", "-1"):
        with pytest.raises(ValueError, match=rf"--max-requests-inflight {wrong}: expected a number above 0"):
            later_platform(made, Options(api_options={"max-requests-inflight": [wrong]}))
