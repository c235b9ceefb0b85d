"""What a playground consists of."""

from dataclasses import replace
from ipaddress import IPv4Network

import pytest

from bouvier.cli.commands.playground import placed
from bouvier.cli.errors import CommandError
from bouvier.cli.playground.plan import FABRICS, Playground, free_fabric, host_lines, read, wire_lines, write

GROUND = Playground("a1b2", 3, "ipsec", 6443, "10.98.4.0/24")


def test_written_and_read(tmp_path) -> None:
    """Whoever finds the folder knows what to remove."""
    write(tmp_path, GROUND)
    assert read(tmp_path) == GROUND
    assert read(tmp_path / "elsewhere") is None


def test_a_damaged_file_is_named(tmp_path) -> None:
    """Nothing is guessed from half a file."""
    (tmp_path / "playground.json").write_text("{")
    with pytest.raises(ValueError, match=r"playground\.json"):
        read(tmp_path)


def test_ranges_in_use_are_left_alone() -> None:
    """Several playgrounds fit on a machine; a default route is no reason against a range."""
    default = IPv4Network("0.0.0.0/0")
    assert free_fabric([default]) == FABRICS[0]
    assert free_fabric([default, FABRICS[0], IPv4Network("10.98.1.128/25")]) == FABRICS[2]
    with pytest.raises(ValueError, match="in use"):
        free_fabric([IPv4Network("10.98.0.0/16")])


def test_names_are_the_playgrounds_own() -> None:
    """Every name on the machine carries its digits and fits into an interface's name."""
    lines = [*wire_lines(GROUND), *host_lines(GROUND, 3)]
    made = [line[-1] for line in lines if line[:2] == ["netns", "add"]] + [GROUND.outside]
    assert all("a1b2" in name and len(name) <= 15 for name in made)
    assert ["-n", "bvpa1b2-3", "addr", "replace", "10.98.4.3/24", "dev", "eth0"] in lines


def test_new_hosts_go_into_the_named_cluster() -> None:
    """Only hosts that were not there are placed; the first one serves and stays where it is."""
    assert placed(GROUND, 1, "lab").clusters == {"2": "lab", "3": "lab"}
    grown = replace(placed(replace(GROUND, hosts=2), 1, "lab"), hosts=3)
    assert placed(grown, 2, "farm").clusters == {"2": "lab", "3": "farm"}
    with pytest.raises(CommandError, match="--hosts 4"):
        placed(GROUND, 3, "lab")
