"""Platforms of one machine keep out of each other's address ranges."""

import json
from ipaddress import IPv4Network
from pathlib import Path

from bouvier.daemons.claims import choosing, claim


def test_living_claims_count_and_dead_ones_go(tmp_path: Path) -> None:
    """A claim counts while its data directory holds the same platform, and is removed after."""
    folder, data = tmp_path / "claims", tmp_path / "data"
    data.mkdir()
    (data / "platform.json").write_text(json.dumps({"id": "aaaaaa"}))
    claim("aaaaaa", data, ["10.42.0.0/16"], folder)
    claim("bbbbbb", tmp_path / "gone", ["10.44.0.0/16"], folder)
    (folder / "cccccc.json").write_text("{broken")

    with choosing(folder) as taken:
        assert taken == [IPv4Network("10.42.0.0/16")]
    assert [path.name for path in folder.glob("*.json")] == ["aaaaaa.json"]


def test_an_unwritable_folder_claims_nothing() -> None:
    """Where nothing can be written, choosing still works."""
    with choosing(Path("/proc/nowhere")) as taken:
        assert taken == []
